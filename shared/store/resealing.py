"""Sealing again under the newest key what an older one sealed, until the older one can be taken away (security.md 12).

It needs no list of what is sealed, which would drift: a sealed value names its key, and opens in its place only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator

import structlog

from shared.privacy import Unreadable, Vault, place
from shared.store import Document, Query, Store
from shared.store.paging import every_document

BATCH = 200
TRIES = 5
LEAST = 38  # characters of base64 for a nonce, a tag and nothing between

log = structlog.get_logger(__name__)


class Resealing:
    """What one service's store holds under older keys of its vault."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._old = sorted(set(vault.keys) - {vault.current})
        self._sealed = re.compile(rf"({'|'.join(map(re.escape, self._old))})\.[\w-]{{{LEAST}}}", re.ASCII)

    @property
    def current(self) -> str:
        """The key that seals."""
        return self._vault.current

    def keys_in(self, text: str) -> set[str]:
        """The older keys under which something in a JSON text is sealed."""
        if not self._old:
            return set()
        # A sealed value is a string, or one inside a string: a quote stands before it, escaped or not.
        return {found.group(1) for found in re.finditer(f'"{self._sealed.pattern}', text, re.ASCII)}

    async def left(self) -> dict[str, int]:
        """Older key → how many documents hold something sealed under it, in events that wait to be published too."""
        found = Counter(dict.fromkeys(self._old, 0))
        if self._old:
            async for _, document in self._documents():
                found.update(self.keys_in(json.dumps(document)))
        return dict(found)

    async def run(self) -> int:
        """Go through every document once; how many were sealed again.

        Each is one compare-and-set, so it may end half way, run twice or beside the service's own writes: what it had
        not come to is left for the next time.
        """
        count = 0
        if self._old:
            async for collection, document in self._documents():
                count += await self._reseal(collection, document)
        return count

    async def _documents(self) -> AsyncIterator[tuple[str, Document]]:
        for collection in await self._store.collections():
            async for document in every_document(self._store, collection, Query(limit=BATCH)):
                yield collection, document

    async def _reseal(self, collection: str, document: Document | None) -> bool:
        for _ in range(TRIES):
            renewed = self._renewed(collection, document) if document else {}
            if not document or not renewed:
                return False
            version: int = document["version"]
            # A version of its own: who read the document before meets a conflict and does not bring the old key back.
            if await self._store.replace(collection, document | renewed | {"version": version + 1}, version=version):
                return True
            document = await self._store.get(collection, document["_id"])
        return False

    def _renewed(self, collection: str, document: Document) -> Document:
        """The fields that an older key sealed, under the newest."""
        renewed: Document = {}
        for field, value in document.items():
            if isinstance(value, str) and self._sealed.match(value):
                where = place(collection, field, document["_id"])
                try:
                    renewed[field] = self._vault.seal(self._vault.open(value, where), where)
                except Unreadable:
                    log.warning("not_resealed", collection=collection, field=field)
        return renewed
