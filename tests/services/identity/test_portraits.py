"""The portrait that later photos are compared with: the newest news counts, and nobody unknown gets one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.identity.handlers.deps import Deps
from services.identity.handlers.portraits import on_portrait_verified
from shared.errors import AlreadyHandled
from shared.events.registration import PortraitVerified
from tests.services.identity.conftest import NOW, PROGRAMME
from tests.services.identity.test_accounts import register


def told(candidate: str, key: str | None, at: datetime = NOW) -> PortraitVerified:
    return PortraitVerified(
        subject="application-1", occurred_at=at, programme=PROGRAMME, candidate_id=candidate, portrait_key=key
    )


async def test_the_portrait_follows_the_newest_news(deps: Deps) -> None:
    candidate = (await register(deps)).session.subject
    first, back, late = (
        told(candidate, "a" * 64),
        told(candidate, None, NOW + timedelta(minutes=2)),
        told(candidate, "b" * 64, NOW + timedelta(minutes=1)),
    )
    await on_portrait_verified(first, deps=deps)
    assert (await deps.accounts.get(candidate)).portrait_key == "a" * 64
    with pytest.raises(AlreadyHandled):
        await on_portrait_verified(first, deps=deps)
    for event in (back, late):
        await on_portrait_verified(event, deps=deps)
    assert (await deps.accounts.get(candidate)).portrait_key == ""


async def test_news_of_nobody_is_taken_and_forgotten(deps: Deps) -> None:
    with pytest.raises(AlreadyHandled):
        await on_portrait_verified(told("nobody", "a" * 64), deps=deps)
