"""The bus of the embedded default and of tests: in one process, its messages kept in a SQLite file.

A confirmed message is on the disk and stays there until its handler has returned: kill -9 loses none.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self, TypeVar

import structlog

from shared.bus import DeadLetter, Handler, Message, Queue, journal
from shared.bus.handling import InHand, failure, retry_delay
from shared.bus.journal import Journal, Statement

LOOK_AGAIN_S = 1.0

T = TypeVar("T")

log = structlog.get_logger(__name__)


class LocalBus:
    """See `shared.bus.Bus`. A file is open once at a time; a second opening raises `sqlite3.OperationalError`."""

    def __init__(self, journal: Journal, thread: ThreadPoolExecutor) -> None:
        self._journal = journal
        self._thread = thread
        self._subscriptions: list[_LocalSubscription] = []
        self._ended: list[tuple[str, int, Statement]] = []
        self._batch: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path | str) -> AsyncIterator[Self]:
        """Open or create the file (or ":memory:"); on leaving, finish what is in hand and close."""
        with ThreadPoolExecutor(1, thread_name_prefix="bus") as thread:
            bus = cls(await asyncio.get_running_loop().run_in_executor(thread, Journal, path), thread)
            try:
                yield bus
            finally:
                await bus.close()

    async def close(self) -> None:
        """Take no more, finish what is in hand, close the file."""
        await asyncio.gather(*(subscription.close() for subscription in list(self._subscriptions)))
        await self._do(self._journal.close)

    async def declare(self, queue: Queue) -> None:
        """Make the queue known and bind it to its types."""
        await self._do(self._journal.bind, queue)

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        """Write the messages into the queues bound to their types; False where there is none."""
        try:
            routes = await self._do(self._journal.append, messages)
        except sqlite3.Error:
            log.exception("publish_failed", count=len(messages))
            return [False] * len(messages)
        self._wake({queue for queues in routes for queue in queues})
        return [bool(queues) for queues in routes]

    async def subscribe(self, queue: Queue, handler: Handler) -> _LocalSubscription:
        """Consume, with at most `prefetch` handlers at work."""
        await self.declare(queue)
        subscription = _LocalSubscription(self, queue, handler)
        self._subscriptions.append(subscription)
        return subscription

    async def depth(self, queue: str) -> int:
        """Messages that are ready and not in hand."""
        return await self._do(self._journal.depth, queue)

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters."""
        return await self._do(self._journal.dead_letters, queue, limit)

    async def replay(self, queue: str, message_id: str) -> bool:
        """Put one dead letter back."""
        found = await self._do(self._journal.replay, queue, message_id)
        self._wake({queue})
        return found

    async def ping(self) -> None:
        """Raise when the file cannot be read."""
        await self._do(self._journal.ping)

    async def take(self, queue: str, free: int) -> tuple[list[tuple[int, Message]], float | None]:
        """Up to `free` messages to handle, and in how many seconds to look again (None: when woken)."""
        try:
            return await self._do(self._journal.take, queue, free)
        except sqlite3.Error:
            log.exception("take_failed", queue=queue)
            return [], LOOK_AGAIN_S

    async def settle(self, queue: str, seq: int, outcome: Statement) -> None:
        """Write how a message in hand ended, together with the others that end meanwhile."""
        self._ended.append((queue, seq, outcome))
        if self._batch is None:
            self._batch = asyncio.create_task(self._settle())
        await asyncio.wait({self._batch})

    def forget(self, subscription: _LocalSubscription) -> None:
        """A subscription has ended."""
        self._subscriptions.remove(subscription)

    async def _settle(self) -> None:
        async with self._writing:
            ended, self._ended, self._batch = self._ended, [], None
            try:
                await self._do(self._journal.settle, ended)
            except sqlite3.Error:
                log.exception("settle_failed", count=len(ended))
                await asyncio.sleep(LOOK_AGAIN_S)

    async def _do(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def _wake(self, queues: set[str]) -> None:
        for subscription in self._subscriptions:
            if subscription.queue.name in queues:
                subscription.wake.set()


class _LocalSubscription:
    """A running consumer of a `LocalBus`."""

    def __init__(self, bus: LocalBus, queue: Queue, handler: Handler) -> None:
        self.queue = queue
        self.wake = asyncio.Event()
        self._bus = bus
        self._handler = handler
        self._hand = InHand(freed=self.wake.set)
        self._stopping = False
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Take no more, wait until what is in hand is finished and written."""
        if self._stopping:
            return
        self._stopping = True
        self.wake.set()
        await self._task
        await self._hand.empty()
        self._bus.forget(self)

    async def _run(self) -> None:
        while not self._stopping:
            self.wake.clear()
            free = self.queue.prefetch - len(self._hand)
            found, due_in = await self._bus.take(self.queue.name, free)
            for seq, message in found:
                self._hand.start(self._handle(seq, message))
            if len(found) == free > 0:
                continue
            try:
                await asyncio.wait_for(self.wake.wait(), due_in)
            except TimeoutError:
                continue

    async def _handle(self, seq: int, message: Message) -> None:
        reason = await failure(self._handler, message, self.queue)
        await self._bus.settle(self.queue.name, seq, self._outcome(seq, message, reason))

    def _outcome(self, seq: int, message: Message, reason: str | None) -> Statement:
        if reason is None:
            return journal.done(seq)
        delay = retry_delay(message, self.queue)
        return journal.dead(seq, reason) if delay is None else journal.retry(seq, message, delay)
