"""Removing what has expired, collection by collection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.identity.domain import corrections, signon
from services.identity.domain.reset_tickets import KEPT_FOR, TRIES_WITHIN
from services.identity.handlers.deps import Deps
from shared.store import Query, Range, time_text

BATCH = 500


async def forget_expired(*, deps: Deps, clock: Callable[[], datetime]) -> int:
    """Delete one batch of each; returns how many documents went."""
    now, store = clock(), deps.sessions.store
    limits = (
        ("sessions", "ends_at", now),
        ("captchas", "expires_at", now),
        ("sign_ons", "expires_at", now),
        ("newcomers", "expires_at", now),
        ("attempts", "kept_until", now),
        ("codes", "expires_at", now),
        ("counts", "ends_at", now),
        ("resets", "ends_at", now),
        ("tickets", "ends_at", now - KEPT_FOR),
        ("face_tries", "last", now - TRIES_WITHIN),
        ("staff_requests", "decided_at", now - signon.REQUEST_LIFE),
        ("corrections", "ended_at", now - corrections.ENDED_LIFE),
    )
    gone = 0
    for collection, field, limit in limits:
        expired = Range(below=time_text(limit))
        page = await store.find(collection, Query(ranges={field: expired}, limit=BATCH))
        for document in page.documents:
            gone += await store.delete(collection, document["_id"])
    return gone
