"""One thread that owns one SQLite connection, so that the event loop never waits for a disk.

What waits together is committed together: one commit, and so one flush to the disk, for many writes. Each statement
still succeeds or fails by itself, and its caller hears of it after the commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.store import Unavailable

BATCH = 64
BUSY_S = 5.0


@dataclass(frozen=True)
class Done:
    """What a statement gave: its rows, and how many rows it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


@dataclass
class _Job:
    sql: str
    values: Sequence[Any]
    answer: asyncio.Future[Done]

    @property
    def reads(self) -> bool:
        return self.sql.startswith("SELECT")


class SqliteThread:
    """Runs statements in order of arrival."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "sqlite")
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Job] = deque()
        self._connection: sqlite3.Connection

    async def open(self, path: Path | str) -> None:
        """Open the file (0600 when it is new) or ":memory:". An acknowledged write survives a loss of power."""
        await self._loop.run_in_executor(self._executor, self._connect, path)

    async def close(self) -> None:
        """Finish what waits, then close."""
        await self._loop.run_in_executor(self._executor, self._connection.close)
        self._executor.shutdown()

    async def run(self, sql: str, values: Sequence[Any] = ()) -> Done:
        """Execute one statement. Raises `Unavailable`, and `sqlite3.IntegrityError` for a broken constraint."""
        job = _Job(sql, values, self._loop.create_future())
        self._waiting.append(job)
        try:
            self._executor.submit(self._drain)
            return await job.answer
        except (sqlite3.OperationalError, RuntimeError) as error:
            raise Unavailable(str(error)) from error

    def _connect(self, path: Path | str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).touch(mode=0o600)
        self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def _drain(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]
        if batch:
            outcomes = self._commit_together(batch)
            self._loop.call_soon_threadsafe(_tell, batch, outcomes)

    def _commit_together(self, batch: list[_Job]) -> list[Done | Exception]:
        # A write begins IMMEDIATE: one that begins as a reader cannot wait its turn behind another process.
        begin = "BEGIN" if all(job.reads for job in batch) else "BEGIN IMMEDIATE"
        try:
            self._connection.execute(begin)
            outcomes = [self._outcome(job) for job in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [error] * len(batch)
        return outcomes

    def _outcome(self, job: _Job) -> Done | Exception:
        try:
            cursor = self._connection.execute(job.sql, job.values)
            return Done(cursor.fetchall(), cursor.rowcount)
        except Exception as error:
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError("the whole transaction was rolled back") from error
            return error


def _tell(batch: list[_Job], outcomes: list[Done | Exception]) -> None:
    for job, outcome in zip(batch, outcomes, strict=True):
        if job.answer.done():
            continue
        if isinstance(outcome, Done):
            job.answer.set_result(outcome)
        else:
            job.answer.set_exception(outcome)
