"""The exceptions desk: what a person may decide about a case."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.payment.domain.order import CURRENCY, Case, Order, Reason, refused
from services.payment.domain.paying import accept
from services.payment.domain.refunding import open_case, refund_done, refund_payment, resolve, retry
from shared.errors import DomainError, Kind
from shared.events.base import Event

Decision = Literal["accept", "refund", "retry", "by_hand"]

MONEY_IN: tuple[Decision, ...] = ("accept", "refund")
MONEY_OUT: tuple[Decision, ...] = ("retry", "by_hand")


def allowed(case: Case) -> tuple[Decision, ...]:
    """Money that came in is accepted as the fee or refunded; a stuck refund is tried again or was paid by hand."""
    if case.resolved_at is not None:
        return ()
    if case.reason == Reason.CASH_REFUND:
        return ("by_hand",)
    return MONEY_OUT if case.reason == Reason.REFUND_FAILED else MONEY_IN


def decide(order: Order, case_id: str, decision: Decision, by: str, note: str, now: datetime) -> list[Event]:
    """Carry out a decision. Raises `NotFound`, `exception.resolved`, `exception.not_allowed`, `order.not_payable`."""
    case = open_case(order, case_id)
    if decision not in allowed(case):
        raise DomainError("exception.not_allowed", Kind.CONFLICT, "/decision")
    events = _effect(order, case, decision, now)
    resolve(order, case, decision, by, note, now)
    return events


def _effect(order: Order, case: Case, decision: Decision, now: datetime) -> list[Event]:
    if decision == "accept":
        payment = order.payment(case.reference)
        if payment is None or payment.currency != CURRENCY or order.withdrawn:
            raise refused("not_payable", order)
        return accept(order, case.reference, now)
    if decision == "refund":
        refund_payment(order, case.reference, case.reason, now, who="staff")
        return []
    if decision == "retry":
        retry(order, case.reference, now)
        return []
    return refund_done(order, case.reference, now, now)
