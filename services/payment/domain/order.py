"""What an order is: its state, the provider orders opened for it, the money that moved, and what a person must look at.

    created → awaiting_payment → paid → refunding → refunded
        └──────────┴→ closed

`created` means that nothing can be paid at a provider now; a provider order that lapses leads back to it until the
order's own time is over. Money that comes at a wrong time or in a wrong amount never changes the state by itself: it
stands in the ledger and is refunded, or waits at the exceptions desk.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from shared.errors import DomainError, Kind, NotFound

CURRENCY = "CNY"
MOST_ATTEMPTS = 500
DIGITS = 3


class State(StrEnum):
    """Where an order stands."""

    CREATED = "created"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why money is refunded or a person must look."""

    PAID_TWICE = "paid_twice"
    PAID_AFTER_CLOSE = "paid_after_close"
    AMOUNT_MISMATCH = "amount_mismatch"
    UNKNOWN_TRADE = "unknown_trade"
    WITHDRAWN = "withdrawn"
    STAFF = "staff"
    REFUND_FAILED = "refund_failed"
    CASH_REFUND = "cash_refund"


@dataclass(frozen=True)
class Payment:
    """Money that a channel says has arrived. `reference` is the channel's own number, unique per payment."""

    reference: str
    out_trade_no: str
    channel: str
    amount_fen: int
    currency: str
    at: datetime


@dataclass
class Attempt:
    """One provider order, written down before the provider is asked, so that none can exist unknown to us."""

    out_trade_no: str
    channel: str
    amount_fen: int
    opened_at: datetime
    expires_at: datetime
    check_at: datetime | None
    asked_at: datetime | None = None
    code_url: str | None = None
    state: Literal["open", "closed", "paid"] = "open"


@dataclass
class Entry:
    """A movement of money. `reference` is the payment's, or the refund's number."""

    at: datetime
    kind: Literal["payment", "refund"]
    channel: str
    amount_fen: int
    currency: str
    reference: str
    out_trade_no: str

    @classmethod
    def of(cls, payment: Payment) -> Entry:
        """A payment as it stands in the ledger."""
        return cls(
            at=payment.at,
            kind="payment",
            channel=payment.channel,
            amount_fen=payment.amount_fen,
            currency=payment.currency,
            reference=payment.reference,
            out_trade_no=payment.out_trade_no,
        )


@dataclass
class Refund:
    """Money going back. `whole`: it undoes the order; otherwise it returns money that was too much."""

    refund_no: str
    payment_reference: str
    out_trade_no: str
    channel: str
    amount_fen: int
    reason: str
    whole: bool
    requested_at: datetime
    check_at: datetime | None
    state: Literal["requested", "processing", "succeeded", "stuck"] = "requested"
    tries: int = 0


@dataclass
class Case:
    """Something at the exceptions desk; `reference` is the payment or the refund it is about."""

    id: str
    reason: str
    amount_fen: int
    reference: str
    raised_at: datetime
    resolved_at: datetime | None = None
    resolution: str | None = None
    by: str | None = None
    note: str = ""


@dataclass
class Line:
    """A line of the order's history."""

    at: datetime
    what: str
    who: str
    detail: str = ""


@dataclass
class Order:
    """What one application owes. Amounts in fen. `due_at`: when the sweep must look again; None: nothing to do.

    `keeps_until`: what was paid up to this moment stays although the application is withdrawn (000.21). Sealed at rest:
    `cases` and `history`, whose notes and reasons may name people.
    """

    id: str
    application_id: str
    candidate_id: str
    programme: str
    amount_fen: int
    description: str
    submitted_at: datetime
    created_at: datetime
    expires_at: datetime
    withdrawn: bool = False
    keeps_until: datetime | None = None
    state: State = State.CREATED
    paid_at: datetime | None = None
    paid_reference: str | None = None
    due_at: datetime | None = None
    needs_person: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    history: list[Line] = field(default_factory=list)

    @property
    def payable(self) -> bool:
        """Whether money is still wanted."""
        return self.unpaid and not self.withdrawn

    @property
    def unpaid(self) -> bool:
        """Whether the order is neither paid nor closed."""
        return self.state in (State.CREATED, State.AWAITING_PAYMENT)

    @property
    def live(self) -> Attempt | None:
        """The provider order that can be paid now; there is never more than one."""
        return next((each for each in self.attempts if each.state == "open"), None)

    def attempt(self, out_trade_no: str) -> Attempt | None:
        """The provider order with this number."""
        return next((each for each in self.attempts if each.out_trade_no == out_trade_no), None)

    def payment(self, reference: str) -> Entry | None:
        """The payment with this reference."""
        return next((each for each in self.ledger if each.kind == "payment" and each.reference == reference), None)

    def refund(self, refund_no: str) -> Refund:
        """The refund with this number. Raises `NotFound`."""
        for each in self.refunds:
            if each.refund_no == refund_no:
                return each
        raise NotFound("refund")

    def case(self, case_id: str) -> Case:
        """The case with this id. Raises `NotFound`."""
        for each in self.cases:
            if each.id == case_id:
                return each
        raise NotFound("exception")

    def tell(self, at: datetime, what: str, who: str = "system", detail: str = "") -> None:
        """Add a line to the history."""
        self.history.append(Line(at, what, who, detail))

    def plan(self) -> None:
        """Derive what is looked up: when the sweep comes back, and whether a person is needed."""
        times = [each.check_at for each in self.attempts if each.state == "open"]
        times += [each.check_at for each in self.refunds if each.state in ("requested", "processing")]
        if self.unpaid and not self.live:
            times.append(self.created_at if self.withdrawn else self.expires_at)
        self.due_at = min((_sortable(time) for time in times if time), default=None)
        self.needs_person = any(case.resolved_at is None for case in self.cases)


def trade_number(order_id: str, count: int) -> str:
    """The number of an order's n-th provider order: 29 characters of A-Z, 2-7 and digits (WeChat allows 32)."""
    return base64.b32encode(bytes.fromhex(order_id)).decode().rstrip("=") + f"{count:0{DIGITS}d}"


def order_id_of(out_trade_no: str) -> str:
    """The order of a provider order's number. Raises `NotFound` when it is none of ours."""
    try:
        return base64.b32decode(out_trade_no[:-DIGITS] + "======").hex()
    except ValueError as error:
        raise NotFound("order") from error


def refused(code: str, order: Order) -> DomainError:
    """A refusal because of the order's state."""
    return DomainError(f"order.{code}", Kind.CONFLICT, params={"state": order.state.value})


def _sortable(at: datetime) -> datetime:
    # Texts of other zones, or with and without a fraction of a second, do not sort as times.
    return at.astimezone(UTC).replace(microsecond=0)
