"""What candidates, staff and events do with orders. Provider calls come before the short atomic write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from services.payment.channels import Channel, RefundReport
from services.payment.domain import desk, lifetime, paying, refunding
from services.payment.domain.order import CURRENCY, Attempt, Order, Payment, order_id_of
from services.payment.reconcile import clear, heard_of_attempt, heard_of_refund
from shared.audit import Thing, recorded
from shared.errors import DomainError, Duplicate, Kind, NotFound
from shared.events.registration import ApplicationSubmitted, ApplicationWithdrawn
from shared.programme.model import Programme
from shared.store import Query
from shared.store.repository import Found, Repository
from shared.tokens import Actor

TRADE_NUMBER_LENGTH = 29

Orders = Repository[Order]
Channels = Mapping[str, Channel]
Programmes = Mapping[str, Programme]


async def on_submitted(
    event: ApplicationSubmitted, *, orders: Orders, programmes: Programmes, clock: Callable[[], datetime]
) -> None:
    """An application is complete: its order is made, or renewed. Nothing is due when the fee is nil."""
    if event.amount_fen == 0:
        return
    now = clock()
    until = lifetime.payable_until(programmes[event.programme], now)
    order, events = lifetime.create(event, until, now)
    try:
        await orders.add(order.id, order, *events, cause=event)
    except Duplicate:
        async with orders.edit(order.id, cause=event) as work:
            work.emit(*lifetime.renew(work.state, event, until, now))


async def on_withdrawn(
    event: ApplicationWithdrawn, *, orders: Orders, programmes: Programmes, clock: Callable[[], datetime]
) -> None:
    """An application was withdrawn: its order is closed, here now and by the sweep there; what was paid goes back or is
    kept, as the programme says."""
    refund = programmes[event.programme].fee.refund_on_withdrawal
    order_id = lifetime.order_id_for(event.subject)
    try:
        async with orders.edit(order_id, cause=event) as work:
            work.emit(*lifetime.withdraw(work.state, event.occurred_at, clock(), refund=refund))
    except NotFound:
        await orders.add(order_id, lifetime.withdrawn_unseen(event, clock()), cause=event)


async def owned(order_id: str, candidate_id: str | None, *, orders: Orders) -> Order:
    """An order that this candidate may see (None: staff). Raises `NotFound` for one of somebody else."""
    order = await orders.get(order_id)
    if candidate_id is not None and order.candidate_id != candidate_id:
        raise NotFound("order")
    return order


async def pay(
    order: Order,
    channel: str,
    *,
    orders: Orders,
    channels: Channels,
    programmes: Programmes,
    life: timedelta,
    now: datetime,
) -> Attempt:
    """Begin to pay, or come back to it: any number of calls lead to one provider order that can be paid."""
    if channel not in channels:
        raise DomainError("channel.unknown", Kind.INVALID, "/channel")
    paying.check_channel(programmes[order.programme], channel)
    if order.payable and paying.outdated(order, channel, now):
        order = await clear(order, orders=orders, channels=channels, now=now)
    if order.live is None:
        # The number is written down first, so that no provider order can exist that we do not know.
        async with orders.edit(order.id) as work:
            paying.begin(work.state, channel, life, now)
        order = work.state
    attempt = paying.begin(order, channel, life, now)
    if attempt.code_url is None:
        attempt.code_url = await channels[channel].open(attempt, order.description)
        await _remember(order.id, attempt, orders=orders)
    return attempt


async def query(order_id: str, *, orders: Orders, channels: Channels, now: datetime) -> Order:
    """Ask the provider how the live provider order stands, unless it was asked a moment ago."""
    order = await orders.get(order_id)
    if order.live is None or paying.just_asked(order.live, now):
        return order
    report = await channels[order.live.channel].query(order.live)
    return await heard_of_attempt(order.id, order.live.out_trade_no, report, orders=orders, now=now)


async def search(state: str | None, number: str | None, cursor: str | None, *, orders: Orders) -> Found[Order]:
    """Orders by state, newest first; or the one of a provider's number or of an application."""
    if number:
        try:
            return Found([await orders.get(_order_of(number))], None)
        except NotFound:
            return Found([], None)
    return await orders.find(Query(equal={"state": state} if state else {}, sort="-created_at", cursor=cursor))


async def needing_person(cursor: str | None, *, orders: Orders) -> Found[Order]:
    """Orders with open cases, oldest first."""
    return await orders.find(Query(equal={"needs_person": True}, sort="created_at", cursor=cursor))


async def received(told: Payment | RefundReport | None, *, orders: Orders, now: datetime) -> None:
    """A provider's notification, verified. What the order says already is not written again: providers repeat
    themselves, and copies that come at once would be in each other's way."""
    if told is None:
        return
    order_id = order_id_of(told.out_trade_no)
    if _known(await orders.get(order_id), told):
        return
    if isinstance(told, RefundReport):
        await heard_of_refund(order_id, told, orders=orders, now=now)
    else:
        async with orders.edit(order_id) as work:
            work.emit(*paying.receive(work.state, told, now))


async def take_cash(
    order_id: str, amount_fen: int, receipt: str, *, orders: Orders, channels: Channels, actor: Actor, now: datetime
) -> Order:
    """Staff took cash. A live provider order is closed first; if it was paid meanwhile, the cash is refused."""
    order = await orders.get(order_id)
    if order.payable and paying.outdated(order, paying.CASH, now):
        await clear(order, orders=orders, channels=channels, now=now)
    async with orders.edit(order_id) as work:
        before = work.state.state
        attempt = paying.begin(work.state, paying.CASH, timedelta(0), now)
        if amount_fen != attempt.amount_fen:
            raise DomainError("order.amount_differs", Kind.INVALID, "/amount_fen")
        reference = f"{paying.CASH}-{attempt.out_trade_no}"
        payment = Payment(reference, attempt.out_trade_no, paying.CASH, amount_fen, CURRENCY, now)
        work.state.tell(now, "cash_taken", actor.id, receipt)
        work.emit(*paying.receive(work.state, payment, now))
        after = {"state": work.state.state, "amount_fen": str(amount_fen), "channel": paying.CASH}
        work.emit(recorded(actor, "cash_taken", Thing("order", order_id), now, {"state": before}, after))
    return work.state


async def refund(order_id: str, reason: str, *, orders: Orders, actor: Actor, now: datetime) -> Order:
    """Staff send the order's money back; the sweep carries it out."""
    async with orders.edit(order_id) as work:
        before = work.state.state
        refunding.refund_by_staff(work.state, reason, actor.id, now)
        after = {"state": work.state.state, "amount_fen": str(work.state.amount_fen)}
        work.emit(recorded(actor, "refund_requested", Thing("order", order_id), now, {"state": before}, after))
    return work.state


async def resolve(
    case_id: str, decision: desk.Decision, note: str, *, orders: Orders, actor: Actor, now: datetime
) -> Order:
    """Staff decide a case of the exceptions desk."""
    order_id = case_id.partition("-")[0]
    async with orders.edit(order_id) as work:
        before = work.state.state
        work.emit(*desk.decide(work.state, case_id, decision, actor.id, note, now))
        after = {"state": work.state.state, "case": case_id, "decision": decision}
        work.emit(recorded(actor, "exception_resolved", Thing("order", order_id), now, {"state": before}, after))
    return work.state


def _known(order: Order, told: Payment | RefundReport) -> bool:
    if isinstance(told, RefundReport):
        return told.state == order.refund(told.refund_no).state == "succeeded"
    return order.payment(told.reference) is not None


async def _remember(order_id: str, attempt: Attempt, *, orders: Orders) -> None:
    async with orders.edit(order_id) as work:
        known = work.state.attempt(attempt.out_trade_no)
        if known and known.code_url == attempt.code_url:
            work.leave()
        else:
            paying.opened(work.state, attempt.out_trade_no, attempt.code_url)


def _order_of(number: str) -> str:
    """The order of whatever number staff have at hand: the provider's, the order's own, or the application's."""
    if len(number) == TRADE_NUMBER_LENGTH:
        return order_id_of(number)
    return number
