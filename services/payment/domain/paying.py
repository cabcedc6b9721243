"""Money comes in: provider orders, payments, and what a payment is for."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.payment.domain.order import (
    CURRENCY,
    MOST_ATTEMPTS,
    Attempt,
    Entry,
    Order,
    Payment,
    Reason,
    State,
    refused,
    trade_number,
)
from services.payment.domain.refunding import raise_case, refund_payment, settle_withdrawn
from shared.errors import DomainError, Kind
from shared.events.base import Event
from shared.events.payment import OrderPaid
from shared.programme.model import Programme

# A callback may be refused or lost. Asked first after this, then each time after half of its age: what is paid is known
# half as late again at most, and a code that nobody scans costs ten questions in its half hour, not sixty.
ASK_AFTER = timedelta(seconds=30)
JUST_NOW = timedelta(seconds=2)
CASH = "onsite"


def check_channel(programme: Programme, channel: str) -> None:
    """Refuse a channel that the programme does not take. Raises `channel.unknown`."""
    if channel not in programme.fee.channels:
        raise DomainError("channel.unknown", Kind.INVALID, "/channel")


def outdated(order: Order, channel: str, now: datetime) -> Attempt | None:
    """The live provider order when it cannot serve `channel` now; it must be closed there before another is begun."""
    live = order.live
    if live and (live.channel != channel or live.amount_fen != order.amount_fen or live.expires_at <= now):
        return live
    return None


def begin(order: Order, channel: str, life: timedelta, now: datetime) -> Attempt:
    """The provider order to pay with: the live one, or a new one. Raises `order.not_payable`, `order.channel_busy`."""
    if not order.payable or order.expires_at <= now:
        raise refused("not_payable", order)
    if order.live:
        if outdated(order, channel, now):
            raise refused("channel_busy", order)
        return order.live
    if len(order.attempts) == MOST_ATTEMPTS:
        raise refused("too_many_attempts", order)
    attempt = Attempt(
        out_trade_no=trade_number(order.id, len(order.attempts) + 1),
        channel=channel,
        amount_fen=order.amount_fen,
        opened_at=now,
        expires_at=order.expires_at if channel == CASH else min(order.expires_at, now + life),
        check_at=order.expires_at if channel == CASH else now + ASK_AFTER,
        asked_at=now,
    )
    order.attempts.append(attempt)
    order.state = State.AWAITING_PAYMENT
    order.tell(now, "payment_begun", "candidate", channel)
    order.plan()
    return attempt


def opened(order: Order, out_trade_no: str, code_url: str | None) -> None:
    """The provider has made the provider order."""
    attempt = order.attempt(out_trade_no)
    if attempt and attempt.state == "open" and attempt.code_url is None:
        attempt.code_url = code_url


def receive(order: Order, payment: Payment, now: datetime) -> list[Event]:
    """Money arrived, as a callback, a query or the staff says; told again, nothing happens."""
    if order.payment(payment.reference):
        return []
    order.ledger.append(Entry.of(payment))
    attempt = order.attempt(payment.out_trade_no)
    if attempt:
        attempt.state, attempt.check_at = "paid", None
    events = _judge(order, payment, attempt, now)
    if order.state is State.AWAITING_PAYMENT and not order.live:
        order.state = State.CREATED
    order.plan()
    return events


def accept(order: Order, reference: str, now: datetime) -> list[Event]:
    """This payment pays the order. Another provider order that is still live is closed at once by the sweep."""
    paid = order.payment(reference)
    if paid is None or not order.unpaid:
        raise refused("not_payable", order)
    order.state, order.paid_at, order.paid_reference = State.PAID, paid.at, reference
    if order.live:
        order.live.check_at = now
    order.tell(now, "paid", detail=paid.channel)
    order.plan()
    return [
        OrderPaid(
            subject=order.id,
            occurred_at=now,
            application_id=order.application_id,
            candidate_id=order.candidate_id,
            programme=order.programme,
            amount_fen=paid.amount_fen,
            channel=paid.channel,
            paid_at=paid.at,
        )
    ]


def not_paid(order: Order, out_trade_no: str, now: datetime) -> None:
    """The provider was asked and nobody has paid yet, or it did not answer: ask again."""
    attempt = order.attempt(out_trade_no)
    if attempt and attempt.state == "open":
        attempt.asked_at, attempt.check_at = now, now + ASK_AFTER
        if order.payable and attempt.amount_fen == order.amount_fen and now < attempt.expires_at:
            # Nothing has to be closed before it lapses.
            attempt.check_at = min(now + max(ASK_AFTER, (now - attempt.opened_at) / 2), attempt.expires_at)
        order.plan()


def just_asked(attempt: Attempt, now: datetime) -> bool:
    """Whether the provider was asked (or the provider order begun) a moment ago."""
    return attempt.asked_at is not None and now - attempt.asked_at < JUST_NOW


def attempt_closed(order: Order, out_trade_no: str, now: datetime) -> None:
    """The provider order can no longer be paid."""
    attempt = order.attempt(out_trade_no)
    if attempt is None or attempt.state != "open":
        return
    attempt.state, attempt.check_at = "closed", None
    if order.state is State.AWAITING_PAYMENT:
        order.state = State.CREATED
    order.tell(now, "payment_lapsed", detail=attempt.channel)
    order.plan()


def _judge(order: Order, payment: Payment, attempt: Attempt | None, now: datetime) -> list[Event]:
    if attempt is None:
        return raise_case(order, Reason.UNKNOWN_TRADE, payment.amount_fen, payment.reference, now)
    if (payment.amount_fen, payment.currency) != (order.amount_fen, CURRENCY):
        return raise_case(order, Reason.AMOUNT_MISMATCH, payment.amount_fen, payment.reference, now)
    if order.unpaid:
        # Money that comes while a withdrawn order is being closed is the order's; it was paid before, or goes back.
        events = accept(order, payment.reference, now)
        if order.withdrawn:
            settle_withdrawn(order, "system", now)
        return events
    reason = Reason.PAID_AFTER_CLOSE if order.state is State.CLOSED else Reason.PAID_TWICE
    refund_payment(order, payment.reference, reason, now)
    return []
