"""Where sessions end with a change, an outage leaves none of them open beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from services.identity.domain.account import Account, Proven
from services.identity.domain.totp import Second
from services.identity.handlers import accounts, desk, own, sessions, staff
from services.identity.handlers.codes import send_code
from services.identity.handlers.deps import Deps
from shared.events.base import new_id
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.office_support import SCHOOL, TEACHER, office_of
from tests.services.identity.outages import Outage, before
from tests.services.identity.test_own import PHONE, code_to
from tests.services.identity.test_staff import CLIENT, REASON, administrator

OLD = "correct horse"
Act = Callable[[Deps, Actor, Actor], Awaitable[object]]


async def phone_of_staff(deps: Deps, me: Actor, _chief: Actor) -> None:
    phone = f"139{int(me.id, 16) % 10**8:08}"
    await send_code(me.id, "bind_phone", phone, "", deps=deps, now=NOW, about=me.id)
    await own.change_phone(me, await code_to(deps, phone), deps=deps, now=NOW)


async def by_phone(deps: Deps, me: Actor, _chief: Actor) -> None:
    proven = Proven(await deps.accounts.get(me.id), "phone")
    await accounts.set_password(proven, "Efgh-5678", "", deps=deps, now=NOW)


STAFF: dict[str, Act] = {
    "lock": lambda deps, me, chief: staff.lock(me.id, REASON, chief, deps=deps, now=NOW),
    "reset": lambda deps, me, chief: staff.reset(me.id, REASON, chief, deps=deps, now=NOW),
    "second": lambda deps, me, chief: staff.reset_second(me.id, REASON, chief, deps=deps, now=NOW),
    "roles": lambda deps, me, chief: staff.set_roles(me.id, ["finance"], {}, chief, deps=deps, now=NOW),
    "password": lambda deps, me, _: accounts.change_password(me, OLD, "another long one", deps=deps, now=NOW),
    "phone": phone_of_staff,
}
CANDIDATE: dict[str, Act] = {
    "locked by the school": lambda deps, me, _: desk.set_lock(
        me.id, locked=True, reason=REASON, actor=TEACHER, office=office_of(deps), now=NOW
    ),
    "reset at the desk": lambda deps, me, _: desk.reset(me.id, TEACHER, office=office_of(deps), now=NOW),
    "a candidate's phone": lambda deps, me, _: accounts.change_phone(me, PHONE, deps=deps, now=NOW),
    "by a code": by_phone,
}


async def person(deps: Deps, kind: str, hashed: str) -> Account:
    """Somebody with a password, a second factor and a phone."""
    account = Account(new_id(), "", "staff", hashed, "modern", NOW, name="赵", phone="13900001111", roles=["auditor"])
    account.number, account.second = "zhao", Second("A" * 32)
    if kind == "candidate":
        account.kind, account.programme, account.policy = "candidate", "quality-evaluation", "classes_8_15"
        account.roles, account.second, account.school = [], None, SCHOOL
    await deps.accounts.add(account.id, account)
    return account


@pytest.mark.parametrize("what", [*STAFF, *CANDIDATE])
async def test_an_outage_between_a_change_and_the_end_of_the_sessions_leaves_none(deps: Deps, what: str) -> None:
    chief, hashed = await administrator(deps), await deps.hasher.hash(OLD)
    write, changed, came = 0, 0, True
    while came:
        account = await person(deps, "staff" if what in STAFF else "candidate", hashed)
        here, there = [await sessions.open_session_of(account, CLIENT, deps=deps, now=NOW) for _ in range(2)]
        me = Actor(account.kind, account.id, account.programme, session=here.session.id)
        with before(deps, write) as store, suppress(Outage):
            await (STAFF | CANDIDATE)[what](deps, me, chief)
        came, write = store.came, write + 1
        if await deps.accounts.get(account.id) != account:
            changed += 1
            left = [one.id for one in await sessions.sessions_of(account.id, deps=deps, now=NOW)]
            assert there.session.id not in left, write
    assert changed
