"""An application is withdrawn: its order closes on both sides, or its money goes back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.payment.domain.order import State
from shared.events.base import new_id
from tests.services.payment.support import Running, submitted, withdrawn

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
