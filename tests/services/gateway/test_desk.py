"""The account desk as staff and candidates meet it: lock, unlock, a new code, somebody who stands there (ST.2)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Page, expect

from shared.settings import Platform
from tests.attacks.test_matrix import of_school
from tests.attacks.test_matrix_accounts import ELSEWHERE
from tests.attacks.test_sessions import with_cookie
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.conftest import STAFF_PASSWORD, Person
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_issued import PUPILS, SCHOOL, enter, issue
from tests.services.gateway.test_kept import login_of, registered
from tests.services.gateway.walks import PASSWORD

CODE = re.compile(r"[2-9A-HJ-NP-Z]{4}(?:-[2-9A-HJ-NP-Z]{4}){2}")
CHOSEN = "newpass1"
LOOKS = [(DESKTOP, "zh-CN", "440308199901101707"), (PHONE, "en", "440308199901101715")]


async def found(staff: Person, words: str) -> list[str]:
    """The addresses of the accounts that a search finds."""
    page = await staff.press(await staff.get("/staff/accounts"), "/staff/accounts", {"q": words})
    return sorted({link for link in page.page.links if re.fullmatch(r"/staff/accounts/[0-9a-f]{32}", link)})


@pytest.mark.parametrize(("role", "serial"), [("point", 31), ("school", 32)])
async def test_who_registered_alone_gets_a_code_at_the_desk_of_the_point_they_apply_at(
    people: Sequence[Person], platform: Platform, role: str, serial: int
) -> None:
    owner, staff = people
    await registered(owner, platform, serial)
    cookie = owner.cookie
    await of_school(platform, staff, [ELSEWHERE], role)
    assert await found(staff, login_of(serial)) == []
    staff.session.cookie_jar.clear()
    await of_school(platform, staff, [SCHOOL], role)
    (one,) = await found(staff, login_of(serial))
    page = await staff.get(one)
    assert SCHOOL in page.page.text and login_of(serial) not in page.page.text
    without = await staff.press(page, f"{one}/reset", {"action": "in_person", "document": "resident_id"})
    assert (without.status, "#reason" in without.page.links) == (400, True)
    assert "原因：请填写这一栏。" in without.page.text
    assert await with_cookie(owner, cookie) == "/apply/subjects"
    given = {"action": "in_person", "document": "resident_id", "reason": "手机号已停用"}
    sheet = await staff.press(page, f"{one}/reset", given)
    code = CODE.search(sheet.page.text)
    assert code
    assert await with_cookie(owner, cookie) == "/login"
    owner.session.cookie_jar.clear()
    first = await owner.press(await owner.get("/login"), "", {"login": login_of(serial), "password": code[0]})
    assert first.url.endswith("/first/password")
    home = await owner.press(first, "/first/password", {"new": CHOSEN, "again": CHOSEN})
    assert home.url.endswith("/apply/subjects")
    owner.session.cookie_jar.clear()
    old = await owner.press(await owner.get("/login"), "", {"login": login_of(serial), "password": PASSWORD})
    assert old.status == 400


async def test_a_known_address_of_an_account_is_worth_nothing_elsewhere(
    people: Sequence[Person], platform: Platform
) -> None:
    owner, staff = people
    await registered(owner, platform, 33)
    await of_school(platform, staff, [SCHOOL], "school")
    (one,) = await found(staff, login_of(33))
    assert one in await found(staff, "胡思欣"), "by name too"
    staff.session.cookie_jar.clear()
    page = await of_school(platform, staff, [ELSEWHERE], "school")
    token = next(value for form in page.page.forms for name, value in form.fields if name == "csrf")
    given = {"csrf": token, "action": "in_person", "document": "resident_id", "reason": "说是本人"}
    assert (await staff.get(one)).status == 404
    for path in (f"{one}/reset", f"{one}/lock"):
        assert (await staff.post(path, given)).status == 404
    assert await with_cookie(owner, owner.cookie) == "/apply/subjects"


@pytest.mark.parametrize(("size", "language", "number"), LOOKS)
async def test_lock_unlock_and_new_codes_in_a_browser(
    page: Page, person: Person, platform: Platform, size: dict[str, int], language: str, number: str
) -> None:
    login, first = await issue(person, PUPILS, "李兰", number)
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back=/staff/login")
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.locator("#password").press("Enter")
    await page.goto("/staff/accounts")
    await page.locator("#q").fill(login)
    await page.locator("#q").press("Enter")
    await page.locator("main a[href^='/staff/accounts/']").first.click()
    await assert_fit_for_all(page)
    await page.locator("button[value=lock]").click()
    await expect(page.locator(".govuk-error-summary a")).to_have_attribute("href", "#lock-reason")
    await page.locator("#lock-reason").fill("重号")
    await page.locator("button[value=lock]").click()
    await expect(page.locator("button[value=unlock]")).to_be_visible()
    await expect(page.locator("#lock")).to_contain_text("重号")
    await expect(page.locator("#lock")).to_contain_text("演示")
    await assert_fit_for_all(page)
    refused = await enter(person, platform, PUPILS, login, first)
    assert refused.status == 400 and "学校" in refused.page.text and "重号" not in refused.page.text
    await page.locator("button[value=unlock]").click()
    await expect(page.locator("button[value=lock]")).to_be_visible()
    assert (await enter(person, platform, PUPILS, login, first)).url.endswith("/first/roll")
    codes = [first]
    for button in ("code", "in_person"):
        if button == "in_person":
            await page.locator("#reason").fill("忘记密码，本人持证到场")
        await page.locator(f"button[value={button}]").click()
        codes.append(await page.locator(".bk-slip__code").inner_text())
        await assert_fit_for_all(page)
        table = str(await page.locator("a[download]").get_attribute("href")).partition("base64,")[2]
        assert codes[-1] in base64.b64decode(table).decode() and login in base64.b64decode(table).decode()
        await page.go_back()
    for old in codes[:-1]:
        assert (await enter(person, platform, PUPILS, login, old)).status == 400
    assert (await enter(person, platform, PUPILS, login, codes[-1])).url.endswith("/first/roll")
