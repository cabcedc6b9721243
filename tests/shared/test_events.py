"""What all events promise: frozen, versioned, named by their publisher, and described."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from shared.events.asyncapi import describe, event_classes
from shared.events.base import Event
from shared.events.payment import OrderPaid

# The audit log's event has one shape whoever publishes it.
PUBLISHERS = {"identity", "registration", "payment", "vision", "notify", "audit"}
PERSONAL = re.compile(r"^(name|id_number|phone|address|password)$")


@pytest.mark.parametrize("event", event_classes(), ids=lambda event: event.TYPE)
def test_an_event_is_named_versioned_and_carries_nothing_personal(event: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+\.v[0-9]+", event.TYPE)
    assert event.source() in PUBLISHERS
    assert event.__module__ == f"shared.events.{event.source()}"
    assert not [name for name in event.model_fields if PERSONAL.match(name)]


def test_types_are_unique() -> None:
    types = [event.TYPE for event in event_classes()]
    assert len(types) == len(set(types))


def test_an_event_does_not_change_and_takes_unknown_fields_of_later_versions() -> None:
    now = datetime.now(UTC)
    paid = OrderPaid.model_validate(
        {
            "subject": "o1", "occurred_at": now, "application_id": "a1", "candidate_id": "c1", "programme": "p",
            "amount_fen": 3000, "channel": "wechat", "paid_at": now, "added_later": 1,
        }
    )  # fmt: skip
    with pytest.raises(ValidationError):
        paid.amount_fen = 1  # type: ignore[misc]


def test_the_description_names_every_event_with_its_schema() -> None:
    document = describe()
    assert set(document["channels"]) == {event.TYPE for event in event_classes()}
    message = document["components"]["messages"]["payment.order_paid.v1"]
    assert "amount_fen" in message["payload"]["properties"]
