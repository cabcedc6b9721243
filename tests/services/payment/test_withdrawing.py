"""An application is withdrawn: its order closes on both sides, or its money goes back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.payment.domain import lifetime, paying
from services.payment.domain.order import CURRENCY, Payment, State
from shared.events.base import new_id
from tests.services.payment.support import FEE, FINANCE, Running, now, submitted, withdrawn

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


async def test_what_was_paid_before_the_withdrawal_is_kept_although_we_hear_of_it_later(running: Running) -> None:
    application_id = new_id()
    await running.publish(submitted(application_id))
    order_id = (await running.heard_of(application_id)).id
    running.simulator.happen(running.trade(await running.pay(order_id)), "silent")
    # Paid, but nobody told us: closing fails at the provider, so the payment is found.
    await running.publish(withdrawn(application_id))
    async with asyncio.timeout(10):
        while (await running.orders.get(order_id)).unpaid:
            await running.sweep()
    await running.heard("payment.order_paid.v1", order_id)
    order = await running.agree(order_id)
    assert (order.state, order.refunds) == (State.PAID, [])
    assert [line.what for line in order.history][-1] == "fee_kept"


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


@pytest.mark.parametrize(
    ("refund", "paid_at", "known", "state"),
    [
        (True, START, True, State.REFUNDING),
        (True, START, False, State.REFUNDING),
        (False, START, True, State.PAID),
        (False, START, False, State.PAID),
        # Paid for nothing: the application was withdrawn already, whoever hears first of what.
        (False, START + 2 * HOUR, True, State.REFUNDING),
        (False, START + 2 * HOUR, False, State.REFUNDING),
    ],
)
def test_money_is_kept_only_where_the_programme_keeps_it_and_it_was_paid_before(
    refund: bool, paid_at: datetime, known: bool, state: State
) -> None:
    order, _ = lifetime.create(submitted("application"), START + 9 * HOUR, START)
    number = paying.begin(order, "onsite", HOUR, START).out_trade_no
    payment = Payment("r-1", number, "onsite", FEE, CURRENCY, paid_at)
    if known:
        paying.receive(order, payment, START + 3 * HOUR)
    lifetime.withdraw(order, START + HOUR, START + 3 * HOUR, refund=refund)
    paying.receive(order, payment, START + 4 * HOUR)
    assert (order.state, order.withdrawn) == (state, True)


async def test_words_that_people_write_about_money_are_not_in_clear(running: Running) -> None:
    order_id = await paid(running, new_id())
    words = {"reason": "王小明家长来电，重病"}
    assert (await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body=words))[0] == 200
    assert "refund_explained" in [line.what for line in (await running.orders.get(order_id)).history]
    kept = str(await running.orders.store.get("orders", order_id))
    assert "王小明" not in kept
    assert "refund_explained" not in kept


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


async def test_a_refund_told_many_times_at_once_is_answered_alike_and_told_once(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    running.simulator.happen(trade, "paid")
    await running.until(order_id, "paid")
    await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body={"reason": "重病"})
    await running.sweep()
    await running.heard("payment.order_refunded.v1", order_id)
    before = await running.orders.get(order_id)
    body = running.wire.notice("REFUND.SUCCESS", running.wire.told_refund(trade, trade.refunds[0]), now())
    headers, url = running.wire.headers(body, now()), running.server.make_url("/callbacks/wechat")

    async def tell() -> int:
        async with running.http.post(url, data=body, headers=headers) as answer:
            return answer.status

    assert set(await asyncio.gather(*(tell() for _ in range(40)))) == {204}
    assert await running.agree(order_id) == before
    assert [each.type for each in running.told].count("payment.order_refunded.v1") == 1
