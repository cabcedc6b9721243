"""Accounts that an office opens: table, sheet of codes, unlocking, first login (001.1-3, 003.1-6); wide and narrow."""

from __future__ import annotations

import re
from itertools import islice

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from deploy.local.demo.issued import EACH, FIRST, read_issued
from deploy.local.demo.pupils import Pupil, pupils, school_name
from tests.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.e2e.people import Reviewer, sms_code
from tests.e2e.product import Product

LOOKS = [(DESKTOP, "zh-CN"), (PHONE, "zh-CN"), (PHONE, "en")]
PUPILS, SELECTION = "quality-evaluation", "selection-2021"
SUBMIT = "form:has(#{}) button[type=submit]"
CHOSEN = "Kites-over-77"
# Of the pupils who come home in these looks, one leaves the phone out.
WITHOUT_PHONE = 1


@pytest.fixture(scope="module")
def product(embedded: Product) -> Product:
    return embedded


def opened(browser: Browser, product: Product, look: int) -> BrowserContext:
    """A browser of one size, in one language."""
    size, language = LOOKS[look]
    context = browser.new_context(viewport=size)
    context.set_default_timeout(PATIENCE_MS)
    context.new_page().goto(f"{product.platform.site}/language/{language}")
    return context


def free(place: int) -> Pupil:
    """Somebody on the roll whom the demo has no use for."""
    return next(islice(pupils(), FIRST + 2 * EACH + place, None))


def fits(page: Page) -> None:
    """Nothing of the page lies beyond the right edge."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def issue(page: Page, product: Product, programme: str, who: Pupil) -> tuple[str, str]:
    """An administrator's table of one; the account and the code of its slip, as they would be printed."""
    page.goto(f"{product.platform.site}/staff/accounts")
    fits(page)
    table = f"姓名,身份证号,学校代码,班级\n{who.name},{who.id_number},{who.school},{who.class_number}\n"
    page.locator("#programme").select_option(programme)
    for action in ("check", "issue"):
        page.locator("#programme").select_option(programme)
        page.locator("#file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": table.encode()})
        page.locator(f"button[value={action}]").click()
        expect(page.locator(".bk-note")).to_be_visible()
    fits(page)
    page.emulate_media(media="print")
    expect(page.locator("[data-print]")).to_be_hidden()
    expect(page.locator(".bk-tabs")).to_be_hidden()
    slip = page.locator(".bk-slip").inner_text()
    page.emulate_media(media="screen")
    login, code = re.search(r"\d{17}[\dX]|\d{12}", slip), re.search(r"\w{4}-\w{4}-\w{4}", slip)
    assert who.name in slip and login and code
    return login[0], code[0]


def sign_in(page: Page, product: Product, programme: str, login: str, secret: str) -> None:
    """With the captcha that these programmes always want."""
    page.goto(f"{product.platform.site}/login?programme={programme}")
    page.locator("#login").fill(login)
    page.locator("#password").fill(secret)
    page.locator("#captcha_text").fill(product.captcha(page.locator("input[name=captcha_id]").input_value()))
    page.locator(SUBMIT.format("login")).click()


def choose_password(page: Page) -> None:
    """The forced change."""
    expect(page).to_have_url(re.compile("/first/password$"))
    fits(page)
    page.locator("#new").fill(CHOSEN)
    page.locator("#again").fill(CHOSEN)
    page.locator(SUBMIT.format("new")).click()


def confirm_roll(page: Page, who: Pupil) -> None:
    """Find the school by its name, and say who one is."""
    expect(page).to_have_url(re.compile("/first/roll$"))
    fits(page)
    page.locator("#q").fill(school_name(who.school))
    page.locator(SUBMIT.format("q")).click()
    fits(page)
    page.locator("main a", has_text=school_name(who.school)).click()
    page.locator("#name").fill("王不是")
    page.locator(SUBMIT.format("name")).first.click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    fits(page)
    page.locator("#name").fill(who.name)
    page.locator(SUBMIT.format("name")).first.click()


def bind_phone(page: Page, product: Product, phone: str) -> None:
    """The last step of the first login: a number, and the code that comes to it."""
    page.locator("#phone").fill(phone)
    page.locator(SUBMIT.format("phone")).first.click()
    fits(page)
    page.locator("#code").fill(sms_code(page, product, phone))
    page.locator(SUBMIT.format("code")).click()


@pytest.mark.parametrize("look", range(len(LOOKS)))
def test_a_school_lets_a_pupil_in_who_comes_home_by_the_first_login(
    browser: Browser, product: Product, look: int
) -> None:
    who = free(look)
    with opened(browser, product, 0) as office, opened(browser, product, look) as context:
        staff, page = Reviewer(office.new_page(), product, "admin"), context.pages[0]
        staff.sign_in()
        staff.page.set_viewport_size(LOOKS[look][0])
        staff.page.goto(f"{product.platform.site}/language/{LOOKS[look][1]}")
        login, code = issue(staff.page, product, PUPILS, who)
        sign_in(page, product, PUPILS, login, code)
        expect(page.locator(".govuk-error-summary")).to_be_visible()
        staff.page.goto(f"{product.platform.site}/staff/accounts?programme={PUPILS}&school={who.school}")
        staff.page.locator("#unlock-class").fill(who.class_number)
        staff.page.locator(SUBMIT.format("unlock-class")).click()
        expect(staff.page.locator(".bk-note--good")).to_be_visible()
        fits(staff.page)
        sign_in(page, product, PUPILS, login, code)
        confirm_roll(page, who)
        choose_password(page)
        expect(page).to_have_url(re.compile("/first/phone$"))
        fits(page)
        if look == WITHOUT_PHONE:
            page.locator("button[value=skip]").click()
        else:
            bind_phone(page, product, f"1390000888{look}")
        expect(page).to_have_url(re.compile("/mine$"))
        fits(page)


@pytest.mark.parametrize("look", [0, 2])
def test_a_candidate_changes_the_code_for_a_password_and_applies(browser: Browser, product: Product, look: int) -> None:
    with opened(browser, product, 0) as office, opened(browser, product, look) as context:
        staff, page = Reviewer(office.new_page(), product, "admin"), context.pages[0]
        staff.sign_in()
        login, code = issue(staff.page, product, SELECTION, free(len(LOOKS) + look))
        sign_in(page, product, SELECTION, login, code.lower().replace("-", " "))
        choose_password(page)
        expect(page).to_have_url(re.compile("/apply/instructions$"))
        fits(page)
        page.context.clear_cookies()
        sign_in(page, product, SELECTION, login, code)
        expect(page.locator(".govuk-error-summary")).to_be_visible()
        sign_in(page, product, SELECTION, login, CHOSEN)
        expect(page).to_have_url(re.compile("/apply"))


def test_the_demos_codes_open_its_accounts_but_the_one_the_school_has_locked(
    browser: Browser, product: Product
) -> None:
    listed = read_issued(product.platform.data, mongo=False)
    for one in (listed[0], listed[1], listed[-1]):
        with opened(browser, product, 1) as context:
            page = context.pages[0]
            sign_in(page, product, one.programme, one.login, one.code)
            if one.locked:
                expect(page.locator(".govuk-error-summary")).to_contain_text("学校")
            else:
                expect(page).to_have_url(re.compile("/first/"))
