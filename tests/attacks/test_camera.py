"""The face reset's own camera: oval, picture, retake, upload, on a phone's screen with a simulated camera."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.async_api import async_playwright, expect

from shared.settings import Platform
from tests.attacks.test_face import account, at_photo, code, wechat
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, PHONE
from tests.services.gateway.conftest import Person

__all__ = ["wechat"]

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


async def test_the_camera_shows_an_oval_and_its_picture_can_be_taken_again(
    people: Sequence[Person], platform: Platform, wechat: str
) -> None:
    screen, phone = people
    login, path = await account(platform, 471), await code(screen)
    await at_photo(phone, wechat, path, login)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *CAMERA])
        context = await browser.new_context(base_url=platform.site, viewport=PHONE, locale="zh-CN")
        cookie = {
            "name": "__Host-baokao",
            "value": phone.cookie,
            "url": platform.site.replace("http:", "https:"),
            "secure": True,
        }
        await context.add_cookies([cookie])  # type: ignore[list-item]
        page = await context.new_page()
        await page.goto(path)
        await expect(page.locator("#photo")).to_have_attribute("capture", "user")
        await page.locator("[data-camera]").click()
        await expect(page.locator(".bk-selfie__oval")).to_be_visible()
        await page.get_by_role("button", name="拍照", exact=True).click()
        await expect(page.get_by_alt_text("刚拍的照片")).to_be_visible()
        await page.get_by_role("button", name="重拍").click()
        await expect(page.locator("[data-camera]")).to_be_visible()
        await page.locator("[data-camera]").click()
        await page.get_by_role("button", name="拍照", exact=True).click()
        await page.get_by_role("button", name="用这张，开始核对").click()
        await expect(page.locator("[data-face=checking]")).to_be_visible()
        await browser.close()
