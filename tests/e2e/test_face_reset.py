"""Resetting a password by face: two people's screens and phones, in a real browser (000.24)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import PATIENCE_MS, PHONE
from tests.e2e.faces import NEW, Handset, Screen, selfie
from tests.e2e.people import SLOW_MS, Candidate, another_face, pupil, sms_code
from tests.e2e.product import Product


@pytest.fixture
def handsets(browser: Browser, embedded: Product) -> Iterator[list[Handset]]:
    """Two phones with WeChat, of two people."""
    contexts = [browser.new_context(viewport=PHONE, locale="zh-CN", is_mobile=True, has_touch=True) for _ in range(2)]
    for context in contexts:
        context.set_default_timeout(PATIENCE_MS)
    yield [Handset(context.new_page(), embedded) for context in contexts]
    for context in contexts:
        context.close()


def registered(page: Page, product: Product, seed: int) -> Candidate:
    """A candidate whose portrait is verified, signed out again."""
    candidate = Candidate(page, product, pupil(seed))
    candidate.register()
    candidate.wait_until_checked()
    page.get_by_role("button", name="安全退出").first.click()
    return candidate


def test_the_way_from_the_code_to_the_new_password_and_the_next_time_without_sms(
    page: Page, embedded: Product, handsets: list[Handset]
) -> None:
    candidate, (phone, _) = registered(page, embedded, 301), handsets
    screen = Screen(page, embedded)
    screen.open()
    expect(page.get_by_text("等待扫码")).to_be_visible()
    phone.scan(screen.scan_url())
    screen.shows("opened")
    phone.name(candidate.who.id_number)
    phone.photograph(selfie())
    screen.shows("passed")
    phone.ask_code()
    phone.prove(sms_code(phone.page, embedded, candidate.who.phone))
    phone.choose(NEW, bind=True)
    screen.shows("done")
    expect(phone.page.get_by_role("heading", name="密码已修改")).to_be_visible()
    page.locator("#face").get_by_role("button", name="登录").click()
    screen.sign_in(candidate.who.id_number, NEW)
    page.get_by_role("button", name="安全退出").first.click()

    screen.open()
    phone.scan(screen.scan_url())
    phone.name(candidate.who.id_number)
    phone.photograph(selfie())
    phone.choose("qwer4321")
    screen.shows("done")


def test_another_face_is_refused_with_words_and_a_way_out(
    page: Page, embedded: Product, handsets: list[Handset]
) -> None:
    candidate, (phone, _) = registered(page, embedded, 302), handsets
    screen = Screen(page, embedded)
    screen.open()
    phone.scan(screen.scan_url())
    phone.name(candidate.who.id_number)
    phone.photograph(another_face())
    expect(phone.page.locator("[data-face=refused]")).to_contain_text("没有通过", timeout=SLOW_MS)
    screen.shows("refused")
    way_out = phone.page.get_by_role("link", name="用手机短信重置密码")
    expect(way_out).to_be_visible()
    way_out.click()
    expect(phone.page.get_by_role("heading").first).to_be_visible()


def test_a_number_nobody_has_ends_with_the_same_words(page: Page, embedded: Product, handsets: list[Handset]) -> None:
    phone, screen = handsets[0], Screen(page, embedded)
    screen.open()
    phone.scan(screen.scan_url())
    phone.name(pupil(399).id_number)
    phone.photograph(selfie())
    expect(phone.page.locator("[data-face=refused]")).to_contain_text("没有通过", timeout=SLOW_MS)


def test_a_wall_is_no_face_and_the_words_say_so(page: Page, embedded: Product, handsets: list[Handset]) -> None:
    phone, screen = handsets[0], Screen(page, embedded)
    screen.open()
    phone.scan(screen.scan_url())
    phone.name(pupil(398).id_number)
    phone.photograph(selfie(blank=True))
    expect(phone.page.locator("[data-face=refused]")).to_contain_text("没有", timeout=SLOW_MS)
    screen.shows("refused")


def test_a_second_phone_gets_nothing_and_a_used_code_neither(
    page: Page, embedded: Product, handsets: list[Handset]
) -> None:
    first, second = handsets
    screen = Screen(page, embedded)
    screen.open()
    code = screen.scan_url()
    first.scan(code)
    second.scan(code, openid="o-demo-other")
    expect(second.page.get_by_text("已在另一部手机上打开")).to_be_visible()
    expect(second.page.get_by_role("link", name="用手机短信重置密码")).to_be_visible()
    screen.again()
    third = screen.scan_url()
    assert third != code
    second.scan(third, openid="o-demo-other")
    expect(second.page.locator("#login")).to_be_visible()


def test_without_scripts_everything_works_but_the_live_parts(browser: Browser, page: Page, embedded: Product) -> None:
    candidate, screen = registered(page, embedded, 303), Screen(page, embedded)
    screen.open()
    context: BrowserContext = browser.new_context(viewport=PHONE, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    phone = Handset(context.new_page(), embedded)
    phone.scan(screen.scan_url())
    phone.name(candidate.who.id_number)
    phone.page.locator("#photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": selfie()})
    phone.page.get_by_role("button", name="上传并核对").click()
    for _ in range(60):
        if phone.page.get_by_role("heading", name="照片核对通过").count():
            break
        phone.page.goto(phone.page.url)
    expect(phone.page.get_by_role("heading", name="照片核对通过")).to_be_visible()
    context.close()


def test_in_english(page: Page, embedded: Product, handsets: list[Handset]) -> None:
    phone, screen = handsets[0], Screen(page, embedded)
    for one in (page, phone.page):
        one.goto(f"{embedded.platform.site}/language/en")
    screen.open()
    expect(page.get_by_text("Waiting for the scan")).to_be_visible()
    phone.scan(screen.scan_url())
    phone.page.locator("#login").fill(pupil(397).id_number)
    phone.page.get_by_role("button", name="Next: take the photo").click()
    expect(phone.page.locator("#consent-error")).to_contain_text("Without your consent")
    phone.page.locator("#consent").check()
    phone.page.get_by_role("button", name="Next: take the photo").click()
    expect(phone.page.get_by_role("heading", name="Take a photo of your face")).to_be_visible()
    expect(phone.page.locator("body")).not_to_contain_text(re.compile("[\u4e00-\u9fff]{6,}"))
