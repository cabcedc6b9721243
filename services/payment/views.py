"""What the service shows of orders. Candidates see no other person's id; staff also see ledger and cases."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel

from services.payment.domain import desk
from services.payment.domain.order import Attempt, Case, Order
from services.payment.handlers import Channels

ROLES_SHOWN = ("system", "candidate")


class PayView(BaseModel):
    """How to pay now. `code_url` is the text of a QR code; `pay_url` a page of the simulator (demo only)."""

    channel: str
    code_url: str | None
    pay_url: str | None
    expires_at: datetime


class RefundView(BaseModel):
    """Money going back; `whole` undoes the order, otherwise it was too much."""

    amount_fen: int
    reason: str
    whole: bool
    state: str
    requested_at: datetime


class LineView(BaseModel):
    """A line of the history. `who` is system, candidate or staff."""

    at: datetime
    what: str
    who: str
    detail: str


class OrderView(BaseModel):
    """An order as its candidate sees it. `under_review`: staff are looking at some of its money."""

    id: str
    application_id: str
    programme: str
    description: str
    amount_fen: int
    state: str
    channel: str | None
    code_url: str | None
    pay_url: str | None
    expires_at: datetime
    paid_at: datetime | None
    under_review: bool
    refunds: list[RefundView]
    history: list[LineView]

    @classmethod
    def of(cls, order: Order, channels: Channels) -> OrderView:
        """The view of an order."""
        live = order.live
        return cls(
            id=order.id,
            application_id=order.application_id,
            programme=order.programme,
            description=order.description,
            amount_fen=order.amount_fen,
            state=order.state,
            channel=_channel(order),
            code_url=live.code_url if live else None,
            pay_url=_pay_url(live, channels),
            expires_at=live.expires_at if live else order.expires_at,
            paid_at=order.paid_at,
            under_review=order.needs_person,
            refunds=[RefundView.model_validate(each, from_attributes=True) for each in order.refunds],
            history=[
                LineView(at=each.at, what=each.what, detail=each.detail, who=_who(each.who)) for each in order.history
            ],
        )


class EntryView(BaseModel):
    """A movement of money."""

    at: datetime
    kind: str
    channel: str
    amount_fen: int
    currency: str
    reference: str
    out_trade_no: str


class CaseView(BaseModel):
    """A case of the exceptions desk and what may be decided."""

    id: str
    order_id: str
    application_id: str
    reason: str
    amount_fen: int
    expected_fen: int
    reference: str
    raised_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    by: str | None
    note: str
    decisions: list[str]

    @classmethod
    def of(cls, order: Order, case: Case) -> CaseView:
        """The view of a case."""
        return cls(
            order_id=order.id,
            application_id=order.application_id,
            expected_fen=order.amount_fen,
            decisions=list(desk.allowed(case)),
            **vars(case),
        )


class StaffOrderView(BaseModel):
    """An order as the finance desk sees it."""

    order: OrderView
    candidate_id: str
    ledger: list[EntryView]
    cases: list[CaseView]

    @classmethod
    def of(cls, order: Order, channels: Channels) -> StaffOrderView:
        """The view of an order."""
        return cls(
            order=OrderView.of(order, channels),
            candidate_id=order.candidate_id,
            ledger=[EntryView.model_validate(each, from_attributes=True) for each in order.ledger],
            cases=[CaseView.of(order, each) for each in order.cases],
        )


class BillView(BaseModel):
    """What one day's bill showed: `found` payments were missing here, `strange` ones are for no order of ours."""

    channel: str
    day: date
    compared_at: datetime
    payments: int
    amount_fen: int
    found: list[str]
    strange: list[str]


class BillList(BaseModel):
    """Compared bills, newest first."""

    items: list[BillView]
    next_cursor: str | None


class OrderList(BaseModel):
    """A page of orders."""

    items: list[StaffOrderView]
    next_cursor: str | None


class CaseList(BaseModel):
    """The open cases of a page of orders."""

    items: list[CaseView]
    next_cursor: str | None


def _channel(order: Order) -> str | None:
    if order.paid_reference and (paid := order.payment(order.paid_reference)):
        return paid.channel
    return order.live.channel if order.live else None


def _pay_url(live: Attempt | None, channels: Channels) -> str | None:
    return channels[live.channel].pay_url(live.code_url) if live else None


def _who(who: str) -> str:
    return who if who in ROLES_SHOWN else "staff"
