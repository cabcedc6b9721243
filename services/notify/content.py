"""Which template an event calls for, and what stands in it."""

from __future__ import annotations

from services.notify.templates import yuan
from shared.events.payment import OrderClosed, OrderPaid, OrderRefunded, PaymentExceptionRaised
from shared.events.registration import (
    ApplicationApproved,
    ApplicationReopened,
    ApplicationReturned,
    ApplicationSubmitted,
    IdentityDecided,
)

AboutCandidate = (
    ApplicationSubmitted
    | ApplicationApproved
    | ApplicationReturned
    | ApplicationReopened
    | IdentityDecided
    | OrderPaid
    | OrderRefunded
    | OrderClosed
    | PaymentExceptionRaised
)

PLAIN: dict[type[AboutCandidate], str] = {
    ApplicationApproved: "application_approved",
    ApplicationReturned: "application_returned",
    ApplicationReopened: "application_reopened",
    OrderClosed: "order_closed",
    PaymentExceptionRaised: "payment_exception",
}


def content(event: AboutCandidate) -> tuple[str, dict[str, str]]:
    """The template's name and its values."""
    match event:
        case ApplicationSubmitted(resubmitted=True):
            return "application_resubmitted", {}
        case ApplicationSubmitted(amount_fen=0):
            return "application_submitted", {}
        case ApplicationSubmitted():
            return "application_submitted_fee", {"amount": yuan(event.amount_fen)}
        case IdentityDecided():
            return f"identity_{event.decision}", {}
        case OrderPaid():
            return "order_paid", {"amount": yuan(event.amount_fen)}
        case OrderRefunded():
            return _refunded(event), {"amount": yuan(event.amount_fen)}
    return PLAIN[type(event)], {}


def _refunded(event: OrderRefunded) -> str:
    if not event.duplicate:
        return "order_refunded"
    return "payment_returned" if event.reason == "paid_twice" else "payment_sent_back"
