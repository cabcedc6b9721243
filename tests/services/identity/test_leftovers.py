"""What a crash between the writes of asking to work here leaves: it keeps nobody out, and nobody has a name twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.identity.handlers import joining
from services.identity.handlers.signon import Door
from tests.services.identity.conftest import NOW
from tests.services.identity.test_joining import ADMIN, FORM, asked, door, refusal

__all__ = ["door"]


@pytest.mark.parametrize("left", ["claims alone", "refused", "another phone"])
async def test_names_that_a_crash_left_with_nobody_are_free(door: Door, left: str) -> None:
    request = await asked(door)
    if left == "claims alone":
        await door.requests.delete(request.id)
    elif left == "refused":
        async with door.requests.edit(request.id) as work:
            work.state.decide("refused", ADMIN.id, NOW, "资料不符")
    else:
        await joining.approve(request.id, ["reviewer"], {}, ADMIN, door=door, now=NOW)
        async with door.deps.accounts.edit(request.id) as account:
            account.state.phone = "13900008888"
    form = replace(FORM, document_number="11010519491231002X") if left == "another phone" else FORM
    again = await asked(door, form, "s-2")
    assert await door.deps.accounts.store.holder(joining.phone_claim(FORM.phone, deps=door.deps)) == again.id


async def test_who_comes_after_its_claims_were_taken_over_is_refused(door: Door) -> None:
    request = await asked(door)
    key = joining.phone_claim(request.phone, deps=door.deps)
    await door.deps.accounts.store.release(key, request.id)
    assert await door.deps.accounts.store.claim(key, "another")
    assert await refusal(joining._require_claims(request, door=door)) == "staff.phone_taken"
    assert (await joining.waiting(None, door=door)).items == []
