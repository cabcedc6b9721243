"""Safe retries: a request that comes again with the same Idempotency-Key gets the first answer, not a second effect.

Entries are documents of their own in the service's store. An entry is taken by insertion or compare-and-set, so of any
number of simultaneous requests exactly one begins. The rules are those of draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import utc_now
from shared.errors import DomainError, Duplicate, Kind
from shared.privacy import Vault, place
from shared.store import Document, Index, Query, Range, Store

COLLECTION = "idempotency"
INDEXES = (Index(COLLECTION, ("expires_at",)),)

IN_FLIGHT = timedelta(seconds=60)
KEPT = timedelta(hours=24)
ATTEMPTS = 5


@dataclass(frozen=True)
class Begun:
    """The request is ours to carry out; hand this to `finish` or `abandon`."""

    entry_id: str
    body_hash: str
    version: int


@dataclass(frozen=True)
class Replay:
    """The request was carried out before; answer with this HTTP status and JSON value again."""

    status: int
    body: Any


class Idempotency:
    """Remembers requests and their answers for 24 hours.

    With a `vault`, answers are sealed and hashes of bodies keyed: both may give away personal data (security.md 12).
    """

    def __init__(self, store: Store, *, vault: Vault | None = None, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._vault = vault
        self._now = now

    async def begin(self, parts: Sequence[str], body_hash: str) -> Begun | Replay:
        """Begin the request named by `parts` (who, method, path, key), or give the answer it had.

        Raises `DomainError`: `idempotency.in_flight` (CONFLICT) while the first is being carried out, for 60 s at
        most; `idempotency.other_body` (UNPROCESSABLE) when the key came with another body.
        """
        # The first version is random, so that who began an entry that was since forgotten cannot finish its successor.
        begun = Begun(_entry_id(parts), self._keyed(body_hash), 1 + secrets.randbelow(2**31))
        for _ in range(ATTEMPTS):
            if await self._insert(begun):
                return begun
            old = await self._store.get(COLLECTION, begun.entry_id)
            if old is None:
                continue
            if old["expires_at"] > _text(self._now()):
                return self._answer(old, begun.body_hash)
            taken = replace(begun, version=old["version"] + 1)
            if await self._store.replace(COLLECTION, self._running(taken), version=old["version"]):
                return taken
        raise DomainError("idempotency.in_flight", Kind.CONFLICT)

    async def finish(self, begun: Begun, status: int, body: Any) -> None:
        """Keep the answer (a JSON value) for repetitions; not when another has taken the request over meanwhile."""
        text = json.dumps(body, ensure_ascii=False)
        document = self._running(begun) | {
            "version": begun.version + 1,
            "status": status,
            "answer": self._vault.seal(text, place(COLLECTION, "answer", begun.entry_id)) if self._vault else text,
            "expires_at": _text(self._now() + KEPT),
        }
        await self._store.replace(COLLECTION, document, version=begun.version)

    async def abandon(self, begun: Begun) -> None:
        """Forget the request, because it failed unexpectedly: a repetition begins anew."""
        await self._store.delete(COLLECTION, begun.entry_id, version=begun.version)

    async def sweep(self, limit: int = 500) -> int:
        """Remove expired entries, at most `limit`; how many were removed."""
        expired = Query(ranges={"expires_at": Range(at_most=_text(self._now()))}, sort="expires_at", limit=limit)
        page = await self._store.find(COLLECTION, expired)
        removed = 0
        for document in page.documents:
            # By version: an entry that a request takes over just now stays.
            removed += await self._store.delete(COLLECTION, document["_id"], version=document["version"])
        return removed

    async def _insert(self, begun: Begun) -> bool:
        try:
            await self._store.insert(COLLECTION, self._running(begun))
        except Duplicate:
            return False
        return True

    def _running(self, begun: Begun) -> Document:
        return {
            "_id": begun.entry_id,
            "version": begun.version,
            "body_hash": begun.body_hash,
            "status": None,
            "expires_at": _text(self._now() + IN_FLIGHT),
        }

    def _answer(self, document: Document, body_hash: str) -> Replay:
        if document["body_hash"] != body_hash:
            raise DomainError("idempotency.other_body", Kind.UNPROCESSABLE)
        if document["status"] is None:
            raise DomainError("idempotency.in_flight", Kind.CONFLICT)
        text = document["answer"]
        if self._vault:
            text = self._vault.open(text, place(COLLECTION, "answer", document["_id"]))
        return Replay(document["status"], json.loads(text))

    def _keyed(self, body_hash: str) -> str:
        return self._vault.blind(COLLECTION, body_hash) if self._vault else body_hash


def _entry_id(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds")
