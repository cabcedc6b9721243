"""An order begins with its application's submission and ends with its time, or with the application."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from services.payment.domain.order import Order, State
from services.payment.domain.refunding import settle_withdrawn
from shared.events.base import Event
from shared.events.payment import OrderClosed, OrderCreated
from shared.events.registration import ApplicationSubmitted, ApplicationWithdrawn
from shared.programme.model import Programme

LEAST_TIME = timedelta(days=1)


def order_id_for(application_id: str) -> str:
    """An application has one order: its id follows from the application's."""
    return uuid5(NAMESPACE_URL, f"baokao:order:{application_id}").hex


def payable_until(programme: Programme, now: datetime) -> datetime:
    """The programme's last hour for changes; who submits at the last moment still has a day to pay."""
    window = programme.window
    return max(window.corrections_until or window.closes_at, now + LEAST_TIME)


def create(event: ApplicationSubmitted, until: datetime, now: datetime) -> tuple[Order, list[Event]]:
    """The order of an application that has been submitted."""
    order = Order(
        id=order_id_for(event.subject),
        application_id=event.subject,
        candidate_id=event.candidate_id,
        programme=event.programme,
        amount_fen=event.amount_fen,
        description=event.description,
        submitted_at=event.occurred_at,
        created_at=now,
        expires_at=until,
    )
    order.tell(now, "created")
    order.plan()
    return order, [_created(order, now)]


def renew(order: Order, event: ApplicationSubmitted, until: datetime, now: datetime) -> list[Event]:
    """The application was submitted again: an unpaid order takes the new amount, a lapsed one revives."""
    if order.withdrawn or event.occurred_at <= order.submitted_at:
        return []
    order.submitted_at = event.occurred_at
    if order.state is State.CLOSED:
        order.state = State.CREATED
    elif not order.unpaid:
        return []
    order.amount_fen, order.description, order.expires_at = event.amount_fen, event.description, until
    if order.live:
        order.live.check_at = now
    order.tell(now, "renewed")
    order.plan()
    return [_created(order, now)]


def withdrawn_unseen(event: ApplicationWithdrawn, now: datetime) -> Order:
    """The mark of a withdrawal that came before the submission it follows, so that no order is made any more."""
    order = Order(
        id=order_id_for(event.subject),
        application_id=event.subject,
        candidate_id=event.candidate_id,
        programme=event.programme,
        amount_fen=0,
        description="",
        submitted_at=event.occurred_at,
        created_at=now,
        expires_at=now,
        withdrawn=True,
        state=State.CLOSED,
    )
    order.tell(now, "closed", detail="withdrawn")
    return order


def over(order: Order, now: datetime) -> bool:
    """Whether an unpaid order has no future: its time is over, or its application withdrawn."""
    return order.unpaid and (order.withdrawn or order.expires_at <= now)


def lapse(order: Order, now: datetime) -> list[Event]:
    """Close an order that is over. Its provider orders have been closed first, else nothing happens yet."""
    if not over(order, now) or order.live:
        return []
    return _close(order, "withdrawn" if order.withdrawn else "expired", now)


def withdraw(order: Order, at: datetime, now: datetime, *, refund: bool) -> list[Event]:
    """The application was withdrawn at `at`: close the order; the sweep closes it at the provider. What was paid before
    goes back with `refund` and else stays, whenever we hear of it; what is paid afterwards goes back in any case."""
    order.withdrawn, order.keeps_until = True, None if refund else at
    if order.state is State.PAID:
        settle_withdrawn(order, "candidate", now)
        return []
    if order.live:
        order.live.check_at = now
    order.plan()
    return lapse(order, now)


def _close(order: Order, why: str, now: datetime) -> list[Event]:
    order.state = State.CLOSED
    order.tell(now, "closed", detail=why)
    order.plan()
    return [
        OrderClosed(
            subject=order.id,
            occurred_at=now,
            application_id=order.application_id,
            candidate_id=order.candidate_id,
            programme=order.programme,
        )
    ]


def _created(order: Order, now: datetime) -> Event:
    return OrderCreated(
        subject=order.id,
        occurred_at=now,
        application_id=order.application_id,
        candidate_id=order.candidate_id,
        programme=order.programme,
        amount_fen=order.amount_fen,
    )
