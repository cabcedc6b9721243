"""The SQLite file behind the local bus: queues, bindings, messages. One thread at a time calls it."""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.bus import DeadLetter, Message, Queue

Statement = tuple[str, tuple[object, ...]]

# FULL: a confirmed publish survives a power cut too, as the outbox it was taken from does.
# EXCLUSIVE: a second process that opened the file would handle every message again; it is refused.
_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
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
_NEXT_DUE = "SELECT min(due) FROM messages WHERE queue = ? AND dead = 0 AND due > ?"
_DEPTH = "SELECT count(*) FROM messages WHERE queue = ? AND dead = 0 AND due <= ?"
_DEAD_LETTERS = """
SELECT reason, id, type, source, subject, time, body, traceparent, attempt FROM messages
WHERE queue = ? AND dead = 1 ORDER BY seq LIMIT ?"""
_DEAD_LETTER = "SELECT seq FROM messages WHERE queue = ? AND dead = 1 AND id = ? ORDER BY seq LIMIT 1"
_DONE = "DELETE FROM messages WHERE seq = ?"
_TO_THE_END = """
UPDATE messages SET seq = (SELECT max(seq) + 1 FROM messages), dead = 0, attempt = ?, due = ? WHERE seq = ?"""
_DEAD = "UPDATE messages SET dead = 1, reason = ? WHERE seq = ?"


class Journal:
    """Messages in order of `seq`. What is taken is known in memory only: after a crash it is ready again."""

    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._taken: dict[str, set[int]] = defaultdict(set)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def ping(self) -> None:
        """Raise when the file cannot be read."""
        self._db.execute("SELECT 1 FROM messages LIMIT 1").fetchall()

    def bind(self, queue: Queue) -> None:
        """Bind the queue to its types and to no others."""
        bindings = [(queue.name, event_type) for event_type in queue.types]
        self._write(
            [("DELETE FROM bindings WHERE queue = ?", (queue.name,))]
            + [("INSERT OR IGNORE INTO bindings VALUES (?, ?)", binding) for binding in bindings]
        )

    def append(self, messages: Sequence[Message]) -> list[list[str]]:
        """Put each message into the queues bound to its type, all in one transaction; their names per message."""
        bound: dict[str, list[str]] = defaultdict(list)
        for queue, event_type in self._db.execute("SELECT queue, type FROM bindings"):
            bound[event_type].append(queue)
        routes = [bound[message.type] for message in messages]
        self._write(
            (_INSERT, (queue, *vars(message).values()))
            for message, queues in zip(messages, routes, strict=True)
            for queue in queues
        )
        return routes

    def take(self, queue: str, free: int) -> tuple[list[tuple[int, Message]], float | None]:
        """Up to `free` ready messages, and in how many seconds the next delayed one is due."""
        now, taken = time.time(), self._taken[queue]
        rows = self._db.execute(_READY, (queue, now, free + len(taken))).fetchall()
        found = [(row[0], Message(*row[1:])) for row in rows if row[0] not in taken][:free]
        taken.update(seq for seq, _ in found)
        [(due,)] = self._db.execute(_NEXT_DUE, (queue, now))
        return found, None if due is None else max(0.0, due - now)

    def settle(self, ended: Sequence[tuple[str, int, Statement]]) -> None:
        """Write how messages that were taken ended, in one transaction; if that fails they are ready again."""
        try:
            self._write(outcome for _, _, outcome in ended)
        finally:
            for queue, seq, _ in ended:
                self._taken[queue].discard(seq)

    def depth(self, queue: str) -> int:
        """Messages that are ready and not taken."""
        count: int = self._db.execute(_DEPTH, (queue, time.time())).fetchone()[0]
        return count - len(self._taken[queue])

    def dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        """The oldest dead letters."""
        rows = self._db.execute(_DEAD_LETTERS, (queue, limit)).fetchall()
        return [DeadLetter(Message(*row[1:]), queue, row[0]) for row in rows]

    def replay(self, queue: str, message_id: str) -> bool:
        """Put one dead letter at the end of its queue, as if it were new."""
        row = self._db.execute(_DEAD_LETTER, (queue, message_id)).fetchone()
        if row:
            self._write([(_TO_THE_END, (1, 0, row[0]))])
        return bool(row)

    def _write(self, statements: Iterable[Statement]) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            for sql, values in statements:
                self._db.execute(sql, values)


def done(seq: int) -> Statement:
    """The message has been handled."""
    return _DONE, (seq,)


def retry(seq: int, message: Message, delay_s: float) -> Statement:
    """The message waits for its next attempt."""
    return _TO_THE_END, (message.attempt + 1, time.time() + delay_s, seq)


def dead(seq: int, reason: str) -> Statement:
    """The message is given up."""
    return _DEAD, (reason, seq)
