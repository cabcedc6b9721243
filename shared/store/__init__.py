"""The document store port. Two adapters: mongo.py (motor) and sqlite.py.

A document is a JSON object with `_id` (str) and `version` (int, 1 at insertion). Values are JSON values only
(no datetimes, no bytes): dates are ISO 8601 strings in UTC, which sort as text. An aggregate's document also holds
`outbox` (list of JSON strings), `pending` (bool: outbox not empty) and `seen` (list of event ids); see repository.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

Document = dict[str, Any]


def time_text(moment: datetime) -> str:
    """A moment as a bound for stored times, exact to the second: `2026-06-01T08:00:05Z`.

    Cut, because a text without a fraction sorts after one with it: a stored time counts from the start of its second.
    """
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


class Unavailable(ConnectionError):
    """The database cannot answer now. Whether a write that was under way happened is unknown: read before again."""


@dataclass(frozen=True)
class Index:
    """Fields that `find` filters or sorts by, in this order; dotted paths reach into objects."""

    collection: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """Bounds on one field; None is open. `above`/`below` are strict, `at_least`/`at_most` inclusive."""

    above: Any = None
    at_least: Any = None
    below: Any = None
    at_most: Any = None


@dataclass(frozen=True)
class Query:
    """Equality and ranges (all must hold), one sort field with `_id` as tie-breaker, a page after a cursor.

    `equal` values that are tuples mean "one of"; None matches null and missing fields, which sort first and which no
    range matches. `sort` is a field name, with a leading "-" for descending. A field that is filtered or sorted by
    holds scalars of one type, or null.
    """

    equal: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    sort: str = "_id"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True)
class Page:
    """Documents in order, and the opaque cursor of the next page (None at the end)."""

    documents: Sequence[Document]
    next_cursor: str | None


class Store(Protocol):
    """What services need of a database. Every write is one document and atomic. All may raise `Unavailable`."""

    async def insert(self, collection: str, document: Document) -> None:
        """Write a new document. Raises `Duplicate` when its `_id` exists."""

    async def get(self, collection: str, document_id: str) -> Document | None:
        """Read one document by `_id`."""

    async def replace(self, collection: str, document: Document, *, version: int) -> bool:
        """Compare-and-set: replace the document where the stored `version` equals `version`; False if it does not."""

    async def delete(self, collection: str, document_id: str, *, version: int | None = None) -> bool:
        """Remove one document, if `version` is given only where the stored one equals it; False if none was."""

    async def find(self, collection: str, query: Query) -> Page:
        """One page of documents."""

    async def count(self, collection: str, equal: Mapping[str, Any]) -> int:
        """How many documents match all of `equal`."""

    async def collections(self) -> Sequence[str]:
        """The names of all collections; claims are none."""

    async def claim(self, key: str, owner: str) -> bool:
        """Make `owner` the only holder of `key`; True also when it holds it already, False when another does."""

    async def release(self, key: str, owner: str) -> None:
        """Give a claim back; does nothing when `owner` does not hold it."""

    async def holder(self, key: str) -> str | None:
        """Who holds `key`, if anybody."""

    async def ping(self) -> None:
        """Raise `Unavailable` when the database cannot answer."""
