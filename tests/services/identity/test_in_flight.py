"""A sign-in that is under way while its account is locked, reset or given other roles opens nothing."""

from __future__ import annotations

import pytest

from services.identity.domain import issuing, totp
from services.identity.domain.account import Account
from services.identity.handlers import first, second, sessions, staff
from services.identity.handlers.deps import Deps
from shared.store.repository import Work
from tests.services.identity.conftest import NOW
from tests.services.identity.test_staff import (
    CLIENT,
    LOGIN,
    NEW,
    REASON,
    actor_of,
    administrator,
    chosen,
    entered,
    hired,
    refusal,
)


async def reset_without_ending_sessions(deps: Deps, account_id: str) -> None:
    """What the others see between the two writes of a reset."""

    def activated(work: Work[Account]) -> None:
        issuing.activate(work.state, "hash of a code that this session never saw", 7, NOW)

    await deps.accounts.change(account_id, activated)


@pytest.mark.parametrize(
    ("change", "code"), [("lock", "login.locked_by_admin"), ("reset", "session.expired"), ("roles", "session.expired")]
)
async def test_what_was_read_before_the_change_opens_no_session(deps: Deps, change: str, code: str) -> None:
    chief = await administrator(deps)
    made = await hired(deps, chief)
    await chosen(deps, made.code)
    read_before = await deps.accounts.get(made.id)
    if change == "lock":
        await staff.lock(made.id, REASON, chief, deps=deps, now=NOW)
    elif change == "reset":
        await staff.reset(made.id, REASON, chief, deps=deps, now=NOW)
    else:
        await staff.set_roles(made.id, ["auditor"], {}, chief, deps=deps, now=NOW)
    assert await refusal(sessions.sign_in(read_before, CLIENT, deps=deps, now=NOW)) == code
    assert await sessions.sessions_of(made.id, deps=deps, now=NOW) == []


async def test_a_second_factor_of_before_a_reset_does_not_reach_the_new_code(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    whole = actor_of(await chosen(deps, made.code))
    secret = await second.begin(whole, deps=deps, now=NOW)
    recovery, _ = await second.confirm(whole, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW)
    half = await entered(deps, NEW)
    await reset_without_ending_sessions(deps, made.id)
    proof = second.prove(actor_of(half), recovery[0], CLIENT, deps=deps, now=NOW)
    assert await refusal(proof) == "session.expired"


async def test_a_session_of_an_earlier_code_does_not_use_up_the_next(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    half = await entered(deps, made.code)
    await reset_without_ending_sessions(deps, made.id)
    mine = staff.choose_password(actor_of(half), NEW, CLIENT, deps=deps, now=NOW)
    assert await refusal(mine) == "session.expired"
    theirs = first.choose_password(actor_of(half), NEW, deps=deps, now=NOW)
    assert await refusal(theirs) == "session.expired"
    assert (await deps.accounts.get(made.id)).activation is not None


async def test_who_saw_the_code_first_does_not_know_the_owners_second_factor(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    seen = await second.begin(actor_of(await entered(deps, made.code)), deps=deps, now=NOW)
    assert await second.begin(actor_of(await entered(deps, made.code)), deps=deps, now=NOW) != seen


async def test_a_lock_that_is_taken_back_leaves_the_one_before(deps: Deps) -> None:
    chief, other = await administrator(deps), await administrator(deps, "second")
    third = await administrator(deps, "third")
    made = await hired(deps, chief)
    await staff.lock(made.id, REASON, other, deps=deps, now=NOW)
    await staff.lock(third.id, REASON, other, deps=deps, now=NOW)
    assert await refusal(staff.lock(made.id, REASON, third, deps=deps, now=NOW)) == "actor.role_missing"
    assert (await deps.accounts.get(made.id)).lock == "admin"
    for act in (staff.unlock, staff.reset, staff.reset_second):
        assert await refusal(act(made.id, REASON, third, deps=deps, now=NOW)) == "actor.role_missing"
    hire = staff.add_staff(LOGIN + "2", "钱", "", ["admin"], {}, third, deps=deps, now=NOW)
    assert await refusal(hire) == "actor.role_missing"


async def test_a_session_that_was_ended_meanwhile_is_over_and_not_unknown(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    ended = actor_of(await entered(deps, made.code))
    await sessions.end_sessions(made.id, "", deps=deps)
    for late in (
        staff.choose_password(ended, NEW, CLIENT, deps=deps, now=NOW),
        first.choose_password(ended, NEW, deps=deps, now=NOW),
        second.prove(ended, "000000", CLIENT, deps=deps, now=NOW),
        second.confirm(ended, "000000", CLIENT, deps=deps, now=NOW),
    ):
        assert await refusal(late) == "session.expired"
