"""忘记密码 and 短信登录 as people meet them: without scripts, by keyboard, on a phone, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect
from yarl import URL

from deploy.local.demo.seed import PROGRAMME
from services.notify import domain as notify
from shared.settings import Platform
from tests.attacks.test_codes_crossed import account_of
from tests.e2e.conftest import DESKTOP, PATIENCE_MS
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
)
from tests.services.gateway.conftest import Answer, Person, captcha_text

NARROW = {"width": 390, "height": 844}


async def test_a_new_password_without_scripts(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 1)
    page = await at_code(person, platform, login, phone)
    assert page.url.endswith("/reset/sms/code")
    wrong = await person.press(page, "/reset/sms/code", {"code": "000000"})
    assert "验证码不正确" in wrong.page.text
    page = await person.press(wrong, "/reset/sms/code", {"code": await code_to(platform, phone)})
    assert page.url.endswith("/reset/sms/password")
    differs = await person.press(page, "/reset/sms/password", {"new": NEW, "again": OLD})
    assert differs.status == 400
    weak = await person.press(differs, "/reset/sms/password", {"new": "123", "again": "123"})
    assert weak.status == 400
    assert "#new" in weak.page.links
    done = await person.press(weak, "/reset/sms/password", {"new": NEW, "again": NEW})
    assert "/login" in done.url
    assert await signed_in(person, login, NEW)
    assert not any(text in address for address in person.asked for text in (login, phone, NEW))


async def test_a_reload_shows_the_step_one_is_at_and_an_ended_way_leads_back(
    person: Person, platform: Platform
) -> None:
    login, phone = await account(platform, 2)
    assert (await person.get("/reset/sms/password")).url.endswith("/reset/sms?why=expired")
    await at_phone(person, platform, login)
    assert (await person.get("/reset/sms/code")).url.endswith("/reset/sms/phone")
    page = await person.press(await person.get("/reset/sms/phone"), "/reset/sms/phone", {"phone": phone})
    assert (await person.get("/reset/sms/password")).url.endswith("/reset/sms/code")
    await person.press(page, "/reset/sms/code", {"code": await code_to(platform, phone)})
    page = await person.get("/reset/sms/code")
    assert page.url.endswith("/reset/sms/password")
    await person.press(page, "/reset/sms/password", {"new": NEW, "again": NEW})
    again = await person.get("/reset/sms/password")
    assert again.url.endswith("/reset/sms?why=expired")
    assert "重新开始" in again.page.text


async def test_unknown_numbers_and_wrong_phones_get_the_same_pages_and_no_message(
    person: Person, platform: Platform
) -> None:
    login, _ = await account(platform, 3)
    shown = []
    for asked, phone in ((login, "13955550003"), (number(903), "13955550903")):
        page = await at_code(person, platform, asked, phone)
        wrong = [await person.press(page, "/reset/sms/code", {"code": "123456"}) for _ in range(6)]
        shown.append([_bare(each, phone) for each in (page, *wrong)])
        assert await codes_to(platform, phone) == []
    assert shown[0] == shown[1]


def _bare(answer: Answer, phone: str) -> tuple[int, str]:
    """The words of a page, without the typed number and the seconds left."""
    words = re.sub(r"<script.*?</script>|<[^>]+>", "", answer.page.text, flags=re.DOTALL)
    return answer.status, words.replace(f"{phone[:3]}****{phone[-4:]}", "")


async def test_signing_in_with_a_code(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 4)
    page = await person.get("/login/sms?proof=digits")
    captcha_id = dict(page.page.form("").fields)["captcha_id"]
    bad = await person.press(page, "", {"login": login, "phone": "12", "captcha_text": "0000"})
    assert "#phone" in bad.page.links
    captcha_id = dict(bad.page.form("").fields)["captcha_id"]
    answer = {"programme": PROGRAMME, "login": login, "phone": phone}
    answer["captcha_text"] = await captcha_text(platform, captcha_id)
    page = await person.press(bad, "", answer)
    assert page.url.endswith("/login/sms/code")
    page = await person.press(page, "/login/sms/code", {"code": await code_to(platform, phone)})
    assert "/login" not in page.url
    assert person.cookie


async def test_a_parent_gets_the_codes_of_two_children_at_one_phone_one_after_the_other(
    people: Sequence[Person], platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "CODE_GAP", timedelta(seconds=4))
    elder, phone = await account(platform, 8)
    younger, _ = await account(platform, 9)
    async with account_of(platform, PROGRAMME, younger) as work:
        work.state.phone = phone
    pages = [
        await at_code(child, platform, login, phone) for child, login in zip(people, (elder, younger), strict=True)
    ]
    digits = [await code_to(platform, phone, sent) for sent in range(2)]
    opened = [
        [(await person.press(page, "/reset/sms/code", {"code": one})).url.rpartition("/")[2] for one in digits]
        for person, page in zip(people, pages, strict=True)
    ]
    assert sorted(opened) == [["code", "password"], ["password", "password"]], "each has its own"


async def test_asking_again_too_soon_is_refused_in_words(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 5)
    page = await at_code(person, platform, login, phone)
    soon = await person.press(page, "/reset/sms/resend")
    assert "太频繁" in soon.page.text
    assert len(await codes_to(platform, phone)) <= 1


async def _slide(page: Page, platform: Platform) -> None:
    """By the keyboard alone."""
    captcha_id = await page.locator("input[name=captcha_id]").input_value()
    steps = await slider_answer(platform, captcha_id)
    await page.locator("#captcha_text").focus()
    for _ in range(steps):
        await page.keyboard.press("ArrowRight")


@pytest.mark.parametrize(("serial", "size", "language"), [(6, DESKTOP, "zh-CN"), (7, NARROW, "en")])
async def test_a_new_password_by_keyboard(
    serial: int, size: dict[str, int], language: str, browser: Browser, platform: Platform, _filled: None
) -> None:
    login, phone = await account(platform, serial)
    context = await browser.new_context(base_url=platform.site, viewport=size)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    await page.goto(f"/language/{language}?back=/login")
    await page.goto("/reset")
    await page.locator("a[href='/reset/sms']").press("Enter")
    await _fits(page)
    if await page.locator("#programme").is_visible():
        await page.locator("#programme").select_option(PROGRAMME)
    await page.locator("#login").fill(login)
    await _slide(page, platform)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/phone")
    await _fits(page)
    await page.locator("#phone").fill(phone)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/code")
    await expect(page.locator("[data-countdown]")).to_be_disabled()
    await _fits(page)
    await page.locator("#code").fill(await code_to(platform, phone))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/password")
    await _fits(page)
    await page.locator("#new").fill(NEW)
    await page.locator("#again").fill(NEW)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/login?**")
    assert complaints == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/mine/account", "/mine/account"), ("//evil.example", "/mine"), ("/\\\\evil.example", "/mine")],
)
async def test_signing_in_by_sms_returns_to_the_page_that_asked_for_it(
    person: Person, platform: Platform, target: str, expected: str
) -> None:
    serial = 40 + len(target)
    login, phone = await account(platform, serial)
    page = await person.get(f"/login?{urlencode({'next': target})}")
    (tab,) = {link for link in page.page.links if link.startswith("/login/sms?")}
    assert ("next=" in tab) == (expected == target)
    page = await person.get(f"/login/sms?{urlencode({'proof': 'digits', 'next': target})}")
    captcha_id = dict(page.page.form("").fields)["captcha_id"]
    typed = {"programme": PROGRAMME, "login": login, "phone": phone}
    wrong = await person.press(page, "", typed | {"captcha_text": "0"})
    assert wrong.status == 400
    captcha_id = dict(wrong.page.form("").fields)["captcha_id"]
    page = await person.press(wrong, "", typed | {"captcha_text": await captcha_text(platform, captcha_id)})
    (form,) = [one.action for one in page.page.forms if one.action.startswith("/login/sms/code")]
    wrong = await person.press(page, form, {"code": "000000"})
    done = await person.press(wrong, form, {"code": await code_to(platform, phone)})
    assert URL(done.url).path == expected or expected == "/mine"
    assert done.url.startswith(person.site)


async def _fits(page: Page) -> None:
    """Nothing sticks out, and axe has nothing to say."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = (await Axe().run(page)).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == [], page.url


async def test_the_device_works_it_out_and_digits_are_one_press_away(page: Page, platform: Platform) -> None:
    await page.goto("/reset/sms")
    await page.locator("#login").fill(number(908))
    await page.locator("[hx-get='/proof/digits']").click()
    await expect(page.locator("#captcha-picture")).to_be_visible()
    await page.locator("[hx-get='/proof/work']").click()
    await expect(page.locator(".bk-work.is-done")).to_be_visible()
    await page.locator("#main-content button.govuk-button").click()
    await page.wait_for_url("**/phone")


async def test_the_page_does_not_tell_where_the_piece_belongs(person: Person, platform: Platform) -> None:
    page = await person.get("/reset/sms")
    captcha_id = dict(page.page.form("").fields)["captcha_id"]
    answer = await slider_answer(platform, captcha_id)
    markup = re.sub(r"data:image/[^\"]+", "", page.page.text).replace(captcha_id, "")
    markup = markup[markup.index('id="proof"') : markup.index("</form>")]
    found = re.search(r'data-top="(\d+)"', markup)
    top = found[1] if found else ""
    # The measures are the same for every puzzle; the piece's height has to be told.
    known = {"0", "1", "2", "340", "170", "284"}
    assert set(re.findall(r"\d+", markup)) <= known | {top}, markup
    assert str(answer) not in known
