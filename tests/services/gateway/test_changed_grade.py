"""Subjects that a corrected grade has made wrong: nobody pays for them, and nobody approves them unawares."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import pytest
from playwright.async_api import BrowserContext, expect

from shared.settings import Platform
from tests.e2e.conftest import PHONE
from tests.services.gateway.conftest import Answer, Person
from tests.services.gateway.test_answers import NINE, number_of, registered
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_staff import signed_in
from tests.services.gateway.walks import choose, send, tick
from tests.support.waiting import settles

WHOLE_SCHOOL = {"school": "140106001", "grade": "senior_1"}
LED_BACK = "/apply/subjects?check=1"


def words(page: Answer) -> str:
    """What is read, without marks."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page.page.text))


async def corrected(person: Person, platform: Platform, serial: int) -> Answer:
    """Four subjects submitted as a pupil of grade 1, and the grade corrected to 2; the page after that."""
    await choose(person, await registered(person, platform, serial, **WHOLE_SCHOOL))

    async def ordered() -> bool:
        return "去支付" in (await person.get("/payment")).page.text

    await settles(ordered)
    return await send(person, await person.get("/apply/fill"), {"grade": "senior_2", "action": "submit"})


async def file_of(staff: Person, serial: int) -> Answer:
    """The file of the person of this serial number."""
    found = await staff.press(await staff.get("/staff/queue"), "/staff/queue", {"q": number_of(serial)})
    return await staff.get(next(link for link in found.page.links if link.startswith("/staff/files/")))


async def test_who_corrects_the_grade_is_led_back_to_the_subjects_and_pays_only_then(
    person: Person, platform: Platform
) -> None:
    page = await corrected(person, platform, 601)
    assert page.url.endswith(LED_BACK)
    assert "不再符合" in page.page.text and "首次报考必须报这一科" in page.page.text
    assert {"#chinese", "#foreign_language"} <= set(page.page.links)
    for path in ("/payment", "/apply/payment", "/payment/status"):
        payment = await person.get(path)
        assert "去支付" not in payment.page.text and "微信支付二维码" not in payment.page.text
        assert LED_BACK in payment.page.links
    csrf = dict(page.page.form("/subjects").fields)["csrf"]
    pressed = await person.post("/payment/pay", {"csrf": csrf, "channel": "wechat"})
    assert "微信支付二维码" not in pressed.page.text and LED_BACK in pressed.page.links
    mine = await person.get("/mine")
    assert LED_BACK in mine.page.links and "/payment" not in mine.page.links
    assert "语文：首次报考必须报这一科" in words(mine)
    await person.press(await tick(person, page, *NINE, "english"), "/answers")
    assert "/payment" in (await person.get("/mine")).page.links
    assert "去支付" in (await person.get("/payment")).page.text


async def test_paid_already_the_reviewer_sees_which_and_the_candidate_what_to_do(
    people: Sequence[Person], platform: Platform
) -> None:
    person, staff = people
    await choose(person, await registered(person, platform, 603, **WHOLE_SCHOOL))
    await signed_in(staff, "admin")

    async def due() -> bool:
        return "已收现金" in (await file_of(staff, 603)).page.text

    await settles(due)
    file = await file_of(staff, 603)
    assert "科目不符" not in file.page.text
    cash = next(form.action for form in file.page.forms if form.action.endswith("/cash"))
    assert "已登记现金收款" in (await staff.press(file, cash, {"receipt": "R-1"})).page.text

    async def stand() -> bool:
        return "缴费成功或审核通过后，科目不可修改" in (await person.get("/mine")).page.text

    await settles(stand)
    after = await send(person, await person.get("/apply/fill"), {"grade": "senior_2", "action": "submit"})
    assert after.url.partition("?")[0].endswith("/mine")
    assert "语文：首次报考必须报这一科" in words(after) and "联系报名单位" in after.page.text
    assert LED_BACK not in after.page.links
    file = await file_of(staff, 603)
    assert "科目不符" in file.page.text and "语文：首次报考必须报这一科" in words(file)
    assert "原因见“报考科目”" in file.page.text, "beside the button that approves"


async def test_a_desk_takes_no_cash_for_wrong_subjects(people: Sequence[Person], platform: Platform) -> None:
    person, staff = people
    await choose(person, await registered(person, platform, 604, **WHOLE_SCHOOL))
    await signed_in(staff, "admin")

    async def due() -> bool:
        return "已收现金" in (await file_of(staff, 604)).page.text

    await settles(due)
    old = await file_of(staff, 604)
    await send(person, await person.get("/apply/fill"), {"grade": "senior_2"})
    file = await file_of(staff, 604)
    assert "已收现金" not in file.page.text and "科目不符" in file.page.text
    assert "考生改正以前不能通过" in file.page.text
    # A page from before the change.
    cash = next(form.action for form in old.page.forms if form.action.endswith("/cash"))
    refused = await staff.press(old, cash, {"receipt": "R-2"})
    assert refused.status == 400 and "已登记现金收款" not in refused.page.text


@pytest.mark.parametrize("size", [None, PHONE], ids=["1366", "390"])
async def test_with_scripts_the_form_says_so_as_the_grade_is_changed(
    context: BrowserContext, person: Person, platform: Platform, size: dict[str, int] | None
) -> None:
    serial = 605 if size else 606
    await choose(person, await registered(person, platform, serial, **WHOLE_SCHOOL))
    secure_site = platform.site.replace("http:", "https:")
    await context.add_cookies([{"name": "__Host-baokao", "value": person.cookie, "url": secure_site}])
    page = await context.new_page()
    if size:
        await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto("/apply/fill")
    await page.get_by_label("高二").check()
    told = page.locator("#subjects-wrong")
    await expect(told).to_contain_text("不再符合")
    await assert_fit_for_all(page)
    await told.get_by_role("link", name="修改报考科目", exact=True).click()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    await assert_fit_for_all(page)
    for path in ("/mine", "/payment"):
        await page.goto(path)
        await expect(page.get_by_role("link", name="修改报考科目", exact=True)).to_be_visible()
        await assert_fit_for_all(page)
    await page.goto("/apply/fill")
    await page.get_by_label("高一").check()
    await expect(told).to_be_hidden()
