"""How a message travels over AMQP: CloudEvents 1.0 attributes in `ce-` headers, W3C trace context, our counter.

Attempts are counted here and not by the broker: a quorum queue's delivery limit also counts the innocent
messages that were prefetched beside a poisonous one.
"""

from __future__ import annotations

from collections.abc import Mapping

from shared.bus import Message

ATTEMPT = "x-attempt"
REASON = "x-reason"


def to_headers(message: Message, **extra: str) -> dict[str, str | int]:
    """The headers of a message; `extra` adds such as `reason`, each prefixed with `x-`."""
    headers: dict[str, str | int] = {
        "ce-specversion": "1.0",
        "ce-id": message.id,
        "ce-type": message.type,
        "ce-source": message.source,
        "ce-subject": message.subject,
        "ce-time": message.time,
        "traceparent": message.traceparent,
        ATTEMPT: message.attempt,
    }
    return headers | {f"x-{name}": value for name, value in extra.items()}


def from_headers(headers: Mapping[str, object], body: bytes) -> Message:
    """The message again. Missing attributes become empty, so that a stray message can reach the dead letters."""

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
        attempt=attempt if isinstance(attempt, int) else 1,
    )
