"""What goes wrong and how people get on: every refusal says why, and nothing typed is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.e2e.people import (
    PASSWORD,
    SLOW_MS,
    Candidate,
    Reviewer,
    another_face,
    another_number,
    blurred,
    pupil,
)
from tests.e2e.product import Product

FOUR = ("history", "geography", "chemistry", "biology")


@pytest.fixture(scope="module")
def product(embedded: Product) -> Product:
    return embedded


def test_declining_a_notice_registers_nothing(product: Product, page: Page) -> None:
    page.goto(product.platform.site)
    page.locator("form[action='/programmes/qualification-2024/start'] button").click()
    page.get_by_role("button", name="未阅读").click()
    expect(page).to_have_url(f"{product.platform.site}/?done=declined")
    assert not [cookie for cookie in page.context.cookies() if cookie["name"] == "__Host-baokao"]


def test_a_later_stage_cannot_be_opened_by_its_address(product: Product, page: Page) -> None:
    page.goto(product.platform.site)
    page.locator("form[action='/programmes/qualification-2024/start'] button").click()
    page.goto(f"{product.platform.site}/apply/subjects")
    expect(page).to_have_url(f"{product.platform.site}/apply/violations")


def test_a_wrong_captcha_loses_nothing(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(201))
    candidate.begin()
    candidate.bring("id_card", candidate.who.card)
    candidate.bring("portrait", candidate.who.portrait)
    candidate.fill()
    candidate.secure(captcha="xxxx")
    candidate.submit_form()
    expect(page.locator(".govuk-error-summary")).to_contain_text("验证码")
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    for field_id, value in (("id_number", candidate.who.id_number), ("name", candidate.who.name)):
        expect(page.locator(f"#{field_id}")).to_have_value(value)
    candidate.secure()
    candidate.submit_form()
    expect(page.get_by_role("heading", name="选择报考科目")).to_be_visible()


def test_what_was_typed_is_still_there_after_a_reload(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(202))
    candidate.begin()
    candidate.type_in("phone", "1380013")
    expect(page.locator("#verdict-phone")).to_contain_text("手机")
    page.reload()
    expect(page.locator("#phone")).to_have_value("1380013")


def test_a_card_that_cannot_be_read_is_told_and_a_person_is_offered(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(203))
    candidate.begin()
    for factor in (30, 36):
        candidate.bring("id_card", blurred(candidate.who, factor).card)
        expect(page.locator("#checks [data-checks=requested]")).to_have_count(0, timeout=SLOW_MS)
        expect(page.locator("#checks .is-bad").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("请老师人工审核").first).to_be_visible()


def test_another_persons_portrait_goes_to_review_and_not_to_refusal(
    product: Product, page: Page, browser: Browser
) -> None:
    candidate = Candidate(page, product, pupil(204, another_face()))
    candidate.register()
    candidate.wait_until_checked()
    candidate.choose(*FOUR)
    candidate.pay()
    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, product)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    expect(staff.get_by_role("button", name="核对无误，是本人")).to_be_visible()
    staff.context.close()


def test_the_card_of_somebody_else_is_shown_to_the_reviewer(product: Product, page: Page, browser: Browser) -> None:
    own = pupil(205)
    candidate = Candidate(page, product, replace(own, id_number=another_number(206)))
    candidate.register()
    candidate.wait_until_checked()
    candidate.choose(*FOUR)
    candidate.pay()
    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, product)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    expect(staff.locator("tr.bk-differs", has_text=own.id_number)).to_be_visible()
    staff.context.close()


def test_one_id_number_registers_once(product: Product, page: Page, browser: Browser) -> None:
    first = Candidate(page, product, pupil(207))
    first.register()
    other = browser.new_context(locale="zh-CN").new_page()
    second = Candidate(other, product, pupil(207))
    second.begin()
    second.bring("id_card", second.who.card)
    second.bring("portrait", second.who.portrait)
    second.fill()
    second.secure()
    second.submit_form()
    expect(other.locator(".govuk-error-summary")).to_contain_text("已经")
    expect(other.locator("#phone")).to_have_value(second.who.phone)
    other.context.close()


def test_a_wrong_selection_is_refused_with_the_reason_per_subject(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(208))
    candidate.register()
    candidate.tick("history", "geography", "chemistry")
    expect(page.locator(".govuk-error-summary")).to_contain_text("生物")
    candidate.choose(*FOUR)
    expect(page.get_by_role("heading", name="网上缴费")).to_be_visible()


def test_leaving_without_paying_and_coming_back(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(209))
    candidate.register()
    candidate.choose(*FOUR)
    page.get_by_role("button", name="安全退出").first.click()
    candidate.sign_in()
    page.goto(f"{product.platform.site}/mine")
    page.get_by_role("button", name="网上缴费").click()
    candidate.pay()
    expect(page.get_by_text("支付成功，报名已完成。")).to_be_visible()


def test_paying_twice_gives_the_second_payment_back(product: Product, page: Page) -> None:
    candidate = Candidate(page, product, pupil(210))
    candidate.register()
    candidate.choose(*FOUR)
    candidate.pay("重复支付")
    expect(page.get_by_text("支付成功，报名已完成。")).to_be_visible()
    page.goto(f"{product.platform.site}/mine")
    for _ in range(20):
        if page.get_by_text("退款 ¥ 30.00").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_text("退款 ¥ 30.00")).to_be_visible()


def test_returned_edited_and_reviewed_again(product: Product, page: Page, browser: Browser) -> None:
    candidate = Candidate(page, product, pupil(211))
    candidate.register()
    candidate.choose(*FOUR)
    candidate.pay()
    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, product)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    staff.locator("#reason_code").select_option("name_wrong")
    staff.locator("#remark").fill("请写身份证上的姓名")
    staff.get_by_role("button", name="退回修改").click()
    expect(staff.get_by_text("退回").first).to_be_visible()

    page.goto(f"{product.platform.site}/mine")
    expect(page.get_by_text("请写身份证上的姓名").first).to_be_visible()
    page.get_by_role("link", name="修改 手机号码").click()
    candidate.type_in("phone", "13911112222")
    expect(page.locator("#verdict-phone")).to_contain_text("通过")
    page.goto(f"{product.platform.site}/mine")
    page.get_by_role("button", name="修改完毕，核对后重新提交").click()
    expect(page.get_by_text("13911112222")).to_be_visible()
    page.get_by_role("button", name="确认无误，提交").click()
    expect(page.locator("h1")).to_contain_text("待审核")

    reviewer.open(candidate.who)
    staff.get_by_role("button", name="通过").first.click()
    page.goto(f"{product.platform.site}/mine")
    expect(page.locator("h1")).to_contain_text("审核通过")
    staff.context.close()


def test_without_scripts_the_form_still_works(product: Product, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    page = context.new_page()
    who = pupil(212)
    page.goto(product.platform.site)
    page.locator("form[action='/programmes/qualification-2024/start'] button").click()
    page.get_by_role("button", name="已阅读").click()
    page.get_by_role("button", name="我同意").click()
    for kind, content in (("id_card", who.card), ("portrait", who.portrait)):
        file = FilePayload(name="x.jpg", mimeType="image/jpeg", buffer=content)
        page.locator(f"#picture-{kind}").set_input_files(file)
    page.locator("#id_number").fill(who.id_number)
    page.locator("#name").fill(who.name)
    page.get_by_label("在校生").check()
    page.locator("#phone").fill(who.phone)
    for field_id, title in (("city", "太原市"), ("district", "小店区"), ("school", "小店区职业技术学校")):
        page.locator(f"#{field_id}").select_option(label=title)
        page.get_by_role("button", name="上传并保存").first.click()
    page.locator("#class_number").fill("12")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password_again").fill(PASSWORD)
    captcha = page.locator("input[name=captcha_id]").input_value()
    page.locator("#captcha_text").fill(product.captcha(captcha))
    page.get_by_role("button", name="录入完毕，提交信息").click()
    expect(page.get_by_role("heading", name="选择报考科目")).to_be_visible()
    context.close()
