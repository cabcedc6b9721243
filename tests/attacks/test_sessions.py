"""A session is one person's: it changes with the person, ends when it is ended, and cannot be had for another's."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import pytest

from shared.settings import Platform
from tests.attacks.support import FORM, chosen, csrf_of, filled, number, raw, signed_in
from tests.services.gateway.conftest import Person
from tests.services.gateway.walks import PASSWORD, at_form

UNSAFE = (
    ("POST", "/form"),
    ("PATCH", "/form/fields"),
    ("POST", "/form/password"),
    ("POST", "/form/roll"),
    ("POST", "/form/pictures/portrait"),
    ("POST", "/form/checks/person"),
    ("POST", "/subjects"),
    ("POST", "/payment/pay"),
    ("POST", "/payment/query"),
    ("POST", "/mine/resubmit"),
    ("POST", "/mine/withdraw"),
    ("POST", "/mine/password"),
    ("POST", "/apply/violations/accept"),
    ("POST", "/apply/violations/decline"),
    ("POST", "/programmes/qualification-2024/start"),
    ("POST", "/login"),
    ("POST", "/staff/login"),
    ("POST", "/logout"),
    ("POST", "/session/stay"),
    ("POST", "/staff/queue"),
    ("POST", "/staff/imports"),
    ("POST", "/staff/files/" + "0" * 32 + "/approve"),
    ("POST", "/staff/files/" + "0" * 32 + "/cash"),
    ("POST", "/staff/money/orders/0/refund"),
    ("POST", "/staff/money/orders/0/cash"),
    ("POST", "/staff/money/cases/0-1/resolve"),
)


async def with_cookie(person: Person, cookie: str, path: str = "/mine") -> str:
    """Where a page leads somebody who has kept this cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        answer = await raw(Person(session, person.site), "GET", path, Cookie=f"__Host-baokao={cookie}")
    return answer.location.partition("?")[0]


async def test_no_unsafe_request_goes_without_the_token_of_this_session(people: Sequence[Person]) -> None:
    person, other = people
    await at_form(person)
    own, others = csrf_of(await person.get("/apply/fill")), csrf_of(await at_form(other))
    for method, path in UNSAFE:
        for body in (b"", b"csrf=", b"csrf=x", f"csrf={others}".encode()):
            assert (await raw(person, method, path, body, Content_Type=FORM)).status == 403, path
        good = f"csrf={own}".encode()
        for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
            assert (await raw(person, method, path, good, Content_Type=FORM, **headers)).status == 403, path
        assert (await raw(person, method, f"{path}?csrf={own}", b"", Content_Type=FORM)).status == 403, path
    assert (await person.get("/apply")).url.endswith("/apply/fill")


async def test_the_cookie_from_before_registration_is_worth_nothing_after(person: Person, platform: Platform) -> None:
    fields = await filled(person, platform, 50)
    before = person.cookie
    await person.post("/form", fields)
    assert person.cookie not in {"", before}
    assert await with_cookie(person, before, "/apply") == "/login"


async def test_withdrawing_and_leaving_end_the_session_for_every_copy_of_its_cookie(
    people: Sequence[Person], platform: Platform
) -> None:
    for serial, (person, page, action) in enumerate(
        [(people[0], "/mine/withdraw", ""), (people[1], "/mine/password", "/logout")], start=60
    ):
        await chosen(person, platform, serial)
        kept = person.cookie
        assert await with_cookie(person, kept, "/mine") == ""
        await person.press(await person.get(page), action)
        assert person.cookie == ""
        assert await with_cookie(person, kept) == "/login"


async def test_signing_in_changes_the_cookie_and_ends_the_one_before(person: Person, platform: Platform) -> None:
    await chosen(person, platform, 70)
    before = person.cookie
    csrf = csrf_of(await person.get("/mine/password"))
    login = {"login": number(70), "password": PASSWORD, "programme": "qualification-2024", "csrf": csrf}
    await person.post("/login", login)
    assert person.cookie not in {"", before}
    assert await with_cookie(person, before) == "/login"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"])
async def test_no_login_leads_to_another_site(person: Person, target: str) -> None:
    page = await person.get("/staff/login?next=" + target)
    assert target not in page.page.text
    await signed_in(person, "admin")
    csrf = csrf_of(await person.get("/staff/queue"))
    login = {"login": "admin", "password": "a-long-enough-one", "next": target, "csrf": csrf}
    assert (await person.post("/staff/login", login)).url == person.site + "/staff"
