"""What exists on the broker for one queue: itself, one delay queue per retry delay, its dead-letter queue."""

from __future__ import annotations

from collections.abc import Iterator

from aiormq.abc import FieldValue

from shared.bus import Message, Queue
from shared.bus.handling import retry_delay

EXCHANGE = "baokao.events"

Arguments = dict[str, FieldValue]

# We count attempts ourselves (see wire.py). The broker's own limit cannot be switched off in the same way in all
# versions (4.x gives up after 20 deliveries when nothing is said), so it is set out of reach, and what it would
# still give up goes to the dead letters instead of nowhere. `at-least-once` needs `reject-publish`.
_QUORUM: Arguments = {
    "x-queue-type": "quorum",
    "x-delivery-limit": 1_000_000,
    "x-overflow": "reject-publish",
}


def queues(queue: Queue) -> Iterator[tuple[str, Arguments]]:
    """Name and arguments of each queue to declare, in the order in which they refer to one another."""
    yield dead(queue.name), _QUORUM
    yield queue.name, _QUORUM | _passes_to(dead(queue.name))
    for delay_s in queue.retry_delays_s:
        ttl: Arguments = {"x-message-ttl": round(delay_s * 1000)}
        yield delayed(queue.name, delay_s), _QUORUM | _passes_to(queue.name) | ttl


def next_stop(queue: Queue, message: Message) -> tuple[str, int]:
    """Where a failed message goes, and the number of its next attempt."""
    delay_s = retry_delay(message, queue)
    if delay_s is None:
        return dead(queue.name), message.attempt
    return delayed(queue.name, delay_s), message.attempt + 1


def dead(queue: str) -> str:
    """The dead-letter queue of a queue."""
    return f"{queue}.dead"


def delayed(queue: str, delay_s: float) -> str:
    """The delay queue of a queue; its time-to-live is in the name because it cannot be changed afterwards."""
    return f"{queue}.retry.{round(delay_s * 1000)}ms"


def _passes_to(queue: str) -> Arguments:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
    }
