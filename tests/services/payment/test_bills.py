"""The provider's bills against our ledgers, over the provider's real interface."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.payment import bills, wechat_bill
from services.payment.domain.order import State
from shared.programme.days import BEIJING
from tests.services.payment.support import CANDIDATE, FEE, FINANCE, Running, now

DAY = timedelta(days=1)


async def _paid_yesterday_unheard(running: Running) -> str:
    """An order paid twice yesterday; of the second payment nobody ever told us."""
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    running.simulator.ledger.pay(trade.code, now())
    await running.sweep(timedelta(minutes=1))
    running.simulator.ledger.pay(trade.code, now(), forced=True)
    for each in trade.transactions:
        each.at = (now() - DAY).isoformat(timespec="seconds")
    return order_id


async def _compare(running: Running) -> None:
    noon = datetime.combine(now().astimezone(BEIJING).date(), datetime.min.time(), BEIJING) + timedelta(hours=12)
    await bills.compare(bills=running.bills, orders=running.orders, channels=running.channels, clock=lambda: noon)


async def test_a_payment_that_only_the_bill_knows_is_found_and_given_back(running: Running) -> None:
    order_id = await _paid_yesterday_unheard(running)
    assert len((await running.orders.get(order_id)).ledger) == 1
    await _compare(running)
    order = await running.orders.get(order_id)
    assert [each.reason for each in order.refunds] == ["paid_twice"]
    await running.given_back(order_id)
    assert (await running.agree(order_id)).state is State.PAID
    _, told = await running.call("GET", "/bills", FINANCE)
    newest = told["items"][0]
    assert (newest["channel"], newest["payments"], newest["amount_fen"]) == ("wechat", 2, 2 * FEE)
    assert newest["found"] == [order.refunds[0].payment_reference]
    assert [each["payments"] for each in told["items"]] == [2, 0, 0]


async def test_a_compared_bill_is_not_compared_again(running: Running) -> None:
    await _paid_yesterday_unheard(running)
    await _compare(running)
    before = await bills.newest(None, bills=running.bills)
    await running.provider.close()
    await _compare(running)
    assert await bills.newest(None, bills=running.bills) == before


async def test_money_for_no_order_of_ours_is_named(running: Running) -> None:
    await _paid_yesterday_unheard(running)
    (trade,) = running.simulator.ledger.trades.values()
    trade.out_trade_no = "SOMEBODY-ELSES-ORDER-00000001"
    await _compare(running)
    (newest, *_) = (await bills.newest(None, bills=running.bills)).items
    assert newest.strange == [each.transaction_id for each in trade.transactions]


async def test_bills_are_for_finance_only(running: Running) -> None:
    assert (await running.call("GET", "/bills", CANDIDATE))[0] == 403


@pytest.mark.parametrize("amount", ["30.00", "0.01", "1234.50"])
def test_a_bill_is_read_as_the_provider_writes_it(amount: str) -> None:
    text = (
        "\ufeff交易时间,微信订单号,商户订单号,交易状态,货币种类,订单金额,商品名称\r\n"
        f"`2026-03-01 23:59:59,`4200000001,`A001,`SUCCESS,`CNY,`{amount},`报名费\r\n"
        "`2026-03-01 23:59:59,`4200000001,`A001,`REFUND,`CNY,`0.00,`报名费\r\n"
        "总交易单数,应结订单总金额\r\n`2,`30.00\r\n"
    )
    (payment,) = wechat_bill.payments(text)
    assert payment.amount_fen == round(float(amount) * 100)
    assert payment.at.isoformat() == "2026-03-01T23:59:59+08:00"


NOT_BILLS = ["交易状态\r\n`SUCCESS", "微信订单号,商户订单号,交易状态,订单金额\r\n`1,`2,`SUCCESS,`x"]


@pytest.mark.parametrize("text", NOT_BILLS)
def test_a_bill_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        list(wechat_bill.payments(text))
