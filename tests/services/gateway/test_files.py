"""Choosing a file: the button speaks the language of the page, not of the browser, and says what was chosen."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, Page, expect

from shared.settings import Platform
from tests.services.gateway.conftest import STAFF_PASSWORD, photo
from tests.services.gateway.test_browser import at_form

OUTLINE = "button => getComputedStyle(button).outlineStyle"


async def test_the_button_for_files_speaks_the_pages_language_and_tells_the_file(page: Page) -> None:
    await page.goto("/staff/login?next=/staff/imports")
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    button = page.get_by_text("选择文件", exact=True)
    async with page.expect_file_chooser() as opened:
        await button.click()
    await (await opened.value).set_files({"name": "花名册.csv", "mimeType": "text/csv", "buffer": b"a"})
    await expect(page.locator("[data-file-of=file]")).to_have_text("花名册.csv")
    # The browser's own button is the browser's business; nobody sees it when it is one pixel wide.
    box = await page.locator("#file").bounding_box()
    assert box is not None
    assert box["width"] <= 1


async def test_the_keyboard_reaches_the_button_and_sees_where_it_is(page: Page) -> None:
    await at_form(page)
    button = page.locator("#material-portrait .bk-file__button")
    assert await button.evaluate(OUTLINE) == "none"
    # Chromium drops keys that come before a page is laid out and painted.
    await page.wait_for_load_state()
    field = page.locator("#picture-portrait")
    await field.focus()
    await expect(field).to_be_focused()
    assert await button.evaluate(OUTLINE) == "solid"
    async with page.expect_file_chooser() as opened:
        await field.press("Enter")
    await (await opened.value).set_files({"name": "我.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await expect(page.locator("#material-portrait").get_by_role("button", name="使用这张")).to_be_focused()


@pytest.mark.parametrize(("language", "text"), [("zh_CN", "选择照片"), ("en", "Choose a picture")])
async def test_each_language_has_its_own_button(page: Page, language: str, text: str) -> None:
    await page.goto(f"/language/{language}?back=/")
    await page.locator("form[action$='/qualification-2024/start'] button").click()
    for _ in range(2):
        await page.locator("form[action$='/accept'] button").click()
    await expect(page.locator("#material-portrait .bk-file__button")).to_have_text(text)


async def test_without_scripts_the_browsers_own_button_stands(
    browser: Browser, platform: Platform, _filled: None
) -> None:
    context = await browser.new_context(base_url=platform.site, java_script_enabled=False)
    page = await context.new_page()
    await at_form(page)
    box = await page.locator("#picture-portrait").bounding_box()
    assert box is not None
    assert box["width"] > 100
