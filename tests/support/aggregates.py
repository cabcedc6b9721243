"""A smallest service: one aggregate, one event, as domain code would have them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.bus import Message, Queue
from shared.events.base import Event

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


class Counted(Event):
    """Somebody counted on."""

    TYPE = "tally.counted.v1"

    number: int


class Forgotten(Event):
    """Nobody listens to this."""

    TYPE = "tally.forgotten.v1"


@dataclass
class Tally:
    """Numbers in the order in which they came."""

    id: str
    numbers: list[int] = field(default_factory=list)


def counted(subject: str, number: int) -> Counted:
    """The event that `number` was counted by `subject`; the same arguments give the same event."""
    return Counted(event_id=f"{subject}-{number}", subject=subject, occurred_at=NOW, number=number)


def message(event: Event, traceparent: str = "") -> Message:
    """An event as the bus delivers it."""
    body = event.model_dump_json().encode()
    time = event.occurred_at.isoformat()
    return Message(event.event_id, event.TYPE, event.source(), event.subject, time, body, traceparent)


def queue(name: str = "tally.counts", prefetch: int = 32) -> Queue:
    """A queue of `Counted`, with delays that a test can wait for."""
    return Queue(name, (Counted.TYPE,), prefetch, (0.05, 0.1))
