"""Keyset paging, the same for both adapters: an opaque cursor, and the stretches of the order that come after it.

Nulls (and missing fields) sort first, as in MongoDB and SQLite. A comparison never matches a null, so the rest of an
order that begins at a null, or ends in nulls, is two stretches; each is one plain range that an index serves.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from shared.errors import DomainError
from shared.store import Document, Page, Query, Store

_COLLECTION = re.compile(r"(?!claims$|sqlite_)[a-z][a-z0-9_]*", re.ASCII)
_FIELD = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*", re.ASCII)


class Stretch(Enum):
    """A part of the order: all of it, what lies beyond a position, or only the nulls or only the values."""

    ALL = auto()
    BEYOND = auto()
    NULLS_BEYOND = auto()
    NULLS = auto()
    VALUES = auto()


@dataclass(frozen=True)
class Order:
    """One sort field, with `_id` as tie-breaker in the same direction."""

    field: str
    descending: bool

    @classmethod
    def of(cls, sort: str) -> Order:
        """Read `name` or `-name`."""
        return cls(checked_field(sort.removeprefix("-")), sort.startswith("-"))


@dataclass(frozen=True)
class Position:
    """The sort value and the id of the last document of a page."""

    value: Any
    document_id: str


Fetch = Callable[[Stretch, int], Awaitable[list[Document]]]


def checked_collection(name: str) -> str:
    """The name, if it is one: lower case letters, digits, underscores; `claims` is the stores' own."""
    if not is_collection(name):
        raise ValueError(f"not a collection name: {name!r}")
    return name


def is_collection(name: str) -> bool:
    """Whether it can be a collection's name."""
    return bool(_COLLECTION.fullmatch(name))


def checked_field(path: str) -> str:
    """The dotted path, if it is one: it goes into SQL text, so nothing else may pass."""
    if not _FIELD.fullmatch(path):
        raise ValueError(f"not a field path: {path!r}")
    return path


def checked_scalar(value: Any) -> Any:
    """The value, if it can be compared: an object here would be an operator to MongoDB."""
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(f"fields are compared with scalars, not {type(value).__name__}")
    return value


def position(query: Query) -> Position | None:
    """Where the query's cursor points. Raises `DomainError` `cursor.invalid` (it comes back from the outside)."""
    if query.cursor is None:
        return None
    try:
        sort, value, document_id = json.loads(base64.urlsafe_b64decode(query.cursor))
        if sort != query.sort or not isinstance(document_id, str):
            raise ValueError(sort)
        return Position(checked_scalar(value), document_id)
    except (ValueError, TypeError) as error:
        raise DomainError("cursor.invalid") from error


def stretches(order: Order, start: Position | None) -> list[Stretch]:
    """What is left of the order after `start`, first things first."""
    if start is None:
        return [Stretch.ALL]
    if order.field == "_id":
        return [Stretch.BEYOND]
    if start.value is None:
        return [Stretch.NULLS_BEYOND] if order.descending else [Stretch.NULLS_BEYOND, Stretch.VALUES]
    return [Stretch.BEYOND, Stretch.NULLS] if order.descending else [Stretch.BEYOND]


async def collect(query: Query, fetch: Fetch) -> Page:
    """Fill one page stretch by stretch. `fetch` reads at most so many documents of a stretch, in order."""
    if query.limit < 1:
        raise ValueError("a page holds at least one document")
    order = Order.of(query.sort)
    documents: list[Document] = []
    for stretch in stretches(order, position(query)):
        documents += await fetch(stretch, query.limit + 1 - len(documents))
        if len(documents) > query.limit:
            return Page(documents[:-1], _cursor(query.sort, order, documents[-2]))
    return Page(documents, None)


async def every_document(store: Store, collection: str, query: Query) -> AsyncIterator[Document]:
    """All that match, to the end, `query.limit` read at a time."""
    while True:
        page = await store.find(collection, query)
        for document in page.documents:
            yield document
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor)


def _cursor(sort: str, order: Order, last: Document) -> str:
    text = json.dumps([sort, _value_at(last, order.field), last["_id"]], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode()


def _value_at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return checked_scalar(value)
