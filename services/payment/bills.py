"""The channels' daily bills against our ledgers: money that nobody told us of is found here at the latest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from services.payment.channels import Channel
from services.payment.domain import paying
from services.payment.domain.order import Payment, order_id_of
from services.payment.reconcile import Channels, Orders
from shared.errors import Duplicate, NotFound
from shared.programme.days import BEIJING
from shared.store import Query
from shared.store.repository import Found, Repository

# The provider writes yesterday's bill in the morning.
READY_HOUR = 10
DAYS_BACK = 3


@dataclass
class Bill:
    """What one day's bill showed. `found`: payments that our ledgers lacked; `strange`: not for any order of ours."""

    id: str
    channel: str
    day: date
    compared_at: datetime
    payments: int = 0
    amount_fen: int = 0
    found: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


Bills = Repository[Bill]


async def compare(*, bills: Bills, orders: Orders, channels: Channels, clock: Callable[[], datetime]) -> None:
    """Compare the bills of the last days that have not been compared yet."""
    now = clock()
    newest = (now.astimezone(BEIJING) - timedelta(hours=READY_HOUR)).date() - timedelta(days=1)
    for day in (newest - timedelta(days=back) for back in range(DAYS_BACK)):
        for name, channel in channels.items():
            if not await _known(f"{name}-{day.isoformat()}", bills=bills):
                await compare_day(name, channel, day, bills=bills, orders=orders, now=now)


async def compare_day(name: str, channel: Channel, day: date, *, bills: Bills, orders: Orders, now: datetime) -> None:
    """Bring one day's payments into our ledgers, and write down what the bill showed."""
    listed = await channel.bill(day)
    if listed is None:
        return
    bill = Bill(f"{name}-{day.isoformat()}", name, day, now, len(listed), sum(each.amount_fen for each in listed))
    for payment in listed:
        await _enter(payment, bill, orders=orders, now=now)
    try:
        await bills.add(bill.id, bill)
    except Duplicate:
        return


async def newest(cursor: str | None, *, bills: Bills) -> Found[Bill]:
    """Compared bills, newest first."""
    return await bills.find(Query(sort="-day", cursor=cursor))


async def _enter(payment: Payment, bill: Bill, *, orders: Orders, now: datetime) -> None:
    try:
        order = await orders.get(order_id_of(payment.out_trade_no))
    except NotFound:
        bill.strange.append(payment.reference)
        return
    if order.payment(payment.reference) is None:
        bill.found.append(payment.reference)
        async with orders.edit(order.id) as work:
            work.emit(*paying.receive(work.state, payment, now))


async def _known(bill_id: str, *, bills: Bills) -> bool:
    try:
        await bills.get(bill_id)
    except NotFound:
        return False
    return True
