"""What a crash between the writes of asking to work here, or of another phone, leaves: it keeps nobody out, and nobody
has a name twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.identity.handlers import joining, own, sessions, staff
from services.identity.handlers.deps import Deps
from services.identity.handlers.signon import Door
from shared.errors import NotFound
from tests.services.identity.conftest import NOW
from tests.services.identity.outages import Before, Outage, before, outage
from tests.services.identity.test_joining import ADMIN, FORM, asked, door, refusal, signed_on
from tests.services.identity.test_own import bound, code_to, member, signs_in_by

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


@pytest.mark.parametrize("next_one", ["another", "the same"])
async def test_a_number_that_an_outage_left_claimed_is_free_for_who_proves_it(deps: Deps, next_one: str) -> None:
    write, freed, came, at = 0, 0, True, NOW
    while came:
        me, other = await member(deps, f"one{write}"), await member(deps, f"two{write}")
        old, new = f"1390000{write:04}", f"1380000{write:04}"
        await bound(deps, me, old, "correct horse", at)
        await own.send_phone_code(me, new, "correct horse", deps=deps, now=at)
        digits = await code_to(deps, new, at)
        with before(deps, write) as store, suppress(Outage):
            await own.change_phone(me, digits, deps=deps, now=at)
        came, write = store.came, write + 1
        at += timedelta(minutes=2)
        mine = (await deps.accounts.get(me.id)).phone
        free, taker = (old if mine == new else new), other if next_one == "another" else me
        freed += await deps.accounts.store.holder(joining.phone_claim(free, deps=deps)) == me.id
        assert await staff.find(free, deps=deps) == [], "it is nobody's now"
        await bound(deps, taker, free, "correct horse", at)
        assert await signs_in_by(deps, free, at + timedelta(minutes=2)) == taker.id
    assert freed >= 2, "between the claim and the number, and between the number and the claim of the one before"


async def test_who_is_refused_after_an_outage_amid_the_approval_has_no_account(door: Door) -> None:
    request, calm = await asked(door), door.requests.store
    failing: Any = Before(calm, 0, outage)
    door.requests.store = failing
    with pytest.raises(Outage):
        await joining.approve(request.id, ["admin"], {}, ADMIN, door=door, now=NOW)
    door.requests.store = calm
    opened = (await signed_on(door)).opened
    assert opened and opened.session.roles == ["admin"], "the account was there"
    await joining.refuse(request.id, "资料不符", ADMIN, door=door, now=NOW)
    with pytest.raises(NotFound):
        await door.deps.accounts.get(request.id)
    assert await sessions.sessions_of(request.id, deps=door.deps, now=NOW) == []
