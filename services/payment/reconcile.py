"""Orders brought into line with the providers: asked, closed and refunded until both sides say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.payment.channels import Channel, ChannelDown, ChannelRefused, RefundReport, Report
from services.payment.domain import lifetime, paying, refunding
from services.payment.domain.order import Attempt, Order, Reason, Refund
from shared.errors import Conflict
from shared.events.base import Event
from shared.store import Query, Range, time_text
from shared.store.repository import Repository

BATCH = 200
# Twenty a second where a provider takes 0.2 s. More at once would be in the way of people's requests.
AT_ONCE = 4

Orders = Repository[Order]
Channels = Mapping[str, Channel]
Ask = Callable[[Attempt], Awaitable[Report]]


async def sweep(*, orders: Orders, channels: Channels, clock: Callable[[], datetime]) -> int:
    """Look at every order that is due; how many there were. One that fails does not hold up the others."""
    errors: list[Exception] = []
    seen, cursor = 0, None
    while True:
        due = Range(at_most=time_text(clock()))
        found = await orders.find(Query(ranges={"due_at": due}, sort="due_at", limit=BATCH, cursor=cursor))
        errors += await _settle_all(found.items, orders=orders, channels=channels, now=clock())
        seen, cursor = seen + len(found.items), found.next_cursor
        if cursor is None:
            break
    if errors:
        raise ExceptionGroup("orders not settled", errors)
    return seen


async def settle(order: Order, *, orders: Orders, channels: Channels, now: datetime) -> None:
    """One order: its live provider order is asked after or closed, its refunds driven on, its time checked."""
    if order.live and _must_close(order, order.live, now):
        order = await _hear(order, order.live, channels[order.live.channel].close, orders=orders, now=now)
    elif order.live and order.live.check_at and order.live.check_at <= now:
        order = await _hear(order, order.live, channels[order.live.channel].query, orders=orders, now=now)
    for refund in order.refunds:
        if refund.state in ("requested", "processing") and refund.check_at and refund.check_at <= now:
            order = await _send_back(order, refund, orders=orders, channels=channels, now=now)
    if lifetime.over(order, now) and order.live is None:
        async with orders.edit(order.id) as work:
            work.emit(*lifetime.lapse(work.state, now))


async def clear(order: Order, *, orders: Orders, channels: Channels, now: datetime) -> Order:
    """Close the live provider order, at the provider and then here. Raises `ChannelDown`."""
    if order.live is None:
        return order
    report = await channels[order.live.channel].close(order.live)
    return await heard_of_attempt(order.id, order.live.out_trade_no, report, orders=orders, now=now)


async def heard_of_attempt(order_id: str, out_trade_no: str, report: Report, *, orders: Orders, now: datetime) -> Order:
    """Write down what a provider said of a provider order."""
    async with orders.edit(order_id) as work:
        if report.payment:
            work.emit(*paying.receive(work.state, report.payment, now))
        elif report.state == "closed":
            paying.attempt_closed(work.state, out_trade_no, now)
        else:
            paying.not_paid(work.state, out_trade_no, now)
    return work.state


async def heard_of_refund(order_id: str, report: RefundReport, *, orders: Orders, now: datetime) -> Order:
    """Write down what a provider said of a refund."""
    async with orders.edit(order_id) as work:
        work.emit(*_refund_events(work.state, report, now))
    return work.state


async def _settle_all(due: Sequence[Order], *, orders: Orders, channels: Channels, now: datetime) -> list[Exception]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(order: Order) -> None:
        async with gate:
            await settle(order, orders=orders, channels=channels, now=now)

    results = await asyncio.gather(*(one(order) for order in due), return_exceptions=True)
    # A conflict means that something newer has been written: the next turn looks at that.
    return [each for each in results if isinstance(each, Exception) and not isinstance(each, Conflict)]


def _must_close(order: Order, live: Attempt, now: datetime) -> bool:
    return not order.unpaid or lifetime.over(order, now) or paying.outdated(order, live.channel, now) is not None


async def _hear(order: Order, live: Attempt, ask: Ask, *, orders: Orders, now: datetime) -> Order:
    try:
        report = await ask(live)
    except (ChannelDown, ChannelRefused):
        # Back in the queue behind the others; the next turn asks again.
        report = Report("unpaid")
    return await heard_of_attempt(order.id, live.out_trade_no, report, orders=orders, now=now)


async def _send_back(order: Order, refund: Refund, *, orders: Orders, channels: Channels, now: datetime) -> Order:
    try:
        report = await channels[refund.channel].refund(refund)
    except ChannelDown:
        report = RefundReport(refund.refund_no, refund.out_trade_no, "processing")
    except ChannelRefused:
        report = RefundReport(refund.refund_no, refund.out_trade_no, "failed")
    return await heard_of_refund(order.id, report, orders=orders, now=now)


def _refund_events(order: Order, report: RefundReport, now: datetime) -> list[Event]:
    match report.state:
        case "succeeded":
            return refunding.refund_done(order, report.refund_no, report.at or now, now)
        case "failed":
            return refunding.refund_stuck(order, report.refund_no, Reason.REFUND_FAILED, now)
        case "by_hand":
            return refunding.refund_stuck(order, report.refund_no, Reason.CASH_REFUND, now)
        case "processing":
            return refunding.refund_waits(order, report.refund_no, now)
