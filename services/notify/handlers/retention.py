"""Forgetting what was sent and counted, once nobody needs it."""

from __future__ import annotations

from services.notify.domain import DAY
from services.notify.handlers.desk import Desk
from shared.store import Query, Range, time_text

BATCH = 500


async def forget(*, desk: Desk) -> int:
    """Delete one batch of each; how many documents went."""
    now = desk.clock()
    limits = (
        (desk.deliveries.collection, "created_at", now - desk.kept),
        (desk.outbox.collection, "at", now - desk.kept),
        (desk.quotas.collection, "last", now - DAY),
        (desk.tallies.collection, "day", now - 2 * DAY),
    )
    store, gone = desk.deliveries.store, 0
    for collection, field, limit in limits:
        old = Range(below=time_text(limit))
        page = await store.find(collection, Query(ranges={field: old}, sort=field, limit=BATCH))
        for document in page.documents:
            # As it stood when it was read: a quota may have been used again meanwhile.
            gone += await store.delete(collection, document["_id"], version=document["version"])
    return gone
