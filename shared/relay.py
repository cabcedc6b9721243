"""From outbox to bus: publish what a write left in its document, then clear exactly what was confirmed.

A crash at any point leaves the entry in the outbox, to be published again with the same id: duplicates are
harmless (consumers remember what they have seen), a lost event is not.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain, islice

import structlog

from shared import spans, telemetry
from shared.bus import Bus, Message
from shared.store import Document, Query, Store
from shared.store.paging import every_document

COALESCE_S = 0.003
SWEEP_S = 3.0
# Events that no queue wants stay pending: the more there are, the more seldom they are read and sent again.
SWEEP_FULL = 1000
SWEEP_MOST_S = 30.0
PAUSE_S = 1.0
FLUSH_S = 5.0
ROUND = 200
CLEAR_TRIES = 5

Key = tuple[str, str]

log = structlog.get_logger(__name__)


class Relay:
    """Publishes the outboxes of some collections of one store.

    `ring` hands over a document that was just written with something in it; every `sweep_s` seconds the relay also
    looks by itself for what a crash or an absent broker left behind.
    """

    def __init__(self, bus: Bus, store: Store, collections: Sequence[str], *, sweep_s: float = SWEEP_S) -> None:
        self._bus = bus
        self._store = store
        self._collections = tuple(collections)
        self._sweep_s = sweep_s
        # None: as it stands in the store by then.
        self._rung: dict[Key, Document | None] = {}
        self._swept: dict[Key, None] = {}
        self._bell = asyncio.Event()
        self._closing = False

    def ring(self, collection: str, document: Document) -> None:
        """The doorbell of `Repository.written`. Returns at once."""
        self._rung[collection, document["_id"]] = document
        self._bell.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Relay inside the block; flush at its end."""
        task = asyncio.create_task(self.run())
        try:
            yield
        finally:
            self.close()
            await task

    def close(self) -> None:
        """Make `run` flush what was rung, within 5 seconds, and return."""
        self._closing = True
        self._bell.set()

    async def run(self) -> None:
        """Relay until `close`. Errors are logged and what they concern is tried again."""
        clock = asyncio.get_running_loop().time
        sweep_at = clock()
        while not self._closing:
            if not self._rung and not self._swept:
                await self._rest(sweep_at - clock())
            if clock() >= sweep_at and not self._swept:
                found = await self._sweep()
                sweep_at = clock() + min(SWEEP_MOST_S, self._sweep_s * (1 + found / SWEEP_FULL))
            await self._round()
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):
                while self._rung:
                    await self._round()

    async def _rest(self, longest_s: float) -> None:
        """Until the bell rings, and a moment longer: what is written together is published together."""
        self._bell.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), max(0.0, longest_s))
        await asyncio.sleep(COALESCE_S)

    async def _sweep(self) -> int:
        try:
            for collection in self._collections:
                found = await self._pending(collection)
                telemetry.OUTBOX_PENDING.labels(collection).set(len(found))
                self._swept |= dict.fromkeys((collection, document_id) for document_id in found)
        except Exception:
            log.exception("sweep_failed")
        return len(self._swept)

    async def _pending(self, collection: str) -> list[str]:
        waiting = Query(equal={"pending": True}, limit=ROUND)
        return [document["_id"] async for document in every_document(self._store, collection, waiting)]

    async def _round(self) -> None:
        # What was just written goes first: a long backlog must not delay it.
        later = (key for key in self._swept if key not in self._rung)
        taken = {key: self._rung.pop(key, None) for key in list(islice(chain(self._rung, later), ROUND))}
        for key in taken:
            self._swept.pop(key, None)
        try:
            if taken:
                await self._relay(taken)
        except Exception:
            log.exception("relay_failed", documents=len(taken))
            # Documents are not held through an outage: what waits is read again.
            self._rung = dict.fromkeys(chain(self._rung, taken))
            await asyncio.sleep(PAUSE_S)

    async def _relay(self, taken: Mapping[Key, Document | None]) -> None:
        """Publish all that these documents hold, in each document's order, in one batch; clear what arrived."""
        documents = await asyncio.gather(*(self._current(key, document) for key, document in taken.items()))
        waiting = [(key[0], document) for key, document in zip(taken, documents, strict=True) if document]
        entries = [entry for _, document in waiting for entry in document["outbox"]]
        messages = [_message(entry) for entry in entries]
        confirmed = await spans.publish(self._bus, messages)
        for message, arrived in zip(messages, confirmed, strict=True):
            telemetry.EVENTS_PUBLISHED.labels(message.type, "confirmed" if arrived else "unconfirmed").inc()
        done = {entry for entry, arrived in zip(entries, confirmed, strict=True) if arrived}
        if len(done) < len(entries):
            log.warning("events_unconfirmed", count=len(entries) - len(done))
        await asyncio.gather(*(self._clear(collection, document, done) for collection, document in waiting))

    async def _current(self, key: Key, handed: Document | None) -> Document | None:
        return handed or await self._store.get(*key)

    async def _clear(self, collection: str, document: Document | None, done: set[str]) -> None:
        """Take out what was confirmed, under the version that was read: nobody's edit meets a conflict by it."""
        for _ in range(CLEAR_TRIES):
            if document is None or done.isdisjoint(document["outbox"]):
                return
            left = [entry for entry in document["outbox"] if entry not in done]
            cleared = document | {"outbox": left, "pending": bool(left)}
            if await self._store.replace(collection, cleared, version=document["version"]):
                return
            key = collection, document["_id"]
            document = await self._store.get(*key)
            if key in self._rung:
                # What was handed over meanwhile holds what is cleared here: published again, it would be a duplicate.
                self._rung[key] = None
        if document is not None:
            self.ring(collection, document)


def _message(entry: str) -> Message:
    values = json.loads(entry)
    return Message(
        id=values["id"],
        type=values["type"],
        source=values["source"],
        subject=values["subject"],
        time=values["time"],
        body=values["body"].encode(),
        traceparent=values["traceparent"],
    )
