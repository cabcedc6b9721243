"""The first login of a pupil by the keyboard alone: the tree of offices, the search, password, phone (003.4)."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from shared.settings import Platform
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.conftest import Person, captcha_text
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_issued import CHOSEN, PUPILS, issue

FARTHEST = 60
TREE, SEARCH = ("太原市", "小店区", "小店区职业技术学校"), "平城区明德"


async def reach(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says this, or is named this."""
    for _ in range(FARTHEST):
        await page.keyboard.press("Tab")
        told = await page.evaluate("[document.activeElement.innerText, document.activeElement.id]")
        if words in told:
            return
    raise AssertionError(f"{words} cannot be reached at {page.url}")


async def fill(page: Page, field: str, text: str) -> None:
    await reach(page, field)
    await page.keyboard.type(text)


async def enter(page: Page, where: str) -> None:
    """Press Enter, and come there."""
    async with page.expect_navigation(url=f"**{where}"):
        await page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("name", "number", "by", "size", "language"),
    [
        ("谢豪彤", "140105200709286726", "tree", PHONE, "en"),
        ("谢嘉涵", "140213200705245447", "search", DESKTOP, "zh-CN"),
    ],
)
async def test_a_pupil_comes_home_by_the_keyboard(
    name: str, number: str, by: str, size: dict[str, int], language: str, page: Page, person: Person, platform: Platform
) -> None:
    login, code = await issue(person, PUPILS, name, number)
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back=/login?programme={PUPILS}")
    for field, text in (("login", login), ("password", code)):
        await fill(page, field, text)
    answer = await captcha_text(platform, await page.locator("input[name=captcha_id]").input_value())
    await fill(page, "captcha_text", answer)
    await enter(page, "/first/roll")
    if by == "search":
        await fill(page, "q", SEARCH)
        await enter(page, "q=**")
    for step in TREE if by == "tree" else ("平城区明德中学",):
        await assert_fit_for_all(page)
        await reach(page, step)
        await enter(page, "/first/roll?**")
    await fill(page, "name", name)
    await enter(page, "/first/password")
    for field in ("new", "again"):
        await fill(page, field, CHOSEN)
    await enter(page, "/first/phone")
    await assert_fit_for_all(page)
    await reach(page, "Not now" if language == "en" else "暂不绑定")
    await enter(page, "/mine")
