"""The bus of the embedded default and of tests: in one process, its messages kept in a SQLite file.

A confirmed message is on the disk and stays there until its handler has returned: kill -9 loses none.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import structlog

from shared.bus import DeadLetter, Handler, Message, Queue
from shared.bus.handling import InHand, failure, retry_delay

T = TypeVar("T")
Statement = tuple[str, tuple[object, ...]]

LOOK_AGAIN_S = 1.0

log = structlog.get_logger(__name__)

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS bindings (queue TEXT, type TEXT, PRIMARY KEY (queue, type));
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY, queue TEXT, dead INTEGER DEFAULT 0, due REAL DEFAULT 0, reason TEXT DEFAULT '',
    id TEXT, type TEXT, source TEXT, subject TEXT, time TEXT, body BLOB, traceparent TEXT, attempt INTEGER);
CREATE INDEX IF NOT EXISTS waiting ON messages (queue, dead, seq);
"""
_INSERT = """
INSERT INTO messages (queue, id, type, source, subject, time, body, traceparent, attempt)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_READY = """
SELECT seq, id, type, source, subject, time, body, traceparent, attempt FROM messages
WHERE queue = ? AND dead = 0 AND due <= ? ORDER BY seq LIMIT ?"""
_DEPTH = "SELECT count(*) FROM messages WHERE queue = ? AND dead = 0 AND due <= ?"
_DEAD_LETTERS = """
SELECT reason, id, type, source, subject, time, body, traceparent, attempt FROM messages
WHERE queue = ? AND dead = 1 ORDER BY seq LIMIT ?"""
_DEAD_LETTER = "SELECT seq FROM messages WHERE queue = ? AND dead = 1 AND id = ? LIMIT 1"
_NEXT_DUE = "SELECT min(due) FROM messages WHERE queue = ? AND dead = 0 AND due > ?"
_DONE = "DELETE FROM messages WHERE seq = ?"
_BACK = """
UPDATE messages SET seq = (SELECT max(seq) + 1 FROM messages), dead = 0, attempt = ?, due = ? WHERE seq = ?"""
_DEAD = "UPDATE messages SET dead = 1, reason = ? WHERE seq = ?"


class LocalBus:
    """See `shared.bus.Bus`. One process at a time may have a file open."""

    def __init__(self, path: Path | str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bus")
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._taken: dict[str, set[int]] = defaultdict(set)
        self._subscriptions: list[_LocalSubscription] = []
        self._settling: list[tuple[str, int, Statement, asyncio.Future[None]]] = []
        self._settler: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path | str) -> AsyncIterator[LocalBus]:
        """Open or create the file (or ":memory:"); on leaving, finish what is in hand and close."""
        bus = cls(path)
        await bus._do(lambda: bus._db.executescript(_SCHEMA))
        try:
            yield bus
        finally:
            await bus.close()

    async def close(self) -> None:
        """Take no more, finish what is in hand, close the file."""
        await asyncio.gather(*(subscription.close() for subscription in list(self._subscriptions)))
        await self._do(self._db.close)
        self._thread.shutdown()

    async def declare(self, queue: Queue) -> None:
        """Make the queue known and bind it to its types."""
        bindings = [(queue.name, event_type) for event_type in queue.types]
        await self._do(
            self._write,
            [("DELETE FROM bindings WHERE queue = ?", (queue.name,))]
            + [("INSERT OR IGNORE INTO bindings VALUES (?, ?)", binding) for binding in bindings],
        )

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        """Write the messages into the queues bound to their types, all in one transaction."""
        try:
            routes = await self._do(self._insert, messages)
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
        [(count,)] = await self._read(_DEPTH, (queue, time.time()))
        return int(count) - len(self._taken[queue])

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters."""
        rows = await self._read(_DEAD_LETTERS, (queue, limit))
        return [DeadLetter(Message(*row[1:]), queue, row[0]) for row in rows]

    async def replay(self, queue: str, message_id: str) -> bool:
        """Put one dead letter back."""
        rows = await self._read(_DEAD_LETTER, (queue, message_id))
        for (seq,) in rows:
            await self._do(self._write, [(_BACK, (1, 0, seq))])
        self._wake({queue})
        return bool(rows)

    async def ping(self) -> None:
        """Raise when the file cannot be read."""
        await self._read("SELECT 1", ())

    async def take(self, queue: str, free: int) -> tuple[list[tuple[int, Message]], float | None]:
        """Up to `free` messages to handle, and in how many seconds to look again (None: when woken)."""
        try:
            return await self._do(self._take, queue, free)
        except sqlite3.Error:
            log.exception("take_failed", queue=queue)
            return [], LOOK_AGAIN_S

    async def settle(self, queue: str, seq: int, outcome: Statement) -> None:
        """Write how a message in hand ended, together with the others that end meanwhile."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settling.append((queue, seq, outcome, written))
        if self._settler is None or self._settler.done():
            self._settler = asyncio.create_task(self._settle_all())
        await written

    def forget(self, subscription: _LocalSubscription) -> None:
        """A subscription has ended."""
        self._subscriptions.remove(subscription)

    async def _settle_all(self) -> None:
        while self._settling:
            batch, self._settling = self._settling, []
            try:
                await self._do(self._write, [outcome for _, _, outcome, _ in batch])
            except sqlite3.Error:
                log.exception("settle_failed", count=len(batch))  # they are delivered again
            for queue, seq, _, written in batch:
                self._taken[queue].discard(seq)
                if not written.done():
                    written.set_result(None)

    async def _do(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    async def _read(self, sql: str, values: tuple[object, ...]) -> list[Any]:
        return await self._do(lambda: self._db.execute(sql, values).fetchall())

    def _write(self, statements: Sequence[Statement]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for sql, values in statements:
                self._db.execute(sql, values)

    def _insert(self, messages: Sequence[Message]) -> list[list[str]]:
        bound: dict[str, list[str]] = defaultdict(list)
        for queue, event_type in self._db.execute("SELECT queue, type FROM bindings"):
            bound[event_type].append(queue)
        routes = [bound[message.type] for message in messages]
        self._write(
            [
                (_INSERT, (queue, *vars(message).values()))
                for message, queues in zip(messages, routes, strict=True)
                for queue in queues
            ]
        )
        return routes

    def _take(self, queue: str, free: int) -> tuple[list[tuple[int, Message]], float | None]:
        now, taken = time.time(), self._taken[queue]
        rows = self._db.execute(_READY, (queue, now, free + len(taken))).fetchall()
        found = [(row[0], Message(*row[1:])) for row in rows if row[0] not in taken][:free]
        taken.update(seq for seq, _ in found)
        [(due,)] = self._db.execute(_NEXT_DUE, (queue, now))
        return found, None if due is None else due - now

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
            return _DONE, (seq,)
        delay = retry_delay(message, self.queue)
        if delay is None:
            return _DEAD, (reason, seq)
        return _BACK, (message.attempt + 1, time.time() + delay, seq)
