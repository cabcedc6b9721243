"""Codes by SMS under attack: bombing, guessing, replaying, swapping, listening for who is registered."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest

from deploy.local.demo.seed import PROGRAMME
from services.gateway.sms_ways import COOKIE, mark_of
from services.identity.domain import codes
from services.identity.handlers.deps import Limits
from services.notify import domain as notify
from shared.settings import Platform
from tests.attacks.support import FORM, Raw, raw
from tests.services.gateway.by_sms import (
    NEW,
    OLD,
    account,
    at_code,
    at_phone,
    code_to,
    codes_to,
    number,
    signed_in,
    slider_answer,
    token_of,
)
from tests.services.gateway.conftest import Answer, Person

CODE = "/reset/sms/code"


def way_of(person: Person) -> str:
    """What a form of this browser's way carries, and whoever has the token works out."""
    return f"way={mark_of(token_of(person))}"


async def at_once(person: Person, path: str, bodies: Sequence[bytes]) -> list[Raw]:
    return list(await asyncio.gather(*(raw(person, "POST", path, body, Content_Type=FORM) for body in bodies)))


async def test_a_crowd_of_requests_for_one_number_brings_one_message(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 101)
    await at_phone(person, platform, login)
    answers = await at_once(person, "/reset/sms/phone", [f"phone={phone}&{way_of(person)}".encode()] * 20)
    assert all(each.status in (303, 400, 409) for each in answers)
    assert {each.location for each in answers if each.status == 303} == {CODE}
    await code_to(platform, phone)
    for _ in range(3):
        way = await at_phone(person, platform, login)
        again = await person.press(way, "/reset/sms/phone", {"phone": phone})
        assert "太频繁" in again.page.text
    assert len(await codes_to(platform, phone)) == 1


async def test_a_victims_number_typed_for_strangers_brings_nothing(person: Person, platform: Platform) -> None:
    """And does not use up what the victim may ask for."""
    login, phone = await account(platform, 102)
    for serial in range(920, 932):
        page = await at_code(person, platform, number(serial), phone)
        assert page.url.endswith("/code")
    assert await codes_to(platform, phone) == []
    await at_code(person, platform, login, phone)
    assert await code_to(platform, phone)


async def test_every_guess_counts_those_at_once_too(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 103)
    await at_code(person, platform, login, phone)
    right = await code_to(platform, phone)
    way = way_of(person)
    wrong = [f"{way}&code={(int(right) + step) % 1_000_000:06d}".encode() for step in range(1, 31)]
    answers = await at_once(person, CODE, wrong)
    assert all(each.status == 400 for each in answers)
    late = await raw(person, "POST", CODE, f"{way}&code={right}".encode(), Content_Type=FORM)
    assert (late.status, "5 次" in late.text) == (400, True)


async def test_a_code_is_worth_nothing_to_whoever_did_not_ask_for_it(
    people: Sequence[Person], platform: Platform
) -> None:
    mine, theirs = people
    login, phone = await account(platform, 104)
    own, own_phone = await account(platform, 105)
    await at_code(mine, platform, login, phone)
    code = await code_to(platform, phone)
    page = await at_code(theirs, platform, own, own_phone)
    stolen = await theirs.press(page, CODE, {"code": code})
    assert stolen.status == 400
    page = await at_code(theirs, platform, login, phone)
    assert "太频繁" in page.page.text


async def test_a_used_code_and_a_used_way_are_worth_nothing(people: Sequence[Person], platform: Platform) -> None:
    person, thief = people
    login, phone = await account(platform, 106)
    page = await at_code(person, platform, login, phone)
    code = await code_to(platform, phone)
    page = await person.press(page, CODE, {"code": code})
    again = await raw(person, "POST", CODE, f"code={code}&{way_of(person)}".encode(), Content_Type=FORM)
    assert again.location == CODE and (await person.get(CODE)).url.endswith("/password"), "it was good once"
    token = token_of(person)
    await person.press(page, "/reset/sms/password", {"new": NEW, "again": NEW})
    late = await raw(
        thief,
        "POST",
        "/reset/sms/password",
        f"new=zz99zz99&again=zz99zz99&way={mark_of(token)}".encode(),
        Content_Type=FORM,
        Cookie=f"{COOKIE}={token}",
    )
    assert late.location.endswith("why=expired")
    assert (
        "/login"
        not in (
            await person.press(
                await person.get("/login"), "", {"programme": PROGRAMME, "login": login, "password": NEW}
            )
        ).url
    )


async def test_a_slider_is_good_for_one_way(person: Person, platform: Platform) -> None:
    login, _ = await account(platform, 107)
    page = await person.get("/reset/sms")
    fields = dict(page.page.form("").fields)
    answer = str(await slider_answer(platform, fields["captcha_id"]))
    own = {"programme": PROGRAMME, "login": login, "captcha_text": answer}
    sent = "&".join(f"{key}={value}" for key, value in (fields | own).items())
    answers = await at_once(person, "/reset/sms", [sent.encode()] * 10)
    assert [each.status for each in answers].count(303) == 1
    assert (await raw(person, "POST", "/reset/sms", sent.encode(), Content_Type=FORM)).status == 400


async def test_without_a_proof_nothing_begins(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 108)
    for proof in (b"", b"&captcha_id=x&captcha_text=5", b"&captcha_id=" + b"0" * 32 + b"&captcha_text=150"):
        body = f"programme=qualification-2024&login={login}&phone={phone}".encode() + proof
        for path in ("/reset/sms", "/login/sms"):
            answer = await raw(person, "POST", path, body, Content_Type=FORM)
            assert (answer.status, answer.location) == (400, "")
    assert await codes_to(platform, phone) == []


async def test_other_sites_cannot_press_the_buttons(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 109)
    await at_phone(person, platform, login)
    for path in ("/reset/sms", "/reset/sms/phone", CODE, "/reset/sms/resend", "/reset/sms/password", "/login/sms"):
        for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
            body = f"phone={phone}".encode()
            assert (await raw(person, "POST", path, body, Content_Type=FORM, **headers)).status == 403
    assert await codes_to(platform, phone) == []


async def test_steps_cannot_be_left_out(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 110)
    await at_phone(person, platform, login)
    for step, path in (("/phone", CODE), ("/phone", "/reset/sms/password"), ("/code", "/reset/sms/password")):
        if step == "/code":
            await at_code(person, platform, login, phone)
        body = f"new={NEW}&again={NEW}&code=123456&{way_of(person)}".encode()
        answer = await raw(person, "POST", path, body, Content_Type=FORM)
        assert (await person.get(answer.location)).url.endswith(step), path
    assert (
        "/login"
        not in (
            await person.press(
                await person.get("/login"), "", {"programme": PROGRAMME, "login": login, "password": OLD}
            )
        ).url
    )


@pytest.mark.parametrize("path", ["/reset/sms", "/login/sms"])
async def test_hostile_fields_are_refused_and_never_break_a_page(path: str, person: Person) -> None:
    long = b"9" * 5000
    for body in (b"login=" + long, b"phone=" + long, b"captcha_id=\x00&captcha_text=%00", b"programme=../x&login=1"):
        answer = await raw(person, "POST", path, body, Content_Type=FORM)
        assert answer.status in (400, 404), body[:20]
    for step in ("phone", "code", "resend", "password"):
        body = f"way={mark_of('')}&code=".encode() + long + b"&phone=" + long
        answer = await raw(person, "POST", f"{path}/{step}", body, Content_Type=FORM)
        assert answer.status in (303, 400, 404, 405), step


async def test_the_token_stands_in_no_address_and_no_page(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 111)
    pages: list[Answer] = [await at_phone(person, platform, login), await at_code(person, platform, login, phone)]
    token = token_of(person)
    assert len(token) >= 43
    assert not any(token in each for each in person.asked)
    assert not any(token in each.page.text or login in each.page.text for each in pages)
    assert not any(re.search(phone, each.page.text) for each in pages)


async def test_asking_to_bind_a_strangers_number_leaves_them_their_codes(
    people: Sequence[Person], platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, victim = people
    monkeypatch.setattr(notify, "CODE_GAP", timedelta(0))
    monkeypatch.setattr(codes, "RESEND_AFTER", timedelta(0))
    login, phone = await account(platform, 112)
    own, _ = await account(platform, 113)
    assert await signed_in(thief, own, OLD)
    sent, refused = 0, 0
    for _ in range(notify.CODES_A_DAY):
        page = await thief.press(await thief.get("/mine/phone"), "/mine/phone", {"phone": phone, "password": OLD})
        if page.status == 200:
            await code_to(platform, phone, sent)
            sent += 1
        refused += "今天发送的验证码太多了" in page.page.text
    assert (sent, sent + refused) == (Limits().asker_day, notify.CODES_A_DAY)
    page = await at_code(victim, platform, login, phone)
    page = await victim.press(page, CODE, {"code": await code_to(platform, phone, sent)})
    assert page.url.endswith("/reset/sms/password")
