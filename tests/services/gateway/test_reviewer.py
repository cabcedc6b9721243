"""The reviewer's keyboard, and a file that changes while it is open, in a real Chromium."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from playwright.async_api import Page, expect

from shared.settings import Platform
from tests.attacks.support import chosen, csrf_of, number
from tests.e2e.conftest import PATIENCE_MS
from tests.services.gateway.conftest import STAFF_PASSWORD, Person
from tests.services.gateway.walks import PASSWORD

expect.set_options(timeout=PATIENCE_MS)
NAMES = ("甲一", "乙二", "丙三")


@pytest.fixture(scope="module")
def serials() -> list[int]:
    """Whose files are there already; the platform is the module's."""
    return []


@pytest.fixture
async def desk(page: Page, people: Sequence[Person], platform: Platform, serials: list[int]) -> AsyncIterator[Page]:
    """A reviewer before a queue of three files, oldest first."""
    if not serials:
        for serial, name in enumerate(NAMES, start=80):
            people[0].session.cookie_jar.clear()
            await chosen(people[0], platform, serial, name=name)
            serials.append(serial)
    await page.goto("/staff/login")
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.goto("/staff/queue")
    yield page


async def press(page: Page, key: str) -> None:
    """A key, once the page listens: its script runs before it counts as loaded."""
    await page.wait_for_load_state()
    await page.keyboard.press(key)


async def test_j_k_and_enter_walk_through_the_queue_and_through_the_files(desk: Page) -> None:
    rows = desk.locator("[data-row]")
    await expect(rows).to_have_count(3)
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("J", 1)):
        await press(desk, key)
        await expect(rows.nth(at).locator("a")).to_be_focused()
    await press(desk, "Enter")
    await expect(desk.locator("h1")).to_contain_text("乙二")


async def test_what_changes_while_the_check_runs_shows_by_itself_and_is_what_the_decision_is_about(
    desk: Page, people: Sequence[Person]
) -> None:
    candidate = people[1]
    login = {"login": number(80), "password": PASSWORD}
    await candidate.press(await candidate.get("/login"), "", login)
    await desk.get_by_role("link", name="甲一").click()
    await expect(desk.locator("#seen")).to_contain_text("检测中")
    await desk.locator("#remark").fill("请核对")
    before = await desk.locator("#version-return").input_value()
    body = {"csrf": csrf_of(await candidate.get("/apply/fill")), "phone": "13955556666", "action": "save"}
    await candidate.post("/form", body)
    await expect(desk.locator("#seen")).to_contain_text("13955556666")
    await expect(desk.locator("#version-return")).not_to_have_value(before)
    await expect(desk.locator("#remark")).to_have_value("请核对")
    await desk.locator("#reason_code").select_option("name_wrong")
    await desk.get_by_role("button", name="退回修改").click()
    await expect(desk.get_by_text("上一份已退回")).to_be_visible()
    await expect(desk.locator("h1")).to_contain_text("乙二")
    # Back to the one before, the decision is taken back.
    await press(desk, "u")
    await expect(desk.locator("h1")).to_contain_text("甲一")
    await expect(desk.get_by_role("button", name="撤销决定")).to_be_visible()
    await press(desk, "u")
    await expect(desk.get_by_text("已撤销")).to_be_visible()
    await expect(desk.get_by_role("button", name="退回修改")).to_be_visible()


async def test_r_leads_to_the_reason_and_opened_files_stay_in_the_row(desk: Page) -> None:
    await desk.get_by_role("link", name="丙三").click()
    for key, name in (("k", "乙二"), ("k", "甲一"), ("j", "乙二")):
        await press(desk, key)
        await expect(desk.locator("h1")).to_contain_text(name)
    await press(desk, "r")
    await expect(desk.locator("#reason_code")).to_be_focused()
    # Letters typed in the form are letters, not orders.
    await desk.locator("#remark").press("j")
    await expect(desk.locator("#remark")).to_have_value("j")
    await desk.locator("#reason_code").select_option("name_wrong")
    await desk.get_by_role("button", name="退回修改").click()
    await expect(desk.get_by_text("上一份已退回")).to_be_visible()
    await expect(desk.locator("h1")).to_contain_text("丙三")
