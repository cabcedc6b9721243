"""Removing what has expired, collection by collection."""

from __future__ import annotations

from datetime import UTC, datetime

from services.identity.domain import corrections, signon
from services.identity.domain.tickets import KEPT_FOR, TRIES_WITHIN
from services.identity.handlers.deps import Deps
from shared.store import Query, Range, time_text

BATCH = 500


async def forget_expired(*, deps: Deps, now: datetime | None = None) -> int:
    """Delete one batch of each; returns how many documents went."""
    moment = now or datetime.now(UTC)
    store = deps.sessions.store
    limits = (
        ("sessions", "ends_at", moment),
        ("captchas", "expires_at", moment),
        ("sign_ons", "expires_at", moment),
        ("newcomers", "expires_at", moment),
        ("attempts", "kept_until", moment),
        ("codes", "expires_at", moment),
        ("counts", "ends_at", moment),
        ("resets", "ends_at", moment),
        ("tickets", "ends_at", moment - KEPT_FOR),
        ("face_tries", "last", moment - TRIES_WITHIN),
        ("staff_requests", "decided_at", moment - signon.REQUEST_LIFE),
        ("corrections", "ended_at", moment - corrections.ENDED_LIFE),
    )
    gone = 0
    for collection, field, limit in limits:
        expired = Range(below=time_text(limit))
        page = await store.find(collection, Query(ranges={field: expired}, limit=BATCH))
        for document in page.documents:
            gone += await store.delete(collection, document["_id"])
    return gone
