"""What a process does as spans, for whoever set `BAOKAO_OTEL_ENDPOINT`; for all others a look at one variable.

A span goes on with the trace that logs and messages carry (telemetry.py). Names and attributes follow OpenTelemetry's
semantic conventions; routes are templates and errors are class names, so nothing personal gets in (security.md 17).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from itertools import zip_longest
from typing import Literal, Protocol

from shared import telemetry
from shared.bus import Bus, Message

Kind = Literal["server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]
Note = Callable[[Attributes], None]

FAILED = "error.type"


class Span(Protocol):
    """One thing being done. `FAILED` among its attributes marks it as failed."""

    traceparent: str

    def note(self, attributes: Attributes) -> None:
        """Add to what is known of it."""

    def end(self) -> None:
        """It is done now."""


class Recorder(Protocol):
    """Where spans go: shared/otlp.py."""

    def begin(self, kind: Kind, name: str, attributes: Attributes, *, service: str, parent: str) -> Span:
        """Begin a span under the W3C trace context `parent`; a trace of its own when that is not valid."""


_recorder: Recorder | None = None
# All services may share one process: a call to a peer belongs to the service whose request it serves.
_service: ContextVar[str] = ContextVar("service", default="baokao")


@asynccontextmanager
async def exported(endpoint: str) -> AsyncIterator[None]:
    """Export spans to the OTLP/HTTP collector at `endpoint` inside the block; with "" do nothing."""
    global _recorder
    if not endpoint:
        yield
        return
    # 5 MiB and a third of a second that only those pay who want spans.
    from shared.otlp import Otlp

    recorder = Otlp(endpoint)
    _recorder = recorder
    try:
        yield
    finally:
        _recorder = None
        await asyncio.to_thread(recorder.close)


@contextmanager
def span(
    kind: Kind, name: str, attributes: Attributes, *, service: str = "", parent: str | None = None
) -> Iterator[Note]:
    """Do the block as a span of `service`, or of the service whose span it is in; yields what adds attributes.

    It goes on from the header `parent`, or, without one, from what is being done now.
    """
    if _recorder is None:
        if parent is not None:
            telemetry.continue_trace(parent)
        yield _nobody_notes
        return
    owner = _service.set(service or _service.get())
    origin = telemetry.traceparent() if parent is None else parent
    begun = _recorder.begin(kind, name, attributes, service=_service.get(), parent=origin)
    try:
        with telemetry.tracing(begun.traceparent):
            yield begun.note
    except BaseException as error:
        begun.note({FAILED: type(error).__name__})
        raise
    finally:
        begun.end()
        _service.reset(owner)


async def publish(bus: Bus, messages: Sequence[Message]) -> list[bool]:
    """`bus.publish`, each message with a span from which its handlers' spans descend."""
    if _recorder is None:
        return await bus.publish(messages)
    begun = [_sending(_recorder, message) for message in messages]
    confirmed: list[bool] = []
    try:
        carried = [replace(each, traceparent=sent.traceparent) for each, sent in zip(messages, begun, strict=True)]
        confirmed = await bus.publish(carried)
    finally:
        for sent, arrived in zip_longest(begun, confirmed):
            if not arrived:
                sent.note({FAILED: "unconfirmed"})
            sent.end()
    return confirmed


def _sending(recorder: Recorder, message: Message) -> Span:
    about: Attributes = {
        "messaging.destination.name": message.type,
        "messaging.operation.type": "send",
        "messaging.message.id": message.id,
    }
    name = f"send {message.type}"
    return recorder.begin("producer", name, about, service=message.source, parent=message.traceparent)


def _nobody_notes(_: Attributes) -> None:
    pass
