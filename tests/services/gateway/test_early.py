"""A slow line: what is typed before the scripts are there is saved once they are."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, Route, expect

from tests.services.gateway.test_browser import at_form


async def test_a_field_typed_and_left_before_the_scripts_is_saved_and_judged(page: Page) -> None:
    await at_form(page)
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/static/baokao.js*", late)
    await page.reload(wait_until="commit")
    phone = page.locator("#phone")
    await phone.fill("1380013")
    await phone.blur()
    typed.set()
    await expect(page.locator("#verdict-phone")).to_contain_text("手机")
    await page.unroute("**/static/baokao.js*")
    await page.reload()
    await expect(phone).to_have_value("1380013")
