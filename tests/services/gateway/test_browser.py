"""What scripts add, in a real Chromium: saving as one goes, pictures, time-out, nothing lost; and access for all."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, Route, expect
from yarl import URL

from tests.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.services.gateway.conftest import ID_NUMBER, NAME, photo

expect.set_options(timeout=PATIENCE_MS)
PUBLIC = ["/", "/help", "/status", "/login", "/staff/login", "/dev/outbox", "/nowhere"]


async def at_form(page: Page) -> None:
    await page.goto("/")
    await page.locator("form[action$='/qualification-2024/start'] button").click()
    await past_notices(page)


async def past_notices(page: Page) -> None:
    for button in ("已阅读", "我同意"):
        await page.get_by_role("button", name=button).click()
    await expect(page.get_by_role("heading", name="填写信息")).to_be_visible()
    # The heading is there before the scripts have run, and a clock that is turned must be one they have read.
    await page.wait_for_load_state()


async def leave(page: Page, field: str, text: str) -> None:
    await page.locator(f"#{field}").fill(text)
    await page.locator(f"#{field}").blur()


async def choose_picture(page: Page, kind: str, content: bytes) -> None:
    file = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content}
    await page.locator(f"#picture-{kind}").set_input_files(file)  # type: ignore[arg-type]


async def test_a_field_is_judged_and_kept_when_it_is_left_and_nothing_else_changes(page: Page) -> None:
    await at_form(page)
    await page.locator("#password").fill("abcd")
    await leave(page, "id_number", ID_NUMBER[:-1] + "0")
    await expect(page.locator("#verdict-id_number")).to_contain_text("身份证号不对")
    await expect(page.locator("#id_number")).to_have_attribute("aria-invalid", "true")
    await leave(page, "id_number", ID_NUMBER)
    await expect(page.locator("#verdict-id_number")).to_contain_text("通过")
    await expect(page.locator("#group-gender")).to_contain_text("女" if int(ID_NUMBER[16]) % 2 == 0 else "男")
    await expect(page.locator("#password")).to_have_value("abcd")
    await page.reload()
    await expect(page.locator("#id_number")).to_have_value(ID_NUMBER)


async def test_only_the_field_that_was_left_is_sent(page: Page) -> None:
    await at_form(page)
    await page.locator("#password").fill("abcd1234")
    async with page.expect_request(lambda request: request.method == "PATCH") as sent:
        await leave(page, "name", NAME)
    assert set(re.findall(r"(\w+)=", (await sent.value).post_data or "")) == {"name"}


async def test_the_lists_below_follow_the_one_above(page: Page) -> None:
    await at_form(page)
    await page.locator("#city").select_option(label="太原市")
    await page.locator("#district").select_option(label="迎泽区")
    await page.get_by_label("在校生").check()
    await page.locator("#school").select_option(label="迎泽区晨光中学")
    await expect(page.get_by_role("group", name="年级")).to_be_visible()
    await page.get_by_label("社会考生").check()
    await expect(page.get_by_role("group", name="年级")).to_be_hidden()
    await expect(page.locator("#material-diploma")).to_be_visible()


async def test_a_rare_character_goes_where_the_cursor_is(page: Page) -> None:
    await at_form(page)
    await page.get_by_text("生僻字查询", exact=True).click()
    await page.locator("#pinyin").fill("yan")
    first = page.locator("#characters button").first
    character = await first.inner_text()
    await first.click()
    await expect(page.locator("#name")).to_have_value(character)


async def test_a_picture_is_turned_cropped_and_uploaded(page: Page) -> None:
    await at_form(page)
    await choose_picture(page, "portrait", photo(800, 600))
    part = page.locator("#material-portrait")
    await part.get_by_role("button", name="向右旋转").click()
    await part.get_by_role("button", name="使用这张").click()
    picture = part.locator("img[src^='/pictures/']")
    await expect(picture).to_be_visible()
    width, height = [int(await picture.get_attribute(side) or 0) for side in ("width", "height")]
    assert width < height


async def test_an_upload_that_breaks_off_can_be_tried_again(page: Page) -> None:
    await at_form(page)

    async def broken(route: Route) -> None:
        await route.abort("connectionreset")

    await page.route("**/form/pictures/**", broken)
    await choose_picture(page, "id_card", photo(1012, 638))
    part = page.locator("#material-id_card")
    await part.get_by_role("button", name="使用这张").click()
    await expect(part.get_by_text("上传没有成功")).to_be_visible()
    await page.unroute("**/form/pictures/**")
    await part.get_by_role("button", name="重试").click()
    await expect(part.locator("img[src^='/pictures/']")).to_be_visible()


async def test_a_refusal_is_said_once_and_not_tried_again(page: Page) -> None:
    await at_form(page)
    asked = list[str]()

    async def locked(route: Route) -> None:
        asked.append(route.request.method)
        await route.fulfill(status=409, content_type="application/json", body='{"text": "不能修改了。"}')

    await page.route("**/form/fields", locked)
    await page.clock.install()
    await leave(page, "name", NAME)
    await expect(page.locator("#status")).to_have_text("不能修改了。")
    await page.clock.fast_forward(20_000)
    assert asked == ["PATCH"]


async def test_a_form_goes_once_however_often_it_is_pressed(page: Page) -> None:
    await page.goto("/")
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    form = page.locator("form[action$='/start']").first
    await form.evaluate("form => { for (let press = 0; press < 5; press++) form.requestSubmit(); }")
    await page.wait_for_url("**/apply/**")
    assert len(sent) == 1


async def test_a_file_that_is_no_picture_is_refused_before_it_is_sent(page: Page) -> None:
    await at_form(page)
    file = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-"}
    await page.locator("#picture-portrait").set_input_files(file)  # type: ignore[arg-type]
    await expect(page.locator("#picture-error-portrait")).to_contain_text("JPG 或 PNG")


async def test_two_minutes_before_the_end_one_is_asked_and_may_stay(page: Page) -> None:
    await page.clock.install()
    await at_form(page)
    left = int(await page.locator("body").get_attribute("data-idle-left") or 0) * 1000
    await page.clock.fast_forward(left - 110_000)
    dialog = page.get_by_role("dialog", name="还要继续吗？")
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="继续使用").click()
    await expect(dialog).to_be_hidden()


async def test_what_was_typed_outlives_the_session(page: Page, context: BrowserContext) -> None:
    await at_form(page)
    await context.clear_cookies()
    await leave(page, "name", NAME)
    await page.wait_for_url("**/login?why=ended")
    await at_form(page)
    await expect(page.locator("#name")).to_have_value(NAME)
    await expect(page.locator("#verdict-name")).to_contain_text("通过")


async def test_the_captcha_can_be_changed_without_losing_anything(page: Page) -> None:
    await at_form(page)
    await page.locator("#password").fill("abcd1234")
    before = await page.locator("input[name=captcha_id]").input_value()
    await page.get_by_role("button", name="看不清？换一张").click()
    await expect(page.locator("input[name=captcha_id]")).not_to_have_value(before)
    await expect(page.locator("#password")).to_have_value("abcd1234")


async def test_the_error_summary_takes_the_focus_and_leads_to_the_field(page: Page) -> None:
    await at_form(page)
    await page.get_by_role("button", name="录入完毕，提交信息").click()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await page.locator(".govuk-error-summary a", has_text="姓名").click()
    await expect(page.locator("#name")).to_be_focused()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1366", "390"])
async def test_pages_are_accessible_and_fit_the_screen(page: Page, size: dict[str, int]) -> None:
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    for path in PUBLIC:
        await page.goto(path)
        await assert_fit_for_all(page)
    await page.goto("/")
    await page.locator("form[action='/programmes/qualification-2024/start'] button").click()
    await assert_fit_for_all(page)
    await past_notices(page)
    await assert_fit_for_all(page)
    await page.get_by_role("button", name="录入完毕，提交信息").click()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    await assert_fit_for_all(page)


async def assert_fit_for_all(page: Page) -> None:
    """axe finds nothing serious, and nobody has to scroll sideways."""
    found = (await Axe().run(page)).response["violations"]
    serious = [each["id"] for each in found if each["impact"] in {"serious", "critical"}]
    assert serious == [], (page.url, [(e["id"], [n["html"][:200] for n in e["nodes"][:3]]) for e in found])
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.mark.parametrize("path", ["/login?programme=posts", "/login/sms?proof=digits", "/staff/login/sms"])
async def test_enter_sends_a_form_with_a_captcha(page: Page, path: str) -> None:
    """And does not change the captcha, whose button comes first in these forms."""
    await page.goto(path)
    await page.locator("#login, #phone").first.fill(ID_NUMBER)
    async with page.expect_request(lambda request: "/captcha" in request.url or request.method == "POST") as sent:
        await page.locator("#captcha_text").press("Enter")
    request = await sent.value
    assert (request.method, URL(request.url).path) == ("POST", URL(path).path)
