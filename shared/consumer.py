"""From bus to handler: decode the event, continue its trace, run the use case again on a conflict, count."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from pydantic import ValidationError

from shared import spans, telemetry
from shared.bus import RETRY_DELAYS_S, Message, Queue
from shared.errors import AlreadyHandled, Conflict
from shared.events.base import Event

CONFLICT_TRIES = 10
MAX_PAUSE_S = 0.05

# Any: each handler takes its own event class, which the table pairs it with.
EventHandler = Callable[[Any], Awaitable[object]]


class UndecodableError(ValueError):
    """The body is not what its type says, or nobody here handles the type. The text repeats no value."""


class Consumer:
    """One queue and the handlers of the event types bound to it; `handle` is the bus's `Handler`.

    An error that leaves a handler is unexpected, a `DomainError` too: the bus tries the event again later and
    keeps it with the dead letters in the end. Business refusals are outcome events.
    """

    def __init__(
        self,
        queue: str,
        handlers: Mapping[type[Event], EventHandler],
        prefetch: int = 32,
        *,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
    ) -> None:
        types = tuple(event.TYPE for event in handlers)
        self.queue = Queue(queue, types, prefetch, retry_delays_s)
        self._handlers = {event.TYPE: (event, handler) for event, handler in handlers.items()}

    async def handle(self, message: Message) -> None:
        """Handle one message. Raises what the handler raises, `UndecodableError`, or `Conflict` at the tenth."""
        outcome = "failed"
        # The type of a stray message is not ours to trust as a label.
        label = message.type if message.type in self._handlers else "unknown"
        with self._span(message, label), telemetry.EVENT_SECONDS.labels(self.queue.name, label).time():
            try:
                event, handler = self._decode(message)
                await _until_no_conflict(handler, event)
                outcome = "handled"
            except AlreadyHandled:
                outcome = "already_handled"
            finally:
                telemetry.EVENTS_HANDLED.labels(self.queue.name, label, outcome).inc()

    def _span(self, message: Message, label: str) -> AbstractContextManager[spans.Note]:
        service = self.queue.name.partition(".")[0]
        about = {
            "messaging.destination.name": self.queue.name,
            "messaging.operation.type": "process",
            "messaging.message.id": message.id,
        }
        return spans.span("consumer", f"process {label}", about, service=service, parent=message.traceparent)

    def _decode(self, message: Message) -> tuple[Event, EventHandler]:
        if message.type not in self._handlers:
            raise UndecodableError(f"{self.queue.name} has no handler of {message.type}")
        model, handler = self._handlers[message.type]
        try:
            return model.model_validate_json(message.body), handler
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False, include_context=False)
            wrong = ", ".join(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in details)
        raise UndecodableError(f"{message.type}: {wrong}")


async def _until_no_conflict(handler: EventHandler, event: Event) -> None:
    for left in reversed(range(CONFLICT_TRIES)):
        try:
            await handler(event)
            return
        except Conflict:
            if not left:
                raise
            await asyncio.sleep(random.uniform(0, MAX_PAUSE_S))  # noqa: S311 - to part from rivals, not a secret
