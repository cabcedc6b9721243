"""What has had its days: drafts that nobody went on with, and pictures, evidence and files after their programme."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from services.registration.domain import retention
from services.registration.handlers.deps import BATCH, Deps, changing, found_due
from services.registration.handlers.drafts import discard
from services.registration.handlers.submissions import release
from shared.errors import Conflict, NotFound
from shared.store import Query


async def sweep(*, deps: Deps, now: datetime) -> int:
    """Delete what has had its days; how many applications it was taken from."""
    moved = 0
    for application in await found_due("draft_due", deps=deps, now=now):
        with suppress(Conflict, NotFound):  # Gone on with just now.
            await discard(application, deps=deps, now=now)
            moved += 1
    # What has something to tell yet waits for that.
    for application in await found_due("retention_due", deps=deps, now=now, pending=False):
        with suppress(Conflict, NotFound):
            if retention.over(application, deps.programme(application.programme), now):
                await release(application, deps=deps)
                await deps.applications.delete(application.id, version=application.version)
            else:
                async with changing(application.id, deps=deps) as work:
                    work.emit(*retention.forget(work.state, deps.programme(work.state.programme), now))
            moved += 1
    await _clear(deps)
    return moved


async def _clear(deps: Deps) -> None:
    """Take away the discarded drafts whose pictures documents was told of."""
    told = Query({"state": "discarded", "pending": False}, limit=BATCH)
    for application in (await deps.applications.find(told)).items:
        await deps.applications.delete(application.id, version=application.version)
