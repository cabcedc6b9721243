"""A candidate's phone is a way to a new password: it is bound for the password, and what the old one opened ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.domain import issuing
from services.identity.handlers import accounts, codes, desk, first, sessions
from services.identity.handlers.codes import send_code
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Opened
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, phones
from tests.services.identity.office_support import FIRST_NUMBER, SCHOOL, TEACHER, entered, issued, office_of
from tests.services.identity.test_accounts import LI, number, refused, register, sign_in
from tests.services.identity.test_audit import networks, told

PHONE, NEW, NETWORK = "13900001111", "Kites-over-7", "192.0.2.0/24"


def me(opened: Opened) -> Actor:
    """Who is at work in a session."""
    who = opened.session
    return Actor("candidate", who.subject, who.programme, session=who.id, source=NETWORK)


async def pupil(deps: Deps) -> Actor:
    """A pupil whose first login has come to the phone."""
    office = office_of(deps)
    slip = await issued(office)
    (account,) = await desk.find(FIRST_NUMBER, TEACHER, office=office)
    await desk.set_lock(account.id, locked=False, actor=TEACHER, office=office, now=NOW)
    who = me(await entered(office, slip))
    await first.confirm_roll(who, "胡思欣", SCHOOL, office=office, now=NOW)
    await first.choose_password(who, NEW, deps=deps, now=NOW)
    return who


async def sent(deps: Deps, who: Actor, password: str = "") -> str:
    """Ask for a code to the phone, and read it there."""
    await accounts.may_change_phone(who.id, password, deps=deps, now=NOW)
    await send_code(who.id, "bind_phone", PHONE, who.source, deps=deps, now=NOW, about=who.id)
    for code in (await deps.codes.find(Query())).items:
        await codes.hand_over(code.id, deps=deps, clock=lambda: NOW)
    return next(digits for to, digits in reversed(phones(deps).brought) if to == PHONE)


async def test_the_first_phone_is_bound_as_the_last_step_of_the_first_login(deps: Deps) -> None:
    who = await pupil(deps)
    await first.bind_phone(who, await sent(deps, who), deps=deps, now=NOW)
    account = await deps.accounts.get(who.id)
    assert (account.phone, account.todo, (await deps.sessions.get(who.session)).todo) == (PHONE, [], [])
    done = [("first_step_done", {"step": "phone"}), ("phone_changed", {"phone": "139****1111", "by": "first_login"})]
    assert (await told(deps, who.id))[-2:] == done
    assert (await networks(deps, who.id))[-1] == NETWORK


async def test_after_the_first_login_the_first_phone_takes_the_password(deps: Deps) -> None:
    who = await pupil(deps)
    await first.skip_phone(who, deps=deps, now=NOW)
    for password in ("", "a guess"):
        asked = accounts.may_change_phone(who.id, password, deps=deps, now=NOW)
        assert await refused(asked) == "password.old_wrong"
    assert await sent(deps, who, NEW)


@pytest.mark.parametrize("todo", [["roll", "password", "phone"], ["password", "phone"]])
async def test_before_its_step_there_is_no_password_that_could_bind_one(deps: Deps, todo: list[str]) -> None:
    who = await pupil(deps)
    async with deps.accounts.edit(who.id) as work:
        issuing.activate(work.state, "hash of a code", 7, NOW)
        work.state.todo = todo
    assert await refused(accounts.may_change_phone(who.id, "", deps=deps, now=NOW)) == "password.old_wrong"


async def test_another_phone_ends_every_session_but_the_one_at_work(deps: Deps) -> None:
    there, here = await register(deps), await sign_in(deps, "abcd1234")
    await accounts.change_phone(me(here), PHONE, deps=deps, now=NOW)
    assert await refused(sessions.resolve(there.token, deps=deps, now=NOW)) == "session.expired"
    assert (await sessions.resolve(here.token, deps=deps, now=NOW)).subject == here.session.subject
    changed = ("phone_changed", {"phone": "139****1111", "by": "password"})
    assert (await told(deps, here.session.subject))[-1] == changed
    assert (await networks(deps, here.session.subject))[-1] == NETWORK


@pytest.mark.parametrize(("act", "code"), [("lock", "login.locked_by_office"), ("reset", "session.expired")])
async def test_a_lock_or_a_reset_ends_a_change_that_is_under_way(deps: Deps, act: str, code: str) -> None:
    who = me(await register(deps))
    async with deps.accounts.edit(who.id) as work:
        if act == "lock":
            work.state.put_lock("office", "a", "重号", NOW)
        else:
            issuing.activate(work.state, "hash of a code", 7, NOW)
    assert await refused(accounts.change_phone(who, PHONE, deps=deps, now=NOW)) == code
    assert (await deps.accounts.get(who.id)).phone == LI.phone


async def test_of_two_accounts_each_keeps_its_own_sessions(deps: Deps) -> None:
    mine = await register(deps)
    theirs = await register(deps, replace(LI, id_number=number("11010120050307123")), NOW + timedelta(seconds=1))
    await accounts.change_phone(me(mine), PHONE, deps=deps, now=NOW)
    assert await sessions.resolve(theirs.token, deps=deps, now=NOW)
