"""The main job as people do it: register, be read and compared, choose, pay, be approved; in both modes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.people import SLOW_MS, Candidate, Reviewer, pupil
from tests.e2e.product import Product

FOUR = ("history", "geography", "chemistry", "biology")


@pytest.fixture(params=["embedded", "full"], scope="module")
def product(request: pytest.FixtureRequest) -> Product:
    found: Product = request.getfixturevalue(request.param)
    return found


def test_a_new_candidate_registers_pays_and_is_approved(product: Product, page: Page, browser: Browser) -> None:
    candidate = Candidate(page, product, pupil(101))
    candidate.begin()
    candidate.bring("id_card", candidate.who.card)
    # The card is read while the candidate goes on: gender, and name and number where nothing is typed yet (000.6).
    expect(page.locator("#id_number")).to_have_value(candidate.who.id_number, timeout=SLOW_MS)
    expect(page.locator("#name")).to_have_value(candidate.who.name)
    candidate.bring("portrait", candidate.who.portrait)
    candidate.fill()
    expect(page.locator("#checks")).to_contain_text("与证件照一致", timeout=SLOW_MS)
    candidate.secure()
    candidate.submit_form()
    candidate.choose(*FOUR)
    expect(page.get_by_role("heading", name="网上缴费")).to_be_visible()
    candidate.pay()
    expect(page.get_by_text("支付成功，报名已完成。")).to_be_visible()
    # The stage bar follows by itself, without the next page.
    expect(page.locator("#stages .bk-stage--done").last).to_contain_text("报名成功")
    page.goto(f"{product.platform.site}/mine")
    expect(page.locator("h1")).to_contain_text("待审核")

    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, product)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    expect(staff.get_by_text("1:1 比对，未做活体检测").first).to_be_visible()
    staff.keyboard.press("a")
    expect(staff.get_by_text("已通过").first).to_be_visible()
    staff.context.close()

    page.reload()
    expect(page.locator("h1")).to_contain_text("审核通过")
    expect(page.get_by_role("link", name="修改 姓名")).to_have_count(0)


def test_on_a_phone_the_page_fits_and_the_way_is_the_same(product: Product, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True)
    candidate = Candidate(context.new_page(), product, pupil(102))
    candidate.register()
    candidate.choose(*FOUR)
    expect(candidate.page.get_by_role("heading", name="网上缴费")).to_be_visible()
    wide = candidate.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    context.close()
