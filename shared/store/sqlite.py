"""The store on SQLite: the embedded default, and in memory the test double. One file per service.

A collection is a table of JSON texts; fields are reached with json_extract and indexed by that expression.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shared.errors import Duplicate
from shared.store import Document, Index, Page, Query
from shared.store import sqlite_sql as sql
from shared.store.paging import Stretch, checked_collection, collect, position
from shared.store.sqlite_thread import SqliteThread


class SqliteStore:
    """See `shared.store.Store`. Any number of tasks may use one; other processes may share the file."""

    def __init__(self, thread: SqliteThread) -> None:
        self._thread = thread
        self._tables: set[str] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path | str, indexes: Sequence[Index] = ()) -> AsyncIterator[SqliteStore]:
        """Open a file, made with its folder when missing, or ":memory:", with these indexes."""
        thread = SqliteThread()
        await thread.open(path)
        try:
            store = cls(thread)
            await thread.run(sql.CLAIMS)
            for index in indexes:
                await store._table(index.collection)
                await thread.run(sql.index(index))
            yield store
        finally:
            await thread.close()

    async def insert(self, collection: str, document: Document) -> None:
        """Write a new document. Raises `Duplicate`."""
        table = await self._table(collection)
        row = (document["_id"], document["version"], _dump(document))
        try:
            await self._thread.run(sql.insert(table), row)
        except sqlite3.IntegrityError as error:
            raise Duplicate(collection) from error

    async def get(self, collection: str, document_id: str) -> Document | None:
        """Read one document."""
        done = await self._thread.run(sql.get(await self._table(collection)), (document_id,))
        return _documents(done.rows)[0] if done.rows else None

    async def replace(self, collection: str, document: Document, *, version: int) -> bool:
        """Compare-and-set."""
        table = await self._table(collection)
        values = (document["version"], _dump(document), document["_id"], version)
        done = await self._thread.run(sql.replace(table), values)
        return done.changed == 1

    async def delete(self, collection: str, document_id: str, *, version: int | None = None) -> bool:
        """Remove one document."""
        done = await self._thread.run(sql.delete(await self._table(collection)), (document_id, version))
        return done.changed == 1

    async def find(self, collection: str, query: Query) -> Page:
        """One page of documents."""
        table, start = await self._table(collection), position(query)

        async def fetch(stretch: Stretch, limit: int) -> list[Document]:
            done = await self._thread.run(*sql.select(table, query, stretch, start, limit))
            return _documents(done.rows)

        return await collect(query, fetch)

    async def count(self, collection: str, equal: Mapping[str, Any]) -> int:
        """How many documents match."""
        done = await self._thread.run(*sql.count(await self._table(collection), equal))
        return int(done.rows[0][0])

    async def collections(self) -> Sequence[str]:
        """The names of all collections."""
        done = await self._thread.run(sql.TABLES)
        return [name for (name,) in done.rows]

    async def claim(self, key: str, owner: str) -> bool:
        """Take the key if it is free."""
        done = await self._thread.run(sql.CLAIM, (key, owner))
        return done.rows == [(owner,)]

    async def release(self, key: str, owner: str) -> None:
        """Give a key back."""
        await self._thread.run(sql.RELEASE, (key, owner))

    async def holder(self, key: str) -> str | None:
        """Who holds the key."""
        done = await self._thread.run(sql.HOLDER, (key,))
        return str(done.rows[0][0]) if done.rows else None

    async def ping(self) -> None:
        """Raise `Unavailable` when the file cannot be read."""
        await self._thread.run("SELECT count(*) FROM sqlite_schema")

    async def _table(self, collection: str) -> str:
        if collection not in self._tables:
            for statement in sql.schema(checked_collection(collection)):
                await self._thread.run(statement)
            self._tables.add(collection)
        return collection


def _dump(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _documents(rows: list[tuple[Any, ...]]) -> list[Document]:
    return [json.loads(body) for (body,) in rows]
