"""The payment axis follows the payment service, in whatever order its events arrive."""

from __future__ import annotations

from datetime import timedelta

from services.registration.domain import submission
from services.registration.domain.application import current_stage
from shared.events.base import Event
from shared.events.payment import OrderClosed, OrderCreated, OrderRefunded
from tests.services.registration.examples import (
    NOW,
    PROGRAMME,
    paid,
    submitted,
)


def order(kind: type[Event], at: int, **more: object) -> Event:
    common = {"application_id": "a", "candidate_id": "c", "programme": PROGRAMME.id}
    return kind.model_validate({"subject": "order-1", "occurred_at": NOW + timedelta(seconds=at), **common, **more})


def test_the_order_event_that_happened_last_holds_in_whatever_order_they_arrive() -> None:
    created = order(OrderCreated, 0, amount_fen=3000)
    closed = order(OrderClosed, 1)
    renewed = order(OrderCreated, 2, amount_fen=3000)
    duplicate = order(OrderRefunded, 9, amount_fen=3000, duplicate=True, reason="twice")
    refunded = order(OrderRefunded, 8, amount_fen=3000, duplicate=False, reason="withdrawn")
    for events, status in (
        ([created], "due"),
        ([closed, created], "closed"),
        ([created, closed, renewed], "due"),
        ([renewed, closed, created], "due"),
        ([duplicate, created], "due"),
        ([refunded, created, closed], "refunded"),
    ):
        application = submitted()
        for event in events:
            assert isinstance(event, OrderCreated | OrderClosed | OrderRefunded)
            submission.take_order(application, event)
        assert application.payment.status == status
    late = paid(submitted(), NOW + timedelta(seconds=5))
    assert isinstance(closed, OrderClosed)
    submission.take_order(late, closed)
    assert late.payment.status == "paid"
    assert current_stage(late, PROGRAMME).id == "done"
