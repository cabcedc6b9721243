"""A session is one person's: it changes with the person, ends when it is ended, and cannot be had for another's."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import aiohttp
import pytest

from shared.settings import Platform
from tests.attacks.support import FORM, chosen, csrf_of, filled, number, raw, signed_in
from tests.services.gateway.conftest import Person
from tests.services.gateway.walks import PASSWORD


async def with_cookie(person: Person, cookie: str, path: str = "/mine") -> str:
    """Where a page leads somebody who has kept this cookie."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        answer = await raw(Person(session, person.site), "GET", path, Cookie=f"__Host-baokao={cookie}")
    return answer.location.partition("?")[0]


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


async def test_a_cookie_that_somebody_else_made_up_is_nobodys(people: Sequence[Person], platform: Platform) -> None:
    person, attacker = people
    fixed = "A" * 43
    assert await with_cookie(person, fixed) == "/login"
    await chosen(person, platform, 71)
    login = {"login": number(71), "password": PASSWORD, "programme": "qualification-2024"}
    # Somebody is given a page with the attacker's cookie and signs in on it.
    opened = await raw(
        attacker, "POST", "/login", urlencode(login).encode(), Content_Type=FORM, Cookie=f"__Host-baokao={fixed}"
    )
    assert opened.status == 303
    assert await with_cookie(person, fixed) == "/login"
