"""How a message travels over AMQP: CloudEvents 1.0 attributes in `ce-` headers, W3C trace context, attempts.

Attempts are counted here and not by the broker: a quorum queue's delivery limit also counts the innocent
messages that were prefetched beside a poisonous one.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiormq.abc import FieldTable

from shared.bus import Message

ATTEMPT = "x-attempt"
REASON = "x-reason"
RETURNS = "x-delivery-count"
BY_THE_BROKER = "given up by the broker"


def to_headers(message: Message, why: str = "") -> FieldTable:
    """The headers of a message, and why it failed last if it did."""
    headers: FieldTable = {
        "ce-specversion": "1.0",
        "ce-id": message.id,
        "ce-type": message.type,
        "ce-source": message.source,
        "ce-subject": message.subject,
        "ce-time": message.time,
        "traceparent": message.traceparent,
        ATTEMPT: message.attempt,
    }
    return headers | ({REASON: why} if why else {})


def from_headers(headers: Mapping[str, object], body: bytes) -> Message:
    """The message again. Missing attributes become empty: a stray message can be dead-lettered."""

    def text(name: str) -> str:
        value = headers.get(name, "")
        return value if isinstance(value, str) else ""

    attempt = headers.get(ATTEMPT, 1)
    return Message(
        id=text("ce-id"),
        type=text("ce-type"),
        source=text("ce-source"),
        subject=text("ce-subject"),
        time=text("ce-time"),
        body=body,
        traceparent=text("traceparent"),
        attempt=attempt if isinstance(attempt, int) and attempt > 0 else 1,
    )


def returns(headers: Mapping[str, object]) -> int:
    """How often a consumer ended with this message unacknowledged, as the broker counts it."""
    count = headers.get(RETURNS, 0)
    return count if isinstance(count, int) else 0


def reason(headers: Mapping[str, object]) -> str:
    """Why a message is a dead letter."""
    return str(headers.get(REASON, BY_THE_BROKER))
