"""What a reviewer sees without reloading, decides by keyboard and takes back; and what the candidate may do then."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.e2e.people import SLOW_MS, Candidate, Reviewer, another_face, pupil
from tests.e2e.product import Product

FOUR = ("history", "geography", "chemistry", "biology")


def test_the_answer_comes_to_the_open_file(embedded: Product, page: Page, browser: Browser) -> None:
    candidate = Candidate(page, embedded, pupil(601, another_face()))
    candidate.register()
    candidate.wait_until_checked()
    candidate.choose(*FOUR)
    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, embedded)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    staff.get_by_role("button", name="重新识别").click()
    expect(staff.locator("#seen")).to_contain_text("检测中")
    # Nobody reloads: the answer brings the buttons back.
    expect(staff.get_by_role("button", name="核对无误，是本人")).to_be_visible(timeout=SLOW_MS)
    staff.context.close()


def test_the_keyboard_decides_and_takes_back_and_an_open_form_is_closed(
    embedded: Product, page: Page, browser: Browser
) -> None:
    candidate = Candidate(page, embedded, pupil(602))
    candidate.register()
    candidate.wait_until_checked()
    candidate.choose(*FOUR)
    staff = browser.new_context(locale="zh-CN").new_page()
    reviewer = Reviewer(staff, embedded)
    reviewer.sign_in()
    reviewer.open(candidate.who)
    page.goto(f"{embedded.platform.site}/apply/fill")
    staff.wait_for_load_state()
    staff.keyboard.press("a")
    expect(staff.get_by_text("上一份已通过")).to_be_visible()
    # The form that was open at the candidate's is nobody's to save any more, and does not say it was saved.
    page.get_by_role("button", name="修改完毕，提交信息").click()
    expect(page.get_by_text("不能再修改")).to_be_visible()
    expect(page.get_by_text("已保存", exact=True)).to_have_count(0)
    page.goto(f"{embedded.platform.site}/apply/fill")
    expect(page).to_have_url(f"{embedded.platform.site}/mine")
    staff.wait_for_load_state()
    staff.keyboard.press("u")
    expect(staff.locator("h1")).to_contain_text(candidate.who.name)
    expect(staff.get_by_role("button", name="撤销决定")).to_be_visible()
    staff.wait_for_load_state()
    staff.keyboard.press("u")
    expect(staff.get_by_text("已撤销")).to_be_visible()
    staff.context.close()
