"""Every address that changes something, found in the gateway's own tables: none obeys a page of another site."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.gateway.app import FAMILIES
from services.gateway.guards import EXEMPT, SAFE
from tests.attacks.support import FORM, csrf_of, raw
from tests.services.gateway.conftest import Person
from tests.services.gateway.walks import at_form

PLACES = {
    "action": "approve",
    "id": "0" * 32,
    "kind": "portrait",
    "programme": "qualification-2024",
    "stage": "violations",
    "ticket": "a" * 43,
}


def unsafe() -> list[tuple[str, str]]:
    """Method and address of each; places in the address filled in. A new kind of place needs an example above."""
    found = []
    for family in FAMILIES:
        for route in family.ROUTES:
            if route.method not in SAFE and not route.path.startswith(EXEMPT):
                path = re.sub(r"{(\w+)(?::[^{}]*(?:{[^}]*}[^{}]*)*)?}", lambda place: PLACES[place[1]], route.path)
                found.append((route.method, path))
    return found


async def test_no_unsafe_request_goes_without_the_token_of_this_session(people: Sequence[Person]) -> None:
    person, other = people
    await at_form(person)
    own, others = csrf_of(await person.get("/apply/fill")), csrf_of(await at_form(other))
    addresses = unsafe()
    assert len(addresses) > 50
    for method, path in addresses:
        for body in (b"", b"csrf=", b"csrf=x", f"csrf={others}".encode()):
            assert (await raw(person, method, path, body, Content_Type=FORM)).status == 403, path
        good = f"csrf={own}".encode()
        for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
            assert (await raw(person, method, path, good, Content_Type=FORM, **headers)).status == 403, path
        assert (await raw(person, method, f"{path}?csrf={own}", b"", Content_Type=FORM)).status == 403, path
    assert (await person.get("/apply")).url.endswith("/apply/fill")


async def test_without_a_session_no_other_site_gets_a_form_through(person: Person) -> None:
    for method, path in unsafe():
        for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "same-site"}, {"Origin": "null"}):
            assert (await raw(person, method, path, b"x=1", Content_Type=FORM, **headers)).status == 403, path
