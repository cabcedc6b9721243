"""What both adapters do with a delivered message: run its handler apart from the transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from shared import telemetry
from shared.bus import Handler, Message, Queue

REASON_LENGTH = 500

log = structlog.get_logger(__name__)


class InHand:
    """Handlers at work, each in its own task, so that a closing connection never cancels one half way.

    `freed` is called after each has ended.
    """

    def __init__(self, freed: Callable[[], None] = lambda: None) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._freed = freed

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin one."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def empty(self) -> None:
        """Wait until none is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._freed()


async def failure(handler: Handler, message: Message, queue: Queue) -> str | None:
    """Run the handler; None when it returned, else why it failed, with nothing personal in it."""
    try:
        await handler(message)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return _reason(error, message, queue)
    except Exception as error:
        return _reason(error, message, queue)
    return None


def retry_delay(message: Message, queue: Queue) -> float | None:
    """How many seconds a failed message waits before its next attempt; None when it has had them all."""
    delays = queue.retry_delays_s
    return delays[message.attempt - 1] if message.attempt <= len(delays) else None


def _reason(error: BaseException, message: Message, queue: Queue) -> str:
    text = f"{type(error).__name__}: {error}"[:REASON_LENGTH]
    reason = str(telemetry.redact(None, "", {"reason": text})["reason"])
    log.warning(
        "event_failed",
        queue=queue.name,
        type=message.type,
        event_id=message.id,
        attempt=message.attempt,
        reason=reason,
    )
    return reason
