"""Staff in the browser: sign-on and the real-name form, second factor, audit log; wide and narrow, zh and en."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from services.identity.domain import totp
from tests.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.e2e.people import Reviewer, sms_code
from tests.e2e.product import Product

LOOKS = [(DESKTOP, "zh-CN"), (DESKTOP, "en"), (PHONE, "zh-CN"), (PHONE, "en")]


@pytest.fixture(scope="module")
def product(embedded: Product) -> Product:
    return embedded


def opened(browser: Browser, product: Product, look: int) -> BrowserContext:
    """A browser of one size, in one language."""
    size, language = LOOKS[look]
    context = browser.new_context(viewport=size)
    context.set_default_timeout(PATIENCE_MS)
    context.new_page().goto(f"{product.platform.site}/language/{language}?back=/staff/login")
    return context


def fits(page: Page) -> None:
    """Nothing of the page lies beyond the right edge."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def sign_on(page: Page, product: Product, name: str, path: str = "/staff/queue") -> None:
    """Ask for a page, and come to the provider and back."""
    page.goto(product.platform.site + path)
    page.locator("a[href^='/staff/sso']").click()
    page.locator("input[name=name]").fill(name)
    page.locator("button").click()


def join(page: Page, product: Product, phone: str, document: str) -> None:
    """Fill the real-name form in and send it."""
    page.locator("#document_kind").select_option("passport")
    page.locator("#document_number").fill(document)
    page.locator("#phone").fill(phone)
    captcha_id = page.locator("input[name=captcha_id]").input_value()
    page.locator("#captcha_text").fill(product.captcha(captcha_id))
    page.locator("button[value=code]").click()
    expect(page.locator(".bk-note--good")).to_be_visible()
    page.locator("#code").fill(sms_code(page, product, phone))
    page.locator("#agreed").check(force=True)
    page.locator("form button").last.click()


def code_of(secret: str) -> str:
    """What the app shows now."""
    return totp.code_at(secret.replace(" ", ""), totp.step_at(datetime.now(UTC)))


@pytest.mark.parametrize("look", range(len(LOOKS)))
def test_an_unknown_teacher_signs_on_is_let_in_and_returns_to_the_page(
    browser: Browser, product: Product, look: int
) -> None:
    name, phone = f"孙老师{look}", f"1390000777{look}"
    with opened(browser, product, look) as context, browser.new_context(viewport=DESKTOP) as office:
        page = context.pages[0]
        sign_on(page, product, name)
        expect(page.locator("#name")).to_have_value(name)
        fits(page)
        join(page, product, phone, f"E5550000{look}")
        expect(page).to_have_url(re.compile("/staff/join/sent"))
        fits(page)
        admin = Reviewer(office.new_page(), product, "admin")
        admin.sign_in()
        admin.page.goto(f"{product.platform.site}/staff/people")
        card = admin.page.locator(".bk-card", has_text=name).first
        expect(card).to_contain_text(f"{phone[:3]}******{phone[-2:]}")
        card.locator("input[value=reviewer]").check(force=True)
        card.locator("form button").first.click()
        expect(admin.page.locator(".bk-note--good")).to_be_visible()
        page.goto(f"{product.platform.site}/staff/queue?state=identity")
        sign_on(page, product, name, "/staff/queue")
        expect(page).to_have_url(re.compile("/staff/queue"))
        fits(page)


def test_a_document_that_is_taken_is_told_with_the_way_to_its_account(browser: Browser, product: Product) -> None:
    with opened(browser, product, 0) as context, opened(browser, product, 0) as another:
        page, second = context.pages[0], another.pages[0]
        sign_on(page, product, "李老师")
        join(page, product, "13900008881", "G5550001")
        expect(page).to_have_url(re.compile("/staff/join/sent"))
        sign_on(second, product, "周老师")
        join(second, product, "13900008882", "G5550001")
        expect(second.locator(".govuk-error-summary")).to_be_visible()
        expect(second.locator("a[href='/staff/login/sms']")).to_be_visible()


@pytest.mark.parametrize("look", range(len(LOOKS)))
def test_the_second_factor_is_enrolled_asked_for_and_given_up(browser: Browser, product: Product, look: int) -> None:
    with opened(browser, product, look) as context:
        page = context.pages[0]
        staff = Reviewer(page, product, "finance")
        enter(staff)
        page.goto(f"{product.platform.site}/staff/second/enrol")
        fits(page)
        secret = page.locator("#secret").inner_text()
        page.locator("#code").fill("000000")
        page.locator("form button").last.click()
        expect(page.locator(".govuk-error-summary")).to_be_visible()
        page.locator("#code").fill(code_of(secret))
        page.locator("form button").last.click()
        expect(page.locator("#recovery li")).to_have_count(totp.RECOVERY_CODES)
        fits(page)
        recovery = page.locator("#recovery li").all_inner_texts()
        page.locator("header form button").click()
        enter(staff)
        page.goto(f"{product.platform.site}/staff/money")
        expect(page).to_have_url(re.compile(r"/staff/second\?next=/staff/money$"))
        fits(page)
        page.locator("#code").fill(recovery[0])
        page.locator("main form button").click()
        expect(page).to_have_url(re.compile("/staff/money$"))
        page.goto(f"{product.platform.site}/staff/second/enrol")
        page.locator("#password").fill(product.staff_password(staff.login))
        page.locator("#code").fill(recovery[1])
        page.locator("form button").last.click()
        expect(page.locator(".bk-note--good")).to_be_visible()


@pytest.mark.parametrize("look", range(len(LOOKS)))
def test_the_audit_log_is_filtered_and_fits(browser: Browser, product: Product, look: int) -> None:
    with opened(browser, product, look) as context:
        page = context.pages[0]
        staff = Reviewer(page, product, "admin")
        enter(staff)
        page.goto(f"{product.platform.site}/staff/audit")
        expect(page.locator("tbody tr").first).to_be_visible()
        fits(page)
        # The rows stand one under the other where they do not fit side by side.
        assert page.locator(".bk-table-wrap").evaluate("at => at.scrollWidth <= at.clientWidth")
        page.locator("#action").select_option("staff_made")
        page.locator("main form button").click()
        expect(page).to_have_url(re.compile("action=staff_made"))
        page.locator("tbody tr a").first.click()
        expect(page).to_have_url(re.compile("object_id=[0-9a-f]{32}"))
        expect(page.locator("tbody tr").first).to_be_visible()


def enter(staff: Reviewer) -> None:
    """Sign in by password, in whichever language."""
    staff.page.goto(f"{staff.product.platform.site}/staff/login")
    staff.page.locator("#login").fill(staff.login)
    staff.page.locator("#password").fill(staff.product.staff_password(staff.login))
    staff.page.locator("main form button").last.click()
    expect(staff.page).not_to_have_url(re.compile("/login"))
