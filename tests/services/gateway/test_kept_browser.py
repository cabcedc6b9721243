"""A session that ends at the subjects, in a real Chromium: signed in by code again, wide and narrow, zh and en."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect

from deploy.local.demo.seed import PROGRAMME
from shared.settings import Platform
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import Person, captcha_text
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_kept import login_of, phone_of, registered
from tests.services.gateway.walks import FOUR, PASSWORD

LOOKS = [(DESKTOP, "zh-CN", 21), (PHONE, "zh-CN", 22), (PHONE, "en", 23)]


@pytest.mark.parametrize(("size", "language", "serial"), LOOKS)
async def test_ticks_outlive_the_session_and_both_ways_to_sign_in(
    page: Page,
    context: BrowserContext,
    person: Person,
    platform: Platform,
    size: dict[str, int],
    language: str,
    serial: int,
) -> None:
    await registered(person, platform, serial)
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back=/")
    await page.goto(f"/login?programme={PROGRAMME}")
    await page.locator("#login").fill(login_of(serial))
    await page.locator("#password").fill(PASSWORD)
    await page.clock.install()
    await page.locator("#password").press("Enter")
    await page.wait_for_url("**/apply/subjects")
    await page.locator("#history").uncheck()
    left = int(await page.locator("body").get_attribute("data-idle-left") or 0) * 1000
    await context.clear_cookies(name="__Host-baokao")
    await page.clock.fast_forward(left + 2_000)
    await expect(page.locator("#password")).to_be_visible()
    await assert_fit_for_all(page)
    await by_code(page, platform, serial)
    await page.wait_for_url("**/login/sms/code")
    await expect(page.locator("form[action='/subjects']")).to_be_visible()
    await assert_fit_for_all(page)
    await expect(page.locator("main li")).to_have_count(len(FOUR) - 1 + await page.locator(".bk-stage").count())
    await page.locator("form[action='/subjects'] button").click()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert not await page.locator("#history").is_checked()
    await page.locator("#history").check()
    await page.locator("form[action='/subjects'] button").first.click()
    await page.wait_for_url("**/answers")


async def by_code(page: Page, platform: Platform, serial: int) -> None:
    """From the sign-in by password over to the code, which Enter sends."""
    await page.locator(".bk-ways button").nth(1).click()
    await page.locator("#programme").select_option(PROGRAMME)
    await page.locator("#login").fill(login_of(serial))
    await page.locator("#phone").fill(phone_of(serial))
    await page.locator("[hx-get='/proof/digits']").click()
    captcha = page.locator("#captcha-picture input[name=captcha_id]")
    await page.locator("#captcha_text").fill(await captcha_text(platform, await captcha.input_value()))
    await page.locator("#captcha_text").press("Enter")
    await expect(page.locator("#code")).to_be_visible()
    await assert_fit_for_all(page)
    await page.locator("#code").fill(await code_to(platform, phone_of(serial)))
    await page.locator("#code").press("Enter")
