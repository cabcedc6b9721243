"""Aggregates in documents: one aggregate = one document = one atomic write (design.md 2).

A handler opens an aggregate, lets the domain decide, and emits events; state, events and the id of the event that
caused it are written together by compare-and-set. `Conflict` makes the caller run the handler again; `change` is for
what must not be run again from its start, a proof that is spent or a guess that counts.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from shared import telemetry
from shared.errors import AlreadyHandled, Conflict, Duplicate, NotFound
from shared.events.base import Event
from shared.privacy import Vault, place
from shared.store import Document, Query, Store

SEEN_LIMIT = 200
# Writers of one aggregate at the same moment.
RIVALS = 30

Written = Callable[[str, Document], None]
"""Who is handed the collection and the document after each write that leaves events to publish: the relay."""

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}

R = TypeVar("R")
T = TypeVar("T")


def unheard(_collection: str, _document: Document) -> None:
    """Of a repository that leaves no events, or whose events the sweep finds."""


@dataclass
class Work(Generic[T]):
    """An aggregate being worked on. Change `state`, and say what happened with `emit`."""

    state: T
    events: list[Event] = field(default_factory=list)
    left: bool = False

    def emit(self, *events: Event) -> None:
        """Have these events published once, and only if, the state is written."""
        self.events.extend(events)

    def leave(self) -> None:
        """Have nothing written, told or marked as handled: all of it is so already."""
        self.left = True


@dataclass(frozen=True)
class Found(Generic[T]):
    """A page of aggregates and the cursor of the next."""

    items: list[T]
    next_cursor: str | None


class Repository(Generic[T]):
    """The aggregates of one type (a dataclass with a `id: str`) in one collection.

    `sealed` names top-level fields that are encrypted at rest with AAD `collection|field|id` (security.md 12).
    `written` is told of events to publish.
    """

    def __init__(
        self,
        store: Store,
        collection: str,
        model: type[T],
        *,
        vault: Vault | None = None,
        sealed: Sequence[str] = (),
        written: Written = unheard,
    ) -> None:
        self.store = store
        self.collection = collection
        self._what = collection.removesuffix("s")
        self._adapter: TypeAdapter[T] = _adapter(model)
        self._vault = vault
        self._sealed = tuple(sealed)
        self._written = written

    async def get(self, aggregate_id: str) -> T:
        """Read one aggregate. Raises `NotFound`."""
        return self._load(await self._document(aggregate_id))

    async def find(self, query: Query) -> Found[T]:
        """Read one page of aggregates."""
        page = await self.store.find(self.collection, query)
        return Found([self._load(document) for document in page.documents], page.next_cursor)

    async def add(self, aggregate_id: str, state: T, *events: Event, cause: Event | None = None) -> None:
        """Write a new aggregate with its first events. Raises `Duplicate`."""
        document = self._dump(aggregate_id, state)
        document |= {"version": 1, "seen": [cause.event_id] if cause else []} | _outbox([], events)
        await self.store.insert(self.collection, document)
        if events:
            self._written(self.collection, document)

    @asynccontextmanager
    async def edit(self, which: str | Query, cause: Event | None = None) -> AsyncIterator[Work[T]]:
        """Open one aggregate, by its id or as the first that is found, for a change that is written when the block ends
        without an error, unless it was left as it is.

        `cause` is the event being handled; its effect happens once. Raises `NotFound`, `Conflict` (re-run the
        handler), `AlreadyHandled` (acknowledge).
        """
        old = await self._document(which)
        seen: list[str] = old["seen"]
        if cause and cause.event_id in seen:
            raise AlreadyHandled(cause.event_id)
        work = Work(self._load(old))
        yield work
        if work.left:
            return
        document = self._dump(old["_id"], work.state)
        document |= _outbox(old["outbox"], work.events)
        document["seen"] = [*seen, cause.event_id][-SEEN_LIMIT:] if cause else seen
        document["version"] = old["version"] + 1
        if not await self.store.replace(self.collection, document, version=old["version"]):
            raise Conflict
        if work.events:
            self._written(self.collection, document)

    async def change(
        self,
        aggregate_id: str,
        change: Callable[[Work[T]], R],
        *,
        first: Callable[[], T] | None = None,
        rivals: int = RIVALS,
    ) -> R:
        """Change one aggregate, on what a rival wrote meanwhile if one did; returns what the last `change` returned.

        `first` makes the aggregate where there is none. Raises what `change` raises and writes nothing then;
        `NotFound` without `first`; `Conflict` when `rivals` came before.
        """
        for _ in range(rivals):
            with suppress(Conflict, Duplicate):
                try:
                    async with self.edit(aggregate_id) as work:
                        result = change(work)
                except NotFound:
                    if first is None:
                        raise
                    work = Work(first())
                    result = change(work)
                    await self.add(aggregate_id, work.state, *work.events)
                return result
        raise Conflict

    async def delete(self, aggregate_id: str, *, version: int | None = None) -> bool:
        """Remove one aggregate, if `version` is given only as it stood then; False if none was removed."""
        return await self.store.delete(self.collection, aggregate_id, version=version)

    async def _document(self, which: str | Query) -> Document:
        if isinstance(which, str):
            found = await self.store.get(self.collection, which)
        else:
            found = next(iter((await self.store.find(self.collection, which)).documents), None)
        if found is None:
            raise NotFound(self._what)
        return found

    def _load(self, document: Document) -> T:
        values = dict(document)
        for name in self._sealed:
            if isinstance(values.get(name), str):
                where = place(self.collection, name, document["_id"])
                values[name] = json.loads(self._cipher().open(values[name], where))
        return self._adapter.validate_python(values)

    def _dump(self, aggregate_id: str, state: T) -> Document:
        document: Document = self._adapter.dump_python(state, mode="json")
        document["_id"] = aggregate_id
        for name in self._sealed:
            if document.get(name) is not None:
                text = json.dumps(document[name], ensure_ascii=False)
                document[name] = self._cipher().seal(text, place(self.collection, name, aggregate_id))
        return document

    def _cipher(self) -> Vault:
        if self._vault is None:
            raise RuntimeError(f"{self.collection} has sealed fields but no vault")
        return self._vault


def _adapter(model: type[T]) -> TypeAdapter[T]:
    # Made once: pydantic takes up to 25 ms for a large one.
    if model not in _ADAPTERS:
        _ADAPTERS[model] = TypeAdapter(model)
    return _ADAPTERS[model]


def _outbox(waiting: list[str], events: Sequence[Event]) -> dict[str, Any]:
    outbox = [*waiting, *(_envelope(event) for event in events)]
    return {"outbox": outbox, "pending": bool(outbox)}


def _envelope(event: Event) -> str:
    # A JSON string, not a sub-document: some Mongo-wire servers garble arrays of objects (lab.md).
    return json.dumps(
        {
            "id": event.event_id,
            "type": event.TYPE,
            "source": event.source(),
            "subject": event.subject,
            "time": event.occurred_at.isoformat(),
            "traceparent": telemetry.traceparent(),
            "body": event.model_dump_json(),
        },
        ensure_ascii=False,
    )
