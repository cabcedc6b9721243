"""账户与登录: one's own sessions, seen and ended; nobody else's; how long they last on the page."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from shared.settings import Platform
from tests.attacks.support import chosen, csrf_of, number
from tests.attacks.test_sessions import with_cookie
from tests.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import Person
from tests.services.gateway.walks import PASSWORD

CHROME = "Mozilla/5.0 (Windows NT 10.0) Chrome/109.0 Safari/537.36"


async def signed_in_as(person: Person, serial: int, password: str = PASSWORD) -> None:
    page = await person.get("/login")
    login = {"login": number(serial), "password": password, "programme": "qualification-2024"}
    await person.post("/login", {**dict(page.page.form("").fields), **login}, **{"User-Agent": CHROME})


async def test_the_owner_sees_other_devices_and_ends_them(people: Sequence[Person], platform: Platform) -> None:
    here, there = people
    await chosen(here, platform, 620)
    await signed_in_as(there, 620)
    page = await here.get("/mine/account")
    assert "Chrome · Windows" in page.page.text
    assert "127.0.0.0/24" in page.page.text
    assert "本机" in page.page.text
    kept = there.cookie
    done = await here.press(page, "/mine/account/end")
    assert "已让其他设备退出登录" in done.page.text
    assert await with_cookie(there, kept) == "/login"
    assert (await here.get("/mine/account")).status == 200


async def test_the_owner_sees_the_last_sign_ins_on_a_phone_too(
    people: Sequence[Person], platform: Platform, page: Page
) -> None:
    await chosen(people[0], platform, 626)
    await page.set_viewport_size(PHONE)
    await page.goto("/login?programme=qualification-2024")
    await page.locator("#login").fill(number(626))
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main form button[type=submit]").last.click()
    await page.wait_for_url("**/mine**")
    rows = page.locator("#sign-ins tbody tr")

    async def told() -> int:
        # The log is kept from events: it comes a moment after the session.
        await page.goto("/mine/account")
        return await rows.count()

    async with asyncio.timeout(PATIENCE_MS / 1000):
        while await told() < 2:
            pass
    await expect(rows.first).to_contain_text("Chrome")
    await expect(rows.first).to_contain_text("127.0.0.0/24")
    assert await page.locator(".bk-table-wrap").evaluate("at => at.scrollWidth <= at.clientWidth")
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def test_all_others_end_at_once_and_this_one_stays(people: Sequence[Person], platform: Platform) -> None:
    here, there = people
    await chosen(here, platform, 621)
    await signed_in_as(there, 621)
    csrf = csrf_of(await here.get("/mine/account"))
    await here.post("/mine/account/end", {"csrf": csrf})
    assert await with_cookie(there, there.cookie) == "/login"
    assert await with_cookie(here, here.cookie) == ""


async def test_nobody_ends_the_session_of_another_person(people: Sequence[Person], platform: Platform) -> None:
    one, other = people
    await chosen(one, platform, 622)
    await chosen(other, platform, 623)
    session_id = hashlib.sha256(one.cookie.encode()).hexdigest()
    csrf = csrf_of(await other.get("/mine/account"))
    answer = await other.post("/mine/account/end", {"csrf": csrf, "id": session_id})
    assert answer.status == 404
    assert await with_cookie(one, one.cookie) == ""


async def test_changing_the_password_signs_out_everywhere_else(people: Sequence[Person], platform: Platform) -> None:
    here, there = people
    await chosen(here, platform, 624)
    await signed_in_as(there, 624)
    form = {"old": PASSWORD, "new": "efgh5678", "again": "efgh5678"}
    done = await here.press(await here.get("/mine/password"), "", form)
    assert done.url.endswith("/mine/account?done=password")
    assert await with_cookie(there, there.cookie) == "/login"


@pytest.fixture
async def plain(browser: Browser, platform: Platform, _filled: None) -> BrowserContext:
    """A browser that runs no scripts."""
    opened = await browser.new_context(base_url=platform.site, viewport=DESKTOP, java_script_enabled=False)
    opened.set_default_timeout(PATIENCE_MS)
    return opened


async def test_the_password_can_be_seen_and_the_rules_read_without_scripts(plain: BrowserContext, page: Page) -> None:
    without = await plain.new_page()
    await without.goto("/login")
    await expect(without.locator("#password")).to_have_attribute("type", "password")
    await expect(without.get_by_role("button", name="显示")).to_be_hidden()
    await page.goto("/login")
    await page.locator("#password").fill("abcd1234")
    await page.get_by_role("button", name="显示").click()
    await expect(page.locator("#password")).to_have_attribute("type", "text")
    await page.get_by_role("button", name="隐藏").click()
    await expect(page.locator("#password")).to_have_attribute("type", "password")


async def test_another_phone_is_bound_with_the_password_and_a_code_sent_there(
    people: Sequence[Person], platform: Platform
) -> None:
    person = people[0]
    await chosen(person, platform, 625)
    page = await person.get("/mine/phone")
    assert "139****0625" in page.page.text
    page = await person.press(page, "/mine/phone", {"phone": "13700000625", "password": "wrong111"})
    assert "密码不对" in page.page.text
    page = await person.press(page, "/mine/phone", {"phone": "123", "password": PASSWORD})
    assert page.status == 400
    page = await person.press(page, "/mine/phone", {"phone": "137 0000 0625", "password": PASSWORD})
    wrong = await person.press(page, "/mine/phone/code", {"code": "000000"})
    assert wrong.status == 400
    code = await code_to(platform, "13700000625")
    done = await person.press(wrong, "/mine/phone/code", {"code": code})
    assert "137****0625" in done.page.text
