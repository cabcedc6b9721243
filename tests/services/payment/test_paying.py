"""Paying an order: once, again, too late, too little, twice; and both ledgers always say the same."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.payment.domain.order import State
from shared.events.base import new_id
from tests.services.payment.support import FEE, FINANCE, Running, now

HOUR = timedelta(hours=1)


async def test_a_scanned_code_pays_the_order(running: Running) -> None:
    order_id = await running.order()
    paying = await running.pay(order_id)
    assert paying["code_url"].startswith("weixin://wxpay/bizpayurl?pr=")
    running.simulator.happen(running.trade(paying), "paid")
    await running.heard("payment.order_paid.v1", order_id)
    status, view = await running.call("GET", f"/orders/{order_id}")
    assert (status, view["state"], view["channel"], view["amount_fen"]) == (200, "paid", "wechat", FEE)
    assert view["paid_at"]
    await running.agree(order_id)


async def test_a_lost_notification_is_made_good_by_the_sweep(running: Running) -> None:
    order_id = await running.order()
    running.simulator.happen(running.trade(await running.pay(order_id)), "silent")
    assert await running.sweep(timedelta(seconds=20)) == 0
    await running.sweep(timedelta(seconds=60))
    assert (await running.agree(order_id)).state is State.PAID


async def test_a_notification_six_minutes_off_is_refused_and_the_order_settles_by_query(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    paid = running.simulator.ledger.pay(trade.code, now())
    for skew in (timedelta(minutes=6), timedelta(minutes=-6)):
        body = running.wire.notice("TRANSACTION.SUCCESS", running.wire.told_trade(trade, paid), now())
        headers = running.wire.headers(body, now() + skew)
        url = running.server.make_url("/callbacks/wechat")
        async with running.http.post(url, data=body, headers=headers) as answer:
            assert answer.status == 401
    assert (await running.orders.get(order_id)).state is State.AWAITING_PAYMENT
    await running.sweep(timedelta(seconds=60))
    assert (await running.agree(order_id)).state is State.PAID


async def test_paid_twice_gives_the_second_payment_back_once(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    running.simulator.happen(trade, "duplicate")
    await running.until(order_id, "paid")
    async with asyncio.timeout(10):
        while not (await running.orders.get(order_id)).refunds:
            await running.call("GET", f"/orders/{order_id}")
    await running.given_back(order_id)
    await running.sweep(HOUR)
    refunded = await running.heard("payment.order_refunded.v1", order_id)
    order = await running.agree(order_id)
    assert (order.state, [each.reason for each in order.refunds]) == (State.PAID, ["paid_twice"])
    assert b'"duplicate":true' in refunded.body
    assert [each.type for each in running.told].count("payment.order_refunded.v1") == 1


async def test_a_repeated_notification_changes_nothing(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    running.simulator.happen(trade, "paid")
    before = await running.until(order_id, "paid")
    body = running.wire.notice("TRANSACTION.SUCCESS", running.wire.told_trade(trade, trade.transactions[0]), now())
    url = running.server.make_url("/callbacks/wechat")
    async with running.http.post(url, data=body, headers=running.wire.headers(body, now())) as answer:
        assert answer.status == 204
    assert await running.orders.get(order_id) == before


async def test_a_wrong_amount_waits_at_the_desk_and_can_be_refunded(running: Running) -> None:
    order_id = await running.order()
    running.simulator.happen(running.trade(await running.pay(order_id)), "wrong")
    await running.heard("payment.exception_raised.v1", order_id)
    _, listed = await running.call("GET", "/exceptions", FINANCE)
    (case,) = listed["items"]
    assert (case["reason"], case["amount_fen"], case["decisions"]) == ("amount_mismatch", FEE - 1, ["accept", "refund"])
    path = f"/exceptions/{case['id']}/resolve"
    status, told = await running.call("POST", path, FINANCE, body={"decision": "retry"})
    assert (status, told["code"]) == (409, "exception.not_allowed")
    status, _ = await running.call("POST", path, FINANCE, body={"decision": "refund", "note": "少付一分"})
    assert status == 200
    status, told = await running.call("POST", path, FINANCE, body={"decision": "refund"})
    assert (status, told["code"]) == (409, "exception.resolved")
    await running.sweep(HOUR)
    await running.heard("payment.order_refunded.v1", order_id)
    order = await running.agree(order_id)
    assert (order.payable, order.needs_person) == (True, False)
    assert (await running.call("GET", "/exceptions", FINANCE))[1]["items"] == []


async def test_a_wrong_amount_can_be_accepted(running: Running) -> None:
    order_id = await running.order()
    running.simulator.happen(running.trade(await running.pay(order_id)), "wrong")
    await running.heard("payment.exception_raised.v1", order_id)
    await running.call("POST", f"/exceptions/{order_id}-1/resolve", FINANCE, body={"decision": "accept"})
    await running.heard("payment.order_paid.v1", order_id)
    assert (await running.agree(order_id)).state is State.PAID


async def test_money_after_the_order_closed_goes_back(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    await running.sweep(timedelta(days=1000))
    assert trade.state == "CLOSED"
    assert (await running.until(order_id, "closed")).live is None
    running.simulator.happen(trade, "late")
    async with asyncio.timeout(10):
        while not (await running.orders.get(order_id)).refunds:
            await running.call("GET", f"/orders/{order_id}")
    await running.given_back(order_id)
    order = await running.agree(order_id)
    assert (order.state, order.refunds[0].reason) == (State.CLOSED, "paid_after_close")


async def test_coming_back_gives_the_same_code_and_a_lapsed_code_a_new_one(running: Running) -> None:
    order_id = await running.order()
    first, second = await running.pay(order_id), await running.pay(order_id)
    assert first == second
    await running.sweep(HOUR)
    assert running.trade(first).state == "CLOSED"
    third = await running.pay(order_id)
    assert third["code_url"] != first["code_url"]
    running.simulator.happen(running.trade(third), "paid")
    await running.until(order_id, "paid")


async def test_many_payments_at_once_make_one_provider_order(running: Running) -> None:
    order_id = await running.order()
    answers = await asyncio.gather(*(running.pay(order_id) for _ in range(60)))
    assert len({each["code_url"] for each in answers}) == 1
    assert len(running.simulator.ledger.trades) == 1


async def test_one_key_two_hundred_times_gives_one_order_and_one_answer(running: Running) -> None:
    order_id = await running.order()
    key, body = new_id(), {"channel": "wechat"}

    async def post() -> tuple[int, object]:
        while True:
            answer = await running.call("POST", f"/orders/{order_id}/pay", body=body, key=key)
            if answer[0] != 409:
                return answer

    answers = await asyncio.gather(*(post() for _ in range(200)))
    assert all(each == answers[0] for each in answers)
    assert answers[0][0] == 200
    assert len(running.simulator.ledger.trades) == 1


async def test_cash_pays_and_comes_back_by_hand(running: Running) -> None:
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    cash = {"amount_fen": FEE, "receipt": "A-17"}
    status, told = await running.call("POST", f"/orders/{order_id}/cash", FINANCE, body=cash | {"amount_fen": 1})
    assert (status, told["errors"][0]["pointer"]) == (400, "/amount_fen")
    status, view = await running.call("POST", f"/orders/{order_id}/cash", FINANCE, body=cash)
    assert (status, view["order"]["state"], view["order"]["channel"]) == (200, "paid", "onsite")
    assert trade.state == "CLOSED"
    assert (await running.call("POST", f"/orders/{order_id}/cash", FINANCE, body=cash))[0] == 409
    await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body={"reason": "hardship"})
    await running.sweep(HOUR)
    (case,) = (await running.call("GET", "/exceptions", FINANCE))[1]["items"]
    assert (case["reason"], case["decisions"]) == ("cash_refund", ["by_hand"])
    await running.call("POST", f"/exceptions/{case['id']}/resolve", FINANCE, body={"decision": "by_hand"})
    order = await running.orders.get(order_id)
    assert (order.state, sum(each.amount_fen for each in order.ledger)) == (State.REFUNDED, 2 * FEE)


async def test_staff_find_an_order_by_state_or_number(running: Running) -> None:
    order_id = await running.order()
    number = running.trade(await running.pay(order_id)).out_trade_no
    for query in (f"number={number}", f"number={order_id}", "state=awaiting_payment"):
        _, found = await running.call("GET", f"/orders/search?{query}", FINANCE)
        assert [each["order"]["id"] for each in found["items"]] == [order_id]
    assert (await running.call("GET", "/orders/search?number=nothing", FINANCE))[1]["items"] == []


async def test_a_channel_that_the_programme_does_not_take_is_refused(running: Running) -> None:
    order_id = await running.order()
    for channel in ("alipay", "unionpay", "", "WECHAT"):
        status, told = await running.call("POST", f"/orders/{order_id}/pay", body={"channel": channel}, key=new_id())
        assert (status, told["code"], told["errors"][0]["pointer"]) == (400, "channel.unknown", "/channel")


async def test_the_provider_away_is_said_and_the_same_provider_order_comes_when_it_is_back(running: Running) -> None:
    order_id = await running.order()
    path, body = f"/orders/{order_id}/pay", {"channel": "wechat"}
    running.simulator.away = True
    status, told = await running.call("POST", path, body=body, key="one")
    assert (status, told["code"]) == (503, "channel.unavailable")
    await running.sweep(timedelta(minutes=1))
    order = await running.orders.get(order_id)
    assert (order.state, order.ledger) == (State.AWAITING_PAYMENT, [])
    running.simulator.away = False
    # The same key works again, for a failure is no answer to repeat.
    status, paying = await running.call("POST", path, body=body, key="one")
    assert status == 200
    assert [running.trade(paying).out_trade_no] == [each.out_trade_no for each in order.attempts]
