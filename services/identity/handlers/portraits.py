"""What registration tells of verified portraits."""

from __future__ import annotations

from services.identity.handlers.deps import Deps
from shared.errors import AlreadyHandled, NotFound
from shared.events.registration import PortraitVerified


async def on_portrait_verified(event: PortraitVerified, *, deps: Deps) -> None:
    """Remember which portrait later photos are compared with, or that there is none any more. Older news that comes
    after newer changes nothing."""
    try:
        async with deps.accounts.edit(event.candidate_id, event) as work:
            account = work.state
            if account.portrait_at is None or event.occurred_at >= account.portrait_at:
                account.portrait_key, account.portrait_at = event.portrait_key or "", event.occurred_at
    except NotFound as error:
        raise AlreadyHandled(event.event_id) from error
