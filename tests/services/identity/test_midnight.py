"""A day is that of the people here, whose clocks show Beijing time: "tomorrow" begins at their midnight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.identity.domain.codes import Purpose
from services.identity.handlers.codes import send_code
from services.identity.handlers.deps import Deps, Limits
from shared.errors import DomainError
from tests.services.identity.face_support import Phone, code_of, phone
from tests.services.identity.test_accounts import number

__all__ = ["phone"]

MIDNIGHT = datetime(2026, 4, 30, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("purpose", ["reset", "bind_phone"])
async def test_codes_that_are_used_up_today_can_be_had_tomorrow_and_not_sooner(deps: Deps, purpose: Purpose) -> None:
    tight = replace(deps, limits=Limits(number_day=1, unproved_day=1))

    async def ask(at: datetime) -> None:
        await send_code("flow", purpose, "13812345678", "1.2.3.4", deps=tight, now=at)

    await ask(MIDNIGHT - timedelta(hours=10))
    # Midnight in Greenwich is eight in the morning here, and nothing begins anew.
    for at in (MIDNIGHT - timedelta(hours=9), MIDNIGHT - SECOND):
        with pytest.raises(DomainError, match=r"code\.too_many"):
            await ask(at)
    await ask(MIDNIGHT + SECOND)
    with pytest.raises(DomainError, match=r"code\.too_many"):
        await ask(MIDNIGHT + timedelta(hours=8, seconds=1))


async def test_who_turns_fourteen_today_needs_no_guardian_from_midnight_on(phone: Phone) -> None:
    child = number("11010120120501001")
    phone.now = MIDNIGHT - SECOND
    await phone.scan(await code_of(phone))
    with pytest.raises(DomainError, match=r"request\.invalid"):
        await phone.name(child)
    phone.now = MIDNIGHT + SECOND
    assert (await phone.name(child)).state == "named"
