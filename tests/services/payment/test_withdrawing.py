"""An application is withdrawn: its order closes on both sides, or its money goes back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from services.payment.domain import lifetime, paying
from services.payment.domain.order import CURRENCY, Payment, State
from shared.events.base import new_id
from tests.services.payment.support import FEE, FINANCE, Running, submitted, withdrawn

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def test_withdrawing_closes_an_unpaid_order_at_the_provider_too(running: Running) -> None:
    application_id = new_id()
    await running.publish(submitted(application_id))
    status = 404
    async with asyncio.timeout(10):
        while status == 404:
            status, view = await running.call("GET", f"/orders?application_id={application_id}")
    trade = running.trade(await running.pay(view["id"]))
    running.simulator.away = True
    await running.publish(withdrawn(application_id))
    async with asyncio.timeout(10):
        while (await running.orders.get(view["id"])).payable:
            await running.sweep()
    assert (trade.state, (await running.orders.get(view["id"])).state) == ("NOTPAY", State.AWAITING_PAYMENT)
    running.simulator.away = False
    await running.sweep(HOUR)
    await running.heard("payment.order_closed.v1", view["id"])
    assert trade.state == "CLOSED"
    status, told = await running.call("POST", f"/orders/{view['id']}/pay", body={"channel": "wechat"}, key=new_id())
    assert (status, told["code"]) == (409, "order.not_payable")


async def test_withdrawing_sends_paid_money_back(running: Running) -> None:
    application_id = new_id()
    await running.publish(submitted(application_id))
    order_id = (await running.heard_of(application_id)).id
    running.simulator.happen(running.trade(await running.pay(order_id)), "silent")
    # Paid, but nobody told us: closing fails at the provider, so the payment is found and then refunded.
    await running.publish(withdrawn(application_id))
    async with asyncio.timeout(10):
        while (await running.orders.get(order_id)).unpaid:
            await running.sweep()
    await running.heard("payment.order_paid.v1", order_id)
    await running.until(order_id, "refunding")
    await running.sweep(HOUR)
    await running.heard("payment.order_refunded.v1", order_id)
    assert (await running.agree(order_id)).state is State.REFUNDED


async def paid(running: Running, application_id: str) -> str:
    """An order that is paid, and that we know to be."""
    await running.publish(submitted(application_id))
    order_id = (await running.heard_of(application_id)).id
    running.simulator.happen(running.trade(await running.pay(order_id)), "silent")
    await running.sweep(HOUR)
    await running.heard("payment.order_paid.v1", order_id)
    return order_id


async def test_a_programme_that_keeps_the_fee_sends_nothing_back(running: Running) -> None:
    application_id = new_id()
    order_id = await paid(running, application_id)
    await running.publish(withdrawn(application_id))
    async with asyncio.timeout(10):
        while not (await running.orders.get(order_id)).withdrawn:
            await running.sweep()
    order = await running.agree(order_id)
    assert (order.state, order.refunds) == (State.PAID, [])
    # In a case of hardship staff may send it back all the same.
    status, _ = await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body={"reason": "重病"})
    assert status == 200


def test_a_programme_that_gives_back_refunds_what_was_paid() -> None:
    for refund, state in ((True, State.REFUNDING), (False, State.PAID)):
        order, _ = lifetime.create(submitted("application"), START + HOUR, START)
        number = paying.begin(order, "onsite", HOUR, START).out_trade_no
        payment = Payment("r-1", number, "onsite", FEE, CURRENCY, START)
        paying.receive(order, payment, START)
        lifetime.withdraw(order, START, refund=refund)
        assert (order.state, order.withdrawn) == (state, True)


async def test_a_withdrawal_before_its_submission_leaves_nothing_to_pay(running: Running) -> None:
    application_id = new_id()
    late = submitted(application_id)
    await running.publish(withdrawn(application_id))
    order = await running.heard_of(application_id)
    await running.publish(late)
    await running.publish(submitted(new_id()))
    async with asyncio.timeout(10), running.arrived:
        await running.arrived.wait_for(lambda: bool(running.told))
    assert (await running.orders.get(order.id)).state is State.CLOSED
