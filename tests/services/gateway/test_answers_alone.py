"""核对信息 where no subjects are chosen: the form is shown once more, and sending that registers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from playwright.async_api import Page, expect

from services.registration.api import candidate
from shared.programme.id_number import check_character
from shared.settings import Platform
from tests.attacks.support import csrf_of
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.conftest import NAME, Answer, Person, captcha_text
from tests.services.gateway.test_answers import LATE
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_issued import SELECTION, enter, issue, past_the_notices
from tests.services.gateway.walks import send

POSTS, SECRET = "posts", "kites-7"
PICTURES = ("id_card", "id_card_back", "portrait", "diploma")


def number(serial: int) -> str:
    body = f"14010620000618{serial:03}"
    return body + check_character(body)


async def filled(person: Person, serial: int) -> Answer:
    """Everything but the submission."""
    page = await person.post(f"/programmes/{POSTS}/start", {})
    for notice in ("terms", "privacy"):
        page = await person.press(page, f"/apply/{notice}/accept")
    typed = {"id_number": number(serial), "name": NAME, "phone": f"1390004{serial:04}"}
    return await send(person, page, typed, *PICTURES)


async def handed_in(person: Person, platform: Platform, serial: int) -> Answer:
    """The page after the form, which has made the account."""
    page = await filled(person, serial)
    captcha = dict(page.page.form("/form").fields)["captcha_id"]
    secrets = {"password": SECRET, "password_again": SECRET, "action": "submit"}
    return await send(person, page, {**secrets, "captcha_text": await captcha_text(platform, captcha)})


async def submissions(person: Person) -> int:
    return (await person.get("/mine")).page.text.count("提交报名")


async def test_the_form_is_shown_and_nothing_is_sent_before_it_is_confirmed(person: Person, platform: Platform) -> None:
    page = await handed_in(person, platform, 1)
    assert page.url.endswith("/answers")
    for shown in (number(1), NAME, "13900040001", "毕业证书", "还没有提交"):
        assert shown in page.page.text
    assert page.page.text.count('src="/pictures/') == len(PICTURES)
    assert page.page.text.count("（提交后不可修改）") == 2 and "科目" not in page.page.text
    assert (await person.get("/mine")).url.endswith("/apply/fill")
    changed = await send(person, await person.get("/apply/fill"), {"phone": "13900049999", "action": "submit"})
    assert changed.url.endswith("/answers") and "13900049999" in changed.page.text
    stale = await person.press(page, "/answers")
    assert stale.status == 400 and "有变化" in stale.page.text
    presses = await asyncio.gather(*(person.press(stale, "/answers") for _ in range(2)))
    assert {answer.url.rpartition("/")[2] for answer in (*presses, await person.press(stale, "/answers"))} == {"mine"}
    assert await submissions(person) == 1
    assert (await person.get("/answers")).url.endswith("/mine")


async def test_what_is_missing_is_mended_in_the_form(person: Person, platform: Platform) -> None:
    page = await handed_in(person, platform, 2)
    emptied = await send(person, await person.get("/apply/fill"), {"phone": "", "action": "submit"})
    assert emptied.url.endswith("/apply/fill?check=1") and "#phone" in emptied.page.links
    for answer in (await person.get("/answers"), await person.press(page, "/answers")):
        assert "/apply/fill" in answer.url or answer.status == 400
    assert (await person.get("/mine")).url.endswith("/apply/fill")


async def test_without_an_account_there_is_nothing_to_confirm(people: Sequence[Person]) -> None:
    person, _ = people
    page = await filled(person, 3)
    assert (await person.get("/answers")).url.endswith("/apply/fill")
    sent = await person.post("/answers", {"csrf": csrf_of(page), "seen": "x"})
    assert sent.url.endswith("/apply/fill")
    assert (await person.get("/mine")).url.partition("?")[0].endswith(("/login", "/apply/fill"))


async def test_after_the_end_of_registration_it_says_so(
    person: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await handed_in(person, platform, 4)
    monkeypatch.setattr(candidate, "utc_now", lambda: LATE)
    late = await person.press(page, "/answers")
    assert late.status == 400 and "不在报名时间内" in late.page.text


@pytest.mark.parametrize(("size", "serial"), [(DESKTOP, 5), (PHONE, 6)])
async def test_an_issued_account_confirms_in_a_browser(
    page: Page, person: Person, platform: Platform, size: dict[str, int], serial: int
) -> None:
    """The form is filled in without scripts, what comes after it is done in Chromium."""
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    login, code = await issue(person, SELECTION, NAME, number(serial))
    first = await enter(person, platform, SELECTION, login, code)
    chosen = {"new": "Kites-over-77", "again": "Kites-over-77"}
    await person.press(first, "/first/password", chosen)
    await past_the_notices(platform)
    typed = {
        "id_number": number(serial), "name": NAME, "city": "1401", "district": "140106", "school": "140106002",
        "college": "太原学院", "major": "会计", "phone": f"1390004{serial:04}",
    }  # fmt: skip
    await send(person, await person.get("/apply"), typed, *PICTURES[:3])
    await page.goto(f"/login?programme={SELECTION}")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(chosen["new"])
    captcha = await page.locator("input[name=captcha_id]").input_value()
    await page.locator("#captcha_text").fill(await captcha_text(platform, captcha))
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="录入完毕，核对信息").click()
    await page.wait_for_url("**/answers")
    await assert_fit_for_all(page)
    await expect(page.locator("main")).to_contain_text("会计")
    await page.get_by_role("button", name="确认无误，提交").click()
    await page.wait_for_url("**/mine")
    await expect(page.locator("h1")).to_contain_text("待审核")
