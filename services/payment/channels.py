"""Ways to pay. A channel opens, asks after and closes provider orders, and sends money back; all of it idempotent."""

# ruff: noqa: ARG002 - cash at the desk needs to be told little

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from services.payment.domain.order import Attempt, Payment, Refund
from shared.errors import DomainError, Kind


@dataclass(frozen=True)
class Report:
    """What a channel says of a provider order; `payment` is there when it is paid."""

    state: Literal["unpaid", "paid", "closed"]
    payment: Payment | None = None


@dataclass(frozen=True)
class RefundReport:
    """What a channel says of a refund. `by_hand`: this channel cannot do it, a person must."""

    refund_no: str
    out_trade_no: str
    state: Literal["processing", "succeeded", "failed", "by_hand"]
    at: datetime | None = None


class ChannelDown(DomainError):
    """The provider does not answer, or not in a way that can be trusted; nothing is known, ask again."""

    def __init__(self) -> None:
        super().__init__("channel.unavailable", Kind.UNAVAILABLE)


class ChannelRefused(DomainError):
    """The provider understood and said no; `reason` is its own code."""

    def __init__(self, reason: str) -> None:
        super().__init__("channel.refused", Kind.UNAVAILABLE, params={"reason": reason})
        self.reason = reason


class Channel(Protocol):
    """One way to pay. Every method may raise `ChannelDown`."""

    async def open(self, attempt: Attempt, description: str) -> str | None:
        """Make the provider order, or find the one made before; the text of its QR code, if it has one."""

    async def query(self, attempt: Attempt) -> Report:
        """How the provider order stands."""

    async def close(self, attempt: Attempt) -> Report:
        """Have the provider order closed: `closed`, or `paid` when the money was faster."""

    async def refund(self, refund: Refund) -> RefundReport:
        """Send money back, once per refund number however often it is asked."""

    async def bill(self, day: date) -> list[Payment] | None:
        """Every payment of a day that is over; None while the channel has no bill of it."""

    def pay_url(self, code_url: str | None) -> str | None:
        """A page on which to pay in a browser, if the channel has one."""


class Onsite:
    """Cash at the registration point (checklist 004.6): staff record what they take and give back."""

    async def open(self, attempt: Attempt, description: str) -> str | None:
        """Nothing to prepare."""
        return None

    async def query(self, attempt: Attempt) -> Report:
        """Cash comes only through the staff's record."""
        return Report("unpaid")

    async def close(self, attempt: Attempt) -> Report:
        """Nobody but us knows of it."""
        return Report("closed")

    async def refund(self, refund: Refund) -> RefundReport:
        """Cash is given back by a person."""
        return RefundReport(refund.refund_no, refund.out_trade_no, "by_hand")

    async def bill(self, day: date) -> list[Payment] | None:
        """Our own record is the only one."""
        return None

    def pay_url(self, code_url: str | None) -> str | None:
        """There is no page."""
        return None
