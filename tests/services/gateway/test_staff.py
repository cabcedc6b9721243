"""Reviewers' and cashiers' pages over HTTP alone: the queue, one file, return, undo, and what the candidate sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import aiohttp
import pytest

from services.payment.bills import Bill
from services.payment.store import BILLS
from shared.runtime import open_store
from shared.settings import Platform
from shared.store.repository import Repository
from tests.services.gateway.conftest import ID_NUMBER, NAME, STAFF_PASSWORD, Answer, Person
from tests.services.gateway.walks import PASSWORD, assert_summary_leads_to_fields, choose, register, send
from tests.support.waiting import settles

Pair = tuple[Person, Person]


async def signed_in(person: Person, login: str) -> Answer:
    return await person.press(await person.get("/staff/login"), "", {"login": login, "password": STAFF_PASSWORD})


async def file_of(staff: Person) -> Answer:
    """The one file there is, found by its number; the number travels in the body."""
    queue = await staff.get("/staff/queue")
    found = await staff.press(queue, "/staff/queue", {"q": ID_NUMBER})
    link = next(link for link in found.page.links if link.startswith("/staff/files/"))
    return await staff.get(link)


@pytest.fixture
async def pair(people: Sequence[Person], platform: Platform) -> Pair:
    """A submitted candidate and an administrator."""
    candidate, staff = people
    await signed_in(staff, "admin")
    found = await staff.press(await staff.get("/staff/queue"), "/staff/queue", {"q": ID_NUMBER})
    if any(link.startswith("/staff/files/") for link in found.page.links):
        login = {"login": ID_NUMBER, "password": PASSWORD}
        await candidate.press(await candidate.get("/login"), "", login)
    else:
        await choose(candidate, await register(candidate, platform))
    return candidate, staff


async def test_a_file_is_returned_with_a_reason_changed_and_sent_again(pair: Pair) -> None:
    candidate, staff = pair
    page = await file_of(staff)
    action = next(form.action for form in page.page.forms if "/return" in form.action)
    refused = await staff.press(page, action)
    assert refused.status == 400
    assert_summary_leads_to_fields(refused)
    done = await staff.press(refused, action, {"reason_code": "name_wrong", "remark": "请核对姓名"})
    assert "上一份已退回" in done.page.text
    mine = await candidate.get("/mine")
    assert "姓名与证件不一致" in mine.page.text and "请核对姓名" in mine.page.text
    assert "需修改" in mine.page.text
    assert "/answers" in mine.page.links
    check = await candidate.get("/answers")
    assert "请核对姓名" in check.page.text and "还没有修改任何内容" in check.page.text
    check = await send(candidate, await candidate.get("/apply/fill"), {"phone": "13911112222", "action": "submit"})
    assert check.url.endswith("/answers") and "13911112222" in check.page.text
    assert "请核对姓名" in check.page.text and "还没有修改任何内容" not in check.page.text
    for _ in range(2):
        again = await candidate.press(check, "/answers")
        assert again.url.partition("?")[0].endswith(("/mine", "/apply/payment"))
    mine = await candidate.get("/mine")
    assert mine.page.text.count("重新提交") == 1 and "待审核" in mine.page.text
    for url in (*candidate.asked, *staff.asked):
        assert ID_NUMBER not in url


async def test_a_decision_can_be_taken_back(pair: Pair) -> None:
    candidate, staff = pair
    page = await file_of(staff)
    action = next(form.action for form in page.page.forms if "/return" in form.action)
    await staff.press(page, action, {"reason_code": "other", "remark": "看错了"})
    page = await file_of(staff)
    undo = next(form.action for form in page.page.forms if "/undo" in form.action)
    undone = await staff.press(page, undo)
    assert "已撤销" in undone.page.text
    assert "看错了" not in (await candidate.get("/mine")).page.text.split("经过")[0]


async def test_an_old_page_cannot_decide(pair: Pair) -> None:
    _, staff = pair
    page = await file_of(staff)
    action = next(form.action for form in page.page.forms if "/return" in form.action)
    stale = await staff.press(page, action, {"reason_code": "name_wrong", "version": "0"})
    assert stale.status == 400
    assert "刚刚变化过" in stale.page.text


async def test_the_order_stands_on_the_money_page_and_is_paid_in_cash(pair: Pair) -> None:
    candidate, staff = pair

    async def ordered() -> bool:
        return "/cash" in (await staff.get("/staff/money")).page.text

    await settles(ordered)
    money = await staff.get("/staff/money")
    action = next(form.action for form in money.page.forms if form.action.endswith("/cash"))
    assert "您还没有缴费" in (await candidate.get("/mine/withdraw")).page.text
    paid = await staff.press(money, action, {"receipt": "R-1"})
    assert "不予退还" in (await candidate.get("/mine/withdraw")).page.text
    assert "已登记现金收款" in paid.page.text
    assert "已支付" in (await candidate.get("/mine")).page.text

    async def locked() -> bool:
        return (await candidate.get("/apply/subjects")).url.endswith("/mine")

    await settles(locked)
    assert (await candidate.get("/apply/fill")).url.endswith("/apply/fill")


async def test_a_refund_names_whose_money_it_is_asks_why_and_goes_once(pair: Pair) -> None:
    _, staff = pair
    money = await staff.get("/staff/money")
    assert "胡**" in money.page.text and NAME not in money.page.text
    ask = next(link for link in money.page.links if link.endswith("/refund"))
    form = await staff.get(ask)
    assert "胡**" in form.page.text and "¥ 30.00" in form.page.text and NAME not in form.page.text
    refused = await staff.press(form, "", {"reason": " "})
    assert refused.status == 400
    assert_summary_leads_to_fields(refused)
    for _ in range(2):
        done = await staff.press(form, "", {"reason": "重病"})
        assert (done.status, "已发起退款" in done.page.text) == (200, True)
    assert "没有可退的款项" in (await staff.get(ask)).page.text


async def test_compared_bills_have_a_page_and_say_so_when_there_are_none(pair: Pair, platform: Platform) -> None:
    _, staff = pair
    assert "还没有核对过的账单" in (await staff.get("/staff/money/bills")).page.text
    at = datetime(2026, 3, 3, 10, tzinfo=UTC)
    async with open_store(platform, "payment", ()) as store:
        bills = Repository(store, BILLS, Bill)
        await bills.add("wechat-2026-03-02", Bill("wechat-2026-03-02", "wechat", date(2026, 3, 2), at, 3, 9000))
        strange = Bill("wechat-2026-03-01", "wechat", date(2026, 3, 1), at, 1, 3000, strange=["4200001"])
        await bills.add(strange.id, strange)
    text = (await staff.get("/staff/money/bills")).page.text
    assert text.index("2026-03-01") < text.index("2026-03-02")
    assert "4200001" in text and "对不上" in text and "一致" in text


async def test_giving_up_leaves_a_refund_alone_and_says_so(pair: Pair) -> None:
    candidate, _ = pair
    assert "您的退款不受影响" in (await candidate.get("/mine/withdraw")).page.text


async def test_an_import_is_checked_first_and_gives_back_its_failed_rows(pair: Pair) -> None:
    _, staff = pair
    page = await staff.get("/staff/imports")
    body = aiohttp.FormData()
    fields = dict(page.page.forms[-1].fields) | {"what": "regions", "action": "check"}
    for name, value in fields.items():
        body.add_field(name, value)
    table = "代码,名称,上级代码\n1499,试验市,\n149901,试验区,9999\n"
    body.add_field("file", table.encode(), filename="regions.csv", content_type="text/csv")
    report = await staff.post("/staff/imports", body)
    assert "检查了 2 行，1 行可以导入" in report.page.text
    assert "没有这个地区代码" in report.page.text
    assert any(link.startswith("data:text/csv;base64,") for link in report.page.links)
    assert "试验市" not in (await staff.get("/staff/imports")).page.text


async def test_giving_up_is_asked_twice_and_leads_home(pair: Pair) -> None:
    candidate, _ = pair
    asked = await candidate.get("/mine/withdraw")
    home = await candidate.press(asked, "")
    assert "您已放弃这次报名" in home.page.text
    assert not candidate.cookie
    login = await candidate.get("/login")
    again = await candidate.press(login, "", {"login": ID_NUMBER, "password": PASSWORD})
    # Who comes back is told so, and registers again only when he says so.
    for answer in (again, await candidate.get("/mine")):
        assert "您已放弃这次报名" in answer.page.text
        assert "/apply" in answer.page.links
    assert (await candidate.get("/apply")).url.endswith("/apply/violations")
    assert (await candidate.get("/mine")).url.endswith("/apply/violations")
