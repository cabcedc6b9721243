"""Administrators and staff accounts: one-time codes, locks, resets, never one's own (ST.2, security.md 18)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.identity.domain import totp
from services.identity.handlers import accounts, desk, second, sessions, staff
from services.identity.handlers.deps import Deps
from services.identity.handlers.login import Name, login
from services.identity.handlers.sessions import Client, Opened
from services.identity.handlers.staff import Made
from shared.errors import DomainError, NotFound
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, solved
from tests.services.identity.office_support import office_of
from tests.services.identity.test_accounts import LI, register

LAUNCHER = Actor("service", "launcher")
CLIENT = Client("192.0.2.7")
LOGIN, NEW, REASON = "zhao", "correct horse", "离职"


async def administrator(deps: Deps, name: str = "chief") -> Actor:
    """An administrator with an account."""
    made = await staff.add_staff(name, "管理员", "correct horse", ["admin"], {}, LAUNCHER, deps=deps, now=NOW)
    return Actor("staff", made.id, roles=("admin",))


async def hired(deps: Deps, actor: Actor) -> Made:
    """A clerk whom an administrator has made an account for."""
    scope = {"schools": ["140106002"]}
    return await staff.add_staff(LOGIN, "赵老师", "", ["school"], scope, actor, deps=deps, now=NOW)


async def entered(deps: Deps, secret: str, name: str = LOGIN) -> Opened:
    return await login(Name("", name), secret, await solved(deps), CLIENT, deps=deps, now=NOW)


def actor_of(opened: Opened) -> Actor:
    return Actor("staff", opened.session.subject, session=opened.session.id)


async def chosen(deps: Deps, code: str, password: str = NEW) -> Opened:
    """The clerk's first sign-in, a password chosen."""
    half = await entered(deps, code)
    return await staff.choose_password(actor_of(half), password, CLIENT, deps=deps, now=NOW)


async def refusal(awaitable: object) -> str:
    with pytest.raises(DomainError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


async def told(deps: Deps, account_id: str) -> str:
    """What waits to be put into the audit log of an account."""
    document = await deps.accounts.store.get("accounts", account_id)
    assert document is not None
    return "\n".join(document["outbox"])


async def test_an_administrator_chooses_nobodys_password(deps: Deps) -> None:
    chief = await administrator(deps)
    given = staff.add_staff(LOGIN, "赵老师", "a-long-enough-one", ["auditor"], {}, chief, deps=deps, now=NOW)
    assert await refusal(given) == "staff.password_chosen"
    made = await hired(deps, chief)
    half = await entered(deps, made.code)
    assert (half.session.roles, half.session.scope, half.session.todo) == ([], {}, ["password"])
    whole = await staff.choose_password(actor_of(half), NEW, CLIENT, deps=deps, now=NOW)
    assert (whole.session.roles, whole.session.todo) == (["school"], [])
    assert await refusal(sessions.resolve(half.token, deps=deps, now=NOW)) == "session.expired"
    assert await refusal(entered(deps, made.code)) == "login.refused"
    assert (await entered(deps, NEW)).session.roles == ["school"]


async def test_a_login_name_is_given_once_those_at_once_too(deps: Deps) -> None:
    chief = await administrator(deps)
    results = await asyncio.gather(*(hired(deps, chief) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, Made) for each in results) == 1
    assert await deps.accounts.store.count("accounts", {"kind": "staff"}) == 2
    assert {each.code for each in results if isinstance(each, DomainError)} == {"account.login_taken"}


async def test_roles_are_known_and_have_their_place(deps: Deps) -> None:
    chief = await administrator(deps)
    for roles, code in (
        ([], "staff.roles_missing"),
        (["king"], "staff.role_unknown"),
        (["city"], "staff.scope_missing"),
    ):
        made = staff.add_staff(LOGIN, "赵老师", "", roles, {}, chief, deps=deps, now=NOW)
        assert await refusal(made) == code


async def test_a_code_opens_no_roles_until_a_password_is_chosen_by_the_policy(deps: Deps) -> None:
    made = await hired(deps, await administrator(deps))
    half = await entered(deps, made.code)
    weak = staff.choose_password(actor_of(half), "short", CLIENT, deps=deps, now=NOW)
    assert (await refusal(weak)).startswith("password.")
    whole = await staff.choose_password(actor_of(half), NEW, CLIENT, deps=deps, now=NOW)
    again = staff.choose_password(actor_of(whole), "another long one", CLIENT, deps=deps, now=NOW)
    assert await refusal(again) == "first.order"


async def test_with_a_second_factor_a_code_alone_sets_no_password(deps: Deps) -> None:
    chief = await administrator(deps)
    whole = await chosen(deps, (await hired(deps, chief)).code)
    me = actor_of(whole)
    secret = await second.begin(me, deps=deps, now=NOW)
    await second.confirm(me, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW)
    slip = await staff.reset(me.id, REASON, chief, deps=deps, now=NOW)
    half = await entered(deps, slip.code)
    assert half.session.todo == ["totp"]
    early = staff.choose_password(actor_of(half), "another long one", CLIENT, deps=deps, now=NOW)
    assert await refusal(early) == "first.order"
    later = NOW + timedelta(minutes=2)
    code = totp.code_at(secret, totp.step_at(later))
    proved = await second.prove(actor_of(half), code, CLIENT, deps=deps, now=later)
    assert (proved.session.roles, proved.session.todo) == ([], ["password"])
    await staff.choose_password(actor_of(proved), "another long one", CLIENT, deps=deps, now=later)


async def test_a_lock_ends_sessions_and_only_an_administrator_takes_it_off(deps: Deps) -> None:
    chief = await administrator(deps)
    whole = await chosen(deps, (await hired(deps, chief)).code)
    clerk = whole.session.subject
    await staff.lock(clerk, REASON, chief, deps=deps, now=NOW)
    assert await refusal(sessions.resolve(whole.token, deps=deps, now=NOW)) == "session.expired"
    assert await refusal(entered(deps, NEW)) == "login.locked_by_admin"
    assert await refusal(entered(deps, "wrong password")) == "login.refused", "told only to who has the password"
    assert REASON in await told(deps, clerk)
    await staff.unlock(clerk, "回岗", chief, deps=deps, now=NOW)
    assert (await entered(deps, NEW)).session.roles == ["school"]


async def test_a_reset_ends_sessions_and_takes_the_password(deps: Deps) -> None:
    chief = await administrator(deps)
    whole = await chosen(deps, (await hired(deps, chief)).code)
    slip = await staff.reset(whole.session.subject, "忘记密码", chief, deps=deps, now=NOW)
    assert (slip.name, slip.login) == ("赵老师", LOGIN)
    assert await refusal(sessions.resolve(whole.token, deps=deps, now=NOW)) == "session.expired"
    assert await refusal(entered(deps, NEW)) == "login.refused"
    late = NOW + timedelta(days=staff.CODE_DAYS)
    expired = login(Name("", LOGIN), slip.code, await solved(deps, late), CLIENT, deps=deps, now=late)
    assert await refusal(expired) == "activation.expired"
    assert await chosen(deps, slip.code)


async def test_a_lost_second_factor_is_taken_away_with_its_recovery_codes(deps: Deps) -> None:
    chief = await administrator(deps)
    me = actor_of(await chosen(deps, (await hired(deps, chief)).code))
    nothing = staff.reset_second(me.id, REASON, chief, deps=deps, now=NOW)
    assert await refusal(nothing) == "totp.none"
    secret = await second.begin(me, deps=deps, now=NOW)
    _, whole = await second.confirm(me, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW)
    await staff.reset_second(me.id, "手机丢失", chief, deps=deps, now=NOW)
    assert await refusal(sessions.resolve(whole.token, deps=deps, now=NOW)) == "session.expired"
    assert (await second.standing(me.id, deps=deps)).recovery_left == 0
    assert (await entered(deps, NEW)).session.todo == []


async def test_nobody_does_any_of_it_to_themselves_nor_to_a_candidate(deps: Deps) -> None:
    chief, pupil = await administrator(deps), (await register(deps)).session.subject
    before = await deps.accounts.store.get("accounts", pupil)
    for use in (staff.lock, staff.unlock, staff.reset, staff.reset_second):
        assert await refusal(use(chief.id, REASON, chief, deps=deps, now=NOW)) == "staff.own_account"
        with pytest.raises(NotFound):
            await use(pupil, REASON, chief, deps=deps, now=NOW)
    own = staff.set_roles(chief.id, ["auditor"], {}, chief, deps=deps, now=NOW)
    assert await refusal(own) == "staff.own_account"
    assert await deps.accounts.store.get("accounts", pupil) == before
    assert await staff.find(LI.name, deps=deps) == []


@pytest.mark.parametrize("times", range(5))
async def test_two_administrators_who_shut_each_other_out_at_once_leave_one(deps: Deps, times: int) -> None:
    one, other = await administrator(deps, "one"), await administrator(deps, "other")
    by_roles = staff.set_roles(one.id, ["auditor"], {}, other, deps=deps, now=NOW)
    by_lock = staff.lock(one.id, REASON, other, deps=deps, now=NOW)
    moves = [staff.lock(other.id, REASON, one, deps=deps, now=NOW), by_roles if times % 2 else by_lock]
    (by_lock if times % 2 else by_roles).close()
    await asyncio.gather(*moves, return_exceptions=True)
    left = [await deps.accounts.get(each.id) for each in (one, other)]
    assert any(not account.lock and "admin" in account.roles for account in left)


async def test_who_was_locked_meanwhile_locks_nobody(deps: Deps) -> None:
    one, other = await administrator(deps, "one"), await administrator(deps, "other")
    await staff.lock(one.id, REASON, other, deps=deps, now=NOW)
    late = staff.lock(other.id, REASON, one, deps=deps, now=NOW)
    assert await refusal(late) == "actor.role_missing"
    assert (await deps.accounts.get(other.id)).lock == ""
    stale = staff.set_roles(other.id, ["auditor"], {}, one, deps=deps, now=NOW)
    assert await refusal(stale) == "actor.role_missing"
    assert (await deps.accounts.get(other.id)).roles == ["admin"]


async def test_staff_are_found_by_name_login_and_place(deps: Deps) -> None:
    chief = await administrator(deps)
    made = await hired(deps, chief)
    for words in ("赵老师", LOGIN.upper(), "140106002"):
        assert [each.id for each in await staff.find(words, deps=deps)] == [made.id], words
    assert await staff.find("赵", deps=deps) == await staff.find("140106003", deps=deps) == []
    everywhere = Actor("staff", "d" * 32, roles=("province",))
    assert await desk.find("赵老师", everywhere, office=office_of(deps)) == []
    page = await staff.listed(None, deps=deps)
    assert {each.id for each in page.items} == {chief.id, made.id}
    assert "赵老师" not in str((await deps.accounts.store.find("accounts", Query())).documents)


async def test_who_signs_in_by_a_provider_only_has_no_password_to_change_or_reset(deps: Deps) -> None:
    chief = await administrator(deps)
    made = await hired(deps, chief)
    async with deps.accounts.edit(made.id) as work:
        work.state.number, work.state.activation = "", None
    changed = accounts.change_password(Actor("staff", made.id), "", NEW, deps=deps, now=NOW)
    assert await refusal(changed) == "password.none"
    assert await refusal(staff.reset(made.id, REASON, chief, deps=deps, now=NOW)) == "staff.no_login"
    assert not (await second.standing(made.id, deps=deps)).offered


async def test_changing_ones_own_password_ends_the_other_sessions_and_is_told(deps: Deps) -> None:
    whole = await chosen(deps, (await hired(deps, await administrator(deps))).code)
    other, me = await entered(deps, NEW), actor_of(whole)
    wrong = accounts.change_password(me, "a guess", "another long one", deps=deps, now=NOW)
    assert await refusal(wrong) == "password.old_wrong"
    await accounts.change_password(me, NEW, "another long one", deps=deps, now=NOW)
    assert await refusal(sessions.resolve(other.token, deps=deps, now=NOW)) == "session.expired"
    assert await sessions.resolve(whole.token, deps=deps, now=NOW)
    entries = await told(deps, me.id)
    assert "password_changed" in entries and "identity.password_changed" not in entries, "no candidate to tell"
