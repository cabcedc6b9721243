"""What is under way while its account is locked, reset or given other roles, or another password, opens nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from services.identity.argon import Hasher
from services.identity.domain import issuing, totp
from services.identity.domain.account import Account, Activation, Proven, Way
from services.identity.handlers import accounts, first, own, second, sessions, staff
from services.identity.handlers.deps import Deps
from shared.store.repository import Repository, Work
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, PROGRAMME
from tests.services.identity.test_accounts import register, sign_in
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


async def test_who_knew_the_password_before_does_not_know_the_owners_second_factor(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    whole = actor_of(await chosen(deps, made.code))
    seen = await second.begin(actor_of(await entered(deps, NEW)), deps=deps, now=NOW)
    await accounts.change_password(whole, NEW, "another long one", deps=deps, now=NOW)
    assert await second.begin(whole, deps=deps, now=NOW) != seen


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


async def candidate(deps: Deps) -> Actor:
    """A candidate at work."""
    opened = await register(deps)
    return Actor("candidate", opened.session.subject, PROGRAMME, session=opened.session.id)


@pytest.mark.parametrize("change", ["password", "phone"])
async def test_a_proof_of_before_another_password_or_phone_opens_no_session(deps: Deps, change: str) -> None:
    me = await candidate(deps)
    read_before = await deps.accounts.get(me.id)
    if change == "password":
        await accounts.change_password(me, "abcd1234", "efgh5678", deps=deps, now=NOW)
    else:
        await accounts.change_phone(me, "13900001111", deps=deps, now=NOW)
    assert await refusal(sessions.sign_in(read_before, CLIENT, deps=deps, now=NOW)) == "session.expired"
    assert [one.id for one in await sessions.sessions_of(me.id, deps=deps, now=NOW)] == [me.session]


@pytest.mark.parametrize("by", ["password", "phone", "face", "code"])
async def test_what_is_the_accounts_no_longer_sets_no_password(deps: Deps, by: Way) -> None:
    me = await candidate(deps)
    proven = Proven(await deps.accounts.get(me.id), by)
    async with deps.accounts.edit(me.id) as work:
        work.state.password_hash, work.state.phone, work.state.wechat = "another", "13900001111", "another"
        work.state.activation = Activation("another", NOW)
    late = accounts.set_password(proven, "efgh5678", "", deps=deps, now=NOW)
    assert await refusal(late) == "account.changed_meanwhile"
    assert (await deps.accounts.get(me.id)).password_hash == "another"


async def test_a_half_of_an_old_password_is_made_whole_by_no_second_factor(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    whole = actor_of(await chosen(deps, made.code))
    secret = await second.begin(whole, deps=deps, now=NOW)
    recovery, _ = await second.confirm(whole, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW)
    half = await entered(deps, NEW)
    async with deps.accounts.edit(made.id) as work:
        work.state.password_hash = await deps.hasher.hash("another long one")
    proof = second.prove(actor_of(half), recovery[0], CLIENT, deps=deps, now=NOW)
    assert await refusal(proof) == "session.expired"
    assert (await deps.accounts.get(made.id)).second == work.state.second, "nor is the code used up"


async def test_a_half_of_an_old_password_enrols_nothing(deps: Deps) -> None:
    strict = replace(deps, second_roles=frozenset({"school"}))
    made = await hired(deps, await administrator(deps))
    await chosen(deps, made.code)
    half = actor_of(await entered(strict, NEW))
    secret = await second.begin(half, deps=strict, now=NOW)
    async with deps.accounts.edit(made.id) as work:
        work.state.password_hash = await deps.hasher.hash("another long one")
    code = totp.code_at(secret, totp.step_at(NOW))
    assert await refusal(second.confirm(half, code, CLIENT, deps=strict, now=NOW)) == "session.expired"


class Late(Hasher):
    """Lets another password be written between the look at the old one and what it was asked for."""

    def __init__(self, accounts: Repository[Account], account_id: str) -> None:
        super().__init__()
        self._accounts, self._id = accounts, account_id

    async def verify(self, encoded: str | None, password: str) -> bool:
        """As always; and then it is another's."""
        fits = await super().verify(encoded, password)
        async with self._accounts.edit(self._id) as work:
            work.state.password_hash = "another"
        return fits


async def test_with_a_password_that_is_another_by_now_nothing_is_done(deps: Deps) -> None:
    made, me = await hired(deps, await administrator(deps)), await candidate(deps)
    staff_member = actor_of(await chosen(deps, made.code))
    secret = await second.begin(staff_member, deps=deps, now=NOW)
    codes, whole = await second.confirm(
        staff_member, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW
    )
    async with deps.accounts.edit(me.id) as work:
        work.state.wechat = "bound"
    old = {each: (await deps.accounts.get(each)).password_hash for each in (made.id, me.id)}
    acts: list[tuple[str, Callable[[Deps], Awaitable[object]]]] = [
        (made.id, lambda late: own.close(actor_of(whole), NEW, codes[0], deps=late, now=NOW)),
        (made.id, lambda late: second.remove(actor_of(whole), NEW, codes[1], deps=late, now=NOW)),
        (made.id, lambda late: accounts.change_password(actor_of(whole), NEW, "another long one", deps=late, now=NOW)),
        (me.id, lambda late: accounts.change_password(me, "abcd1234", "efgh5678", deps=late, now=NOW)),
        (me.id, lambda late: accounts.unbind_wechat(me, "abcd1234", deps=late, now=NOW)),
    ]
    for account_id, act in acts:
        async with deps.accounts.edit(account_id) as work:
            work.state.password_hash = old[account_id]
        with closing(Late(deps.accounts, account_id)) as hasher:
            assert await refusal(act(replace(deps, hasher=hasher))) == "account.changed_meanwhile"
    kept, mine = await deps.accounts.get(made.id), await deps.accounts.get(me.id)
    assert kept.second and kept.second.secret and kept.closed_at is None
    assert (kept.password_hash, mine.password_hash, mine.wechat) == ("another", "another", "bound")


class Renewing(Late):
    """Another sign-in renews the hash first, of this password."""

    def __init__(self, accounts: Repository[Account], account_id: str, password: str) -> None:
        super().__init__(accounts, account_id)
        self._password = password

    async def verify(self, encoded: str | None, password: str) -> bool:
        return await Hasher.verify(self, encoded, password)

    async def hash(self, password: str) -> str:
        mine, theirs = await super().hash(password), await super().hash(self._password)
        async with self._accounts.edit(self._id) as work:
            work.state.password_hash = theirs
        return mine


@pytest.mark.parametrize(("password", "code"), [("abcd1234", ""), ("efgh5678", "session.expired")])
async def test_a_hash_that_another_sign_in_renewed_first_is_the_same_password(
    deps: Deps, password: str, code: str
) -> None:
    me = await candidate(deps)
    async with deps.accounts.edit(me.id) as work:
        work.state.password_hash = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("abcd1234")
    with closing(Renewing(deps.accounts, me.id, password)) as hasher:
        sign = sign_in(replace(deps, hasher=hasher), "ABCD1234")
        assert (await refusal(sign) if code else (await sign).session.subject) == (code or me.id)
