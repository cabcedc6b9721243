"""Somebody who guesses: which numbers have accounts, and their passwords, from one address and from many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest

from deploy.local.make_secrets import make_all
from shared.settings import Platform
from tests.attacks.support import chosen, filled, number
from tests.services.gateway.conftest import SERVICES, Answer, Person, captcha_text
from tests.services.gateway.walks import PASSWORD
from tests.support.platform import platform_in_thread

KNOWN, UNKNOWN = 81, 82
WRONG, REFUSED, WAIT = "wrong111", "号码或密码不对", "输错次数太多"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Behind a proxy, so that a test can come from many addresses."""
    folder = tmp_path_factory.mktemp("guessing")
    make_all(folder / "secrets", "demo")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("BAOKAO_GATEWAY__PROXIES", "1")
        with platform_in_thread(folder, SERVICES) as running:
            yield running


async def guess(person: Person, platform: Platform, login: str, source: str, secret: str = WRONG) -> Answer:
    """One guess on the login page, with the captcha solved when that is all the page asks for."""
    page = await person.get("/login")
    fields = dict(page.page.form("").fields) | {"login": login, "password": secret}
    answer = await person.post("/login", fields, **{"X-Forwarded-For": source})
    if answer.status != 400 or REFUSED in answer.page.text or WAIT in answer.page.text:
        return answer
    asked = dict(answer.page.form("").fields)
    solved = asked | {"password": secret, "captcha_text": await captcha_text(platform, asked["captcha_id"])}
    return await person.post("/login", solved, **{"X-Forwarded-For": source})


def said(answer: Answer, login: str) -> str:
    """What the page says, without what differs from request to request."""
    return re.sub(r'nonce="[^"]*"|data:image/[^"]*|[0-9a-f]{32}', "", answer.page.text.replace(login, ""))


async def test_the_login_page_says_the_same_of_numbers_with_and_without_an_account(
    people: Sequence[Person], platform: Platform
) -> None:
    person, guesser = people
    await chosen(person, platform, KNOWN)
    for at in range(8):
        known = await guess(guesser, platform, number(KNOWN), "203.0.113.1")
        unknown = await guess(guesser, platform, number(UNKNOWN), "203.0.113.2")
        assert known.status == unknown.status == 400
        assert said(known, number(KNOWN)) == said(unknown, number(UNKNOWN)), at


async def test_guesses_from_everywhere_neither_get_in_nor_keep_the_owner_out(
    people: Sequence[Person], platform: Platform
) -> None:
    person, guesser = people
    await chosen(person, platform, 83)
    person.session.cookie_jar.clear()
    home = "198.51.100.44"
    assert (await guess(person, platform, number(83), home, PASSWORD)).url.endswith(("/mine", "/subjects", "/payment"))
    answers = [await guess(guesser, platform, number(83), f"203.0.{at}.9") for at in range(40)]
    assert all(answer.status == 400 for answer in answers)
    assert WAIT in answers[-1].page.text
    person.session.cookie_jar.clear()
    assert (await guess(person, platform, number(83), home, PASSWORD)).status == 200
    assert person.cookie


async def test_one_address_that_tries_many_numbers_is_asked_for_captchas(
    people: Sequence[Person], platform: Platform
) -> None:
    guesser, asked = people[1], []
    for at in range(24):
        page = await guesser.get("/login")
        fields = dict(page.page.form("").fields) | {"login": number(300 + at), "password": PASSWORD}
        answer = await guesser.post("/login", fields, **{"X-Forwarded-For": "203.0.113.77"})
        asked.append(REFUSED not in answer.page.text)
    assert asked == [False] * 20 + [True] * 4


async def test_the_form_does_not_tell_who_is_registered_before_a_captcha_is_solved(
    people: Sequence[Person], platform: Platform
) -> None:
    person, stranger = people
    await chosen(person, platform, 84)
    stranger.session.cookie_jar.clear()
    fields = await filled(stranger, platform, 84)
    assert "已经" not in (await stranger.get("/apply/fill?check=1")).page.text
    wrong = await stranger.post("/form", {**fields, "captcha_text": "no"})
    taken = "这个身份证号"
    assert taken not in wrong.page.text
    fields = dict(wrong.page.form("/form").fields) | {"password": PASSWORD, "password_again": PASSWORD}
    fields |= {"action": "submit", "captcha_text": await captcha_text(platform, fields["captcha_id"])}
    assert taken in (await stranger.post("/form", fields)).page.text
