"""Money goes back, by itself or through the exceptions desk."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.payment.domain.order import Case, Entry, Order, Reason, Refund, State, refused
from shared.errors import DomainError, Kind
from shared.events.base import Event
from shared.events.payment import OrderRefunded, PaymentExceptionRaised

WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120))


def refund_whole(order: Order, reason: str, who: str, now: datetime) -> None:
    """Send back the payment that paid the order. Raises `order.not_paid`."""
    if order.state is not State.PAID or order.paid_reference is None:
        raise refused("not_paid", order)
    order.state = State.REFUNDING
    _request(order, order.paid_reference, reason, True, who, now)


def settle_withdrawn(order: Order, who: str, now: datetime) -> None:
    """A withdrawn order is paid: the money stays if paid before and the programme keeps it, else it goes back."""
    if order.keeps_until and order.paid_at and order.paid_at <= order.keeps_until:
        order.tell(now, "fee_kept", who, Reason.WITHDRAWN)
    else:
        refund_whole(order, Reason.WITHDRAWN, who, now)


def refund_by_staff(order: Order, words: str, who: str, now: datetime) -> None:
    """Staff send the fee back and say why; pressed again, nothing happens. Raises `order.not_paid`."""
    if order.state in (State.REFUNDING, State.REFUNDED):
        return
    refund_whole(order, Reason.STAFF, who, now)
    order.tell(now, "refund_explained", who, words)


def refund_payment(order: Order, reference: str, reason: str, now: datetime, who: str = "system") -> None:
    """Send back a payment that the order does not need."""
    _request(order, reference, reason, False, who, now)


def refund_waits(order: Order, refund_no: str, now: datetime) -> list[Event]:
    """The provider has not finished, or could not be reached; after the last wait a person is told."""
    refund = order.refund(refund_no)
    if refund.state in ("succeeded", "stuck"):
        return []
    if refund.tries == len(WAITS):
        return refund_stuck(order, refund_no, Reason.REFUND_FAILED, now)
    refund.state, refund.check_at = "processing", now + WAITS[refund.tries]
    refund.tries += 1
    order.plan()
    return []


def refund_stuck(order: Order, refund_no: str, reason: str, now: datetime) -> list[Event]:
    """The provider refuses, or the channel cannot do it: a person must."""
    refund = order.refund(refund_no)
    if refund.state in ("succeeded", "stuck"):
        return []
    refund.state, refund.check_at = "stuck", None
    return raise_case(order, reason, refund.amount_fen, refund_no, now)


def refund_done(order: Order, refund_no: str, at: datetime, now: datetime) -> list[Event]:
    """The money is back with the payer. Told again, nothing happens."""
    refund = order.refund(refund_no)
    if refund.state == "succeeded":
        return []
    refund.state, refund.check_at = "succeeded", None
    payment = order.payment(refund.payment_reference)
    currency = payment.currency if payment else ""
    order.ledger.append(
        Entry(at, "refund", refund.channel, refund.amount_fen, currency, refund_no, refund.out_trade_no)
    )
    if refund.whole:
        order.state = State.REFUNDED
    for case in order.cases:
        if case.reference == refund_no and case.resolved_at is None:
            case.resolved_at, case.resolution = now, "refunded"
    order.tell(now, "refunded", detail=refund.reason)
    order.plan()
    return [
        OrderRefunded(
            subject=order.id,
            occurred_at=now,
            application_id=order.application_id,
            candidate_id=order.candidate_id,
            programme=order.programme,
            amount_fen=refund.amount_fen,
            duplicate=not refund.whole,
            reason=refund.reason,
        )
    ]


def raise_case(order: Order, reason: str, amount_fen: int, reference: str, now: datetime) -> list[Event]:
    """Put money before a person."""
    case_id = f"{order.id}-{len(order.cases) + 1}"
    order.cases.append(Case(case_id, reason, amount_fen, reference, now))
    order.tell(now, "exception", detail=reason)
    order.plan()
    return [
        PaymentExceptionRaised(
            subject=order.id,
            occurred_at=now,
            application_id=order.application_id,
            candidate_id=order.candidate_id,
            programme=order.programme,
            reason=reason,
        )
    ]


def open_case(order: Order, case_id: str) -> Case:
    """A case that nobody has resolved yet. Raises `NotFound`, `exception.resolved`."""
    case = order.case(case_id)
    if case.resolved_at is not None:
        raise DomainError("exception.resolved", Kind.CONFLICT)
    return case


def resolve(order: Order, case: Case, resolution: str, by: str, note: str, now: datetime) -> None:
    """Write down what a person decided."""
    case.resolved_at, case.resolution, case.by, case.note = now, resolution, by, note
    order.tell(now, "exception_resolved", by, resolution)
    order.plan()


def retry(order: Order, refund_no: str, now: datetime) -> None:
    """Try a refund that was stuck again from the beginning, under the same number."""
    refund = order.refund(refund_no)
    if refund.state == "stuck":
        refund.state, refund.tries, refund.check_at = "requested", 0, now
        order.plan()


def _request(order: Order, reference: str, reason: str, whole: bool, who: str, now: datetime) -> None:
    payment = order.payment(reference)
    if payment is None or any(refund.payment_reference == reference for refund in order.refunds):
        raise refused("not_refundable", order)
    order.refunds.append(
        Refund(
            refund_no=f"{payment.out_trade_no}R{len(order.refunds) + 1}",
            payment_reference=reference,
            out_trade_no=payment.out_trade_no,
            channel=payment.channel,
            amount_fen=payment.amount_fen,
            reason=reason,
            whole=whole,
            requested_at=now,
            check_at=now,
        )
    )
    order.tell(now, "refund_requested", who, reason)
    order.plan()
