"""What the payment service tells."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from shared.events.base import Event


class OrderCreated(Event):
    """An order waits for payment. `subject` is the order."""

    TYPE: ClassVar[str] = "payment.order_created.v1"
    application_id: str
    candidate_id: str
    programme: str
    amount_fen: int


class OrderPaid(Event):
    """Money arrived. `subject` is the order; channel is wechat, alipay, unionpay or onsite."""

    TYPE: ClassVar[str] = "payment.order_paid.v1"
    application_id: str
    candidate_id: str
    programme: str
    amount_fen: int
    channel: str
    paid_at: datetime


class OrderRefunded(Event):
    """Money went back: the whole order, or a second payment (`duplicate`). `subject` is the order."""

    TYPE: ClassVar[str] = "payment.order_refunded.v1"
    application_id: str
    candidate_id: str
    programme: str
    amount_fen: int
    duplicate: bool
    reason: str


class OrderClosed(Event):
    """The order was not paid in time or was withdrawn. `subject` is the order."""

    TYPE: ClassVar[str] = "payment.order_closed.v1"
    application_id: str
    candidate_id: str
    programme: str


class PaymentExceptionRaised(Event):
    """Money that a person must look at. `subject` is the order."""

    TYPE: ClassVar[str] = "payment.exception_raised.v1"
    application_id: str
    candidate_id: str
    programme: str
    reason: str
