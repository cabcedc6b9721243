"""Giving one's own staff account up; never by the last administrator who gets in (003.13)."""

from __future__ import annotations

import asyncio

import pytest

from services.identity.domain import totp
from services.identity.handlers import claims, joining, own, second, sessions, staff
from services.identity.handlers.deps import Deps, login_key
from services.identity.handlers.signon import Door
from shared.errors import DomainError
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.test_joining import asked, door, signed_on
from tests.services.identity.test_own import LATER, OLD_PHONE, PHONE, bound, clerk, code_to, left, member
from tests.services.identity.test_staff import (
    CLIENT,
    LOGIN,
    NEW,
    REASON,
    actor_of,
    administrator,
    entered,
    hired,
    refusal,
    told,
)

__all__ = ["door"]


async def test_closing_wants_the_password_ends_sessions_and_frees_the_names(deps: Deps) -> None:
    here = await clerk(deps)
    me, there = actor_of(here), await entered(deps, NEW)
    await bound(deps, me, OLD_PHONE)
    assert await refusal(own.close(me, "a guess", "", deps=deps, now=NOW)) == "password.old_wrong"
    assert await own.closing(me.id, deps=deps) == own.Closing(password=True, second=False, last_administrator=False)
    await own.close(me, NEW, "", deps=deps, now=NOW)
    for gone in (here, there):
        assert await refusal(sessions.resolve(gone.token, deps=deps, now=NOW)) == "session.expired"
    assert await refusal(entered(deps, NEW)) == "login.refused"
    assert await left(deps, me.id) == [(OLD_PHONE, "closed")]
    account = await deps.accounts.get(me.id)
    assert (account.name, account.closed_at) == ("赵老师", NOW)
    assert not (account.number or account.phone or account.password_hash or account.roles or account.scope)
    assert '\\"action\\":\\"account_closed\\"' in await told(deps, me.id)
    chief = await administrator(deps, "another")
    assert (await hired(deps, chief)).id != me.id, "the login name is free"
    await bound(deps, await member(deps, "qian"), OLD_PHONE, "correct horse", LATER)


async def test_where_there_is_a_second_factor_closing_wants_it_too(deps: Deps) -> None:
    me = actor_of(await clerk(deps))
    secret = await second.begin(me, deps=deps, now=NOW)
    _, whole = await second.confirm(me, totp.code_at(secret, totp.step_at(NOW)), CLIENT, deps=deps, now=NOW)
    for code in ("", "000000", totp.code_at(secret, totp.step_at(NOW))):
        assert await refusal(own.close(actor_of(whole), NEW, code, deps=deps, now=NOW)) == "totp.wrong"
    assert (await deps.accounts.get(me.id)).roles == ["school"], "nothing is given up for half a proof"
    right = totp.code_at(secret, totp.step_at(LATER))
    await own.close(actor_of(whole), NEW, right, deps=deps, now=LATER)
    assert (await deps.accounts.get(me.id)).second is None


async def at_work(deps: Deps, name: str) -> Actor:
    """An administrator who is signed in."""
    await administrator(deps, name)
    opened = await entered(deps, "correct horse", name)
    return Actor("staff", opened.session.subject, roles=("admin",), session=opened.session.id)


async def test_the_last_administrator_who_gets_in_stays(deps: Deps) -> None:
    chief = await at_work(deps, "chief")
    assert (await own.closing(chief.id, deps=deps)).last_administrator
    refused = own.close(chief, "correct horse", "", deps=deps, now=NOW)
    assert await refusal(refused) == "staff.last_administrator"
    waiting = await staff.add_staff("new", "新", "", ["admin"], {}, chief, deps=deps, now=NOW)
    locked = await administrator(deps, "locked")
    await staff.lock(locked.id, REASON, chief, deps=deps, now=NOW)
    refused = own.close(chief, "correct horse", "", deps=deps, now=NOW)
    assert await refusal(refused) == "staff.last_administrator", "those who cannot sign in do not count"
    assert "roles_changed" not in await told(deps, chief.id)
    half = await entered(deps, waiting.code, "new")
    await staff.choose_password(actor_of(half), NEW, CLIENT, deps=deps, now=NOW)
    await own.close(chief, "correct horse", "", deps=deps, now=NOW)
    assert (await own.closing(waiting.id, deps=deps)).last_administrator


@pytest.mark.parametrize("others", [0, 1])
async def test_two_administrators_who_go_at_once_leave_one(deps: Deps, others: int) -> None:
    one, two = await at_work(deps, "one"), await at_work(deps, "two")
    for number in range(others):
        await administrator(deps, f"other{number}")
    going = (own.close(each, "correct horse", "", deps=deps, now=NOW) for each in (one, two))
    results = await asyncio.gather(*going, return_exceptions=True)
    assert all(each is None or isinstance(each, DomainError) for each in results)
    accounts = (await deps.accounts.find(Query({"kind": "staff"}))).items
    assert [each for each in accounts if "admin" in each.roles and not each.closed_at]
    if others:
        assert results == [None, None]


async def test_a_closed_account_is_left_alone_by_administrators_and_by_what_is_in_flight(deps: Deps) -> None:
    me = actor_of(await clerk(deps))
    chief, read_before = await administrator(deps, "another"), await deps.accounts.get(me.id)
    await own.send_phone_code(me, PHONE, NEW, deps=deps, now=NOW)
    digits = await code_to(deps, PHONE)
    await own.close(me, NEW, "", deps=deps, now=NOW)
    for use in (staff.lock, staff.unlock, staff.reset, staff.reset_second):
        assert await refusal(use(me.id, REASON, chief, deps=deps, now=NOW)) == "staff.closed"
    assert await refusal(staff.set_roles(me.id, ["admin"], {}, chief, deps=deps, now=NOW)) == "staff.closed"
    assert await refusal(sessions.sign_in(read_before, CLIENT, deps=deps, now=NOW)) == "session.expired"
    assert await refusal(own.change_phone(me, digits, deps=deps, now=NOW)) == "session.expired"
    await bound(deps, await member(deps, "qian"), PHONE, "correct horse", LATER)
    assert [each.id for each in await staff.find("赵老师", deps=deps)] == [me.id], "who it was can still be read"


async def test_who_closed_may_ask_to_work_here_again(deps: Deps, door: Door) -> None:
    request = await asked(door)
    await administrator(deps)
    await joining.approve(request.id, ["admin"], {}, Actor("staff", "a", roles=("admin",)), door=door, now=NOW)
    opened = (await signed_on(door)).opened
    assert opened
    await own.close(actor_of(opened), "", "", deps=deps, now=NOW)
    again = await asked(door)
    assert again.id != request.id and again.state == "pending"


async def test_names_that_a_crash_left_with_a_closed_account_are_free(deps: Deps, door: Door) -> None:
    request = await asked(door)
    await joining.approve(request.id, ["reviewer"], {}, Actor("staff", "a", roles=("admin",)), door=door, now=NOW)
    async with deps.accounts.edit(request.id) as work:
        work.state.close(NOW)
    assert (await asked(door)).id != request.id
    chief = await administrator(deps)
    made = await hired(deps, chief)
    async with deps.accounts.edit(made.id) as work:
        work.state.close(NOW)
    key = login_key(deps, "", LOGIN)
    assert await claims.account_of(key, deps=deps) is None
    assert await deps.accounts.store.holder(key) == made.id
    assert (await hired(deps, chief)).id == await deps.accounts.store.holder(key)


async def test_who_is_kept_from_closing_stays_an_administrator(deps: Deps) -> None:
    chief = await at_work(deps, "chief")
    await administrator(deps, "another")
    async with deps.accounts.edit(chief.id) as work:
        work.state.put_lock("admin", "a", REASON, NOW)
    assert await refusal(own.close(chief, "correct horse", "", deps=deps, now=NOW)) == "login.locked_by_admin"
    assert (await deps.accounts.get(chief.id)).roles == ["admin"]
