"""The message bus port. Two adapters: rabbitmq.py (aio-pika) and local.py (in-process, on a SQLite file).

Topology (design.md 2): topic exchange `baokao.events`; a quorum queue per service and purpose; routing key =
event type; CloudEvents 1.0 attributes in `ce-` headers; `traceparent` carried through; failures wait in delay
queues (5 s, 30 s, 5 min) and then rest in the queue's dead-letter queue with the reason, until staff replay
them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

RETRY_DELAYS_S = (5.0, 30.0, 300.0)


@dataclass(frozen=True)
class Message:
    """One event on the wire. `body` is the event as JSON; `attempt` counts deliveries from 1."""

    id: str
    type: str
    source: str
    subject: str
    time: str
    body: bytes
    traceparent: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class Queue:
    """A durable queue of one service and purpose (`payment.orders`) and the event types bound to it.

    `prefetch` bounds how many messages a consumer holds unacknowledged, and so its concurrency.
    """

    name: str
    types: tuple[str, ...]
    prefetch: int = 32
    retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up, why, and where it can be replayed to."""

    message: Message
    queue: str
    reason: str


Handler = Callable[[Message], Awaitable[None]]


class Subscription(Protocol):
    """A running consumer."""

    async def close(self) -> None:
        """Take no more, wait until what is in hand is finished and acknowledged, then end."""


class Bus(Protocol):
    """What services need of a broker."""

    async def declare(self, queue: Queue) -> None:
        """Make the queue, its delay queues and its dead-letter queue exist. Idempotent."""

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        """Publish with confirms; for each message whether the broker took responsibility for it.

        False means unknown or unroutable: send it again later with the same id. Bounded by a time-out; never
        raises for a broker that is away.
        """

    async def subscribe(self, queue: Queue, handler: Handler) -> Subscription:
        """Consume. A handler that returns acknowledges; one that raises sends the message to the delay queue,
        and after the last delay to the dead-letter queue with the exception's type and text as the reason."""

    async def depth(self, queue: str) -> int:
        """How many messages wait in the queue (delayed and dead ones not counted)."""

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """Look at the dead-letter queue without taking from it."""

    async def replay(self, queue: str, message_id: str) -> bool:
        """Put one dead letter back at the end of its queue with attempt 1; False if it is not there."""

    async def ping(self) -> None:
        """Raise when the broker cannot answer."""
