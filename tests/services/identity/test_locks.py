"""Who locked an account, when and why: for those who may take the lock off, and for nobody else (003.7, ST.2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.identity.api import desk as api
from services.identity.handlers import desk, issuing, locks, login, staff
from services.identity.handlers.deps import Deps
from services.identity.handlers.locks import Told
from services.identity.handlers.login import Name
from services.identity.handlers.office import Office, reached
from services.identity.handlers.sessions import Client
from shared.errors import DomainError
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, solved
from tests.services.identity.office_support import ADMIN, FIRST_NUMBER, SCHOOL, issued, office_of, table
from tests.services.identity.test_staff import administrator, hired, refusal

PUPILS = "quality-evaluation"
REASON = "与另一个账号重号"


@pytest.fixture
def office(deps: Deps) -> Office:
    return office_of(deps)


async def teacher(deps: Deps, role: str = "school", name: str = "wang") -> Actor:
    """A member of the school's staff with an account."""
    chief = await administrator(deps, f"chief-{name}")
    scope = {"schools": [SCHOOL]}
    made = await staff.add_staff(name, "王老师", "", [role], scope, chief, deps=deps, now=NOW)
    return Actor("staff", made.id, roles=(role,), scope=scope)


async def pupil(office: Office) -> str:
    await issued(office)
    (found,) = await desk.find(FIRST_NUMBER, ADMIN, office=office)
    return found.id


async def seen(account: str, actor: Actor, office: Office) -> api.AccountItem:
    """The account as the desk shows it to somebody."""
    (item,) = await api._items([await reached(account, actor, office=office)], actor, office=office)
    return item


async def test_the_school_sees_who_locked_when_and_why_until_it_is_unlocked(deps: Deps, office: Office) -> None:
    mine, account = await teacher(deps), await pupil(office)
    opened = await seen(account, mine, office)
    assert (opened.locked, opened.may_lock, opened.lock and opened.lock.reason) == (True, True, "")
    await desk.set_lock(account, locked=False, actor=mine, office=office, now=NOW)
    assert (await seen(account, mine, office)).lock is None
    await desk.set_lock(account, locked=True, reason=REASON, actor=mine, office=office, now=NOW)
    lock = (await seen(account, mine, office)).lock
    assert lock and (lock.by, lock.at, lock.reason) == ("王老师", NOW, REASON)
    (kept,) = (await deps.accounts.store.find("accounts", Query({"programme": PUPILS}))).documents
    assert REASON not in kept["locking"], "sealed at rest"


@pytest.mark.parametrize("role", ["city", "province", "point"])
async def test_who_may_not_lock_a_pupil_does_not_read_why_it_was(deps: Deps, office: Office, role: str) -> None:
    mine, account = await teacher(deps), await pupil(office)
    await desk.set_lock(account, locked=False, actor=mine, office=office, now=NOW)
    await desk.set_lock(account, locked=True, reason=REASON, actor=mine, office=office, now=NOW)
    other = await seen(account, await teacher(deps, role, "li"), office)
    assert (other.locked, other.may_lock, other.lock) == (True, False, None)
    assert (await seen(account, ADMIN, office)).lock


async def test_the_owner_is_told_that_the_school_locked_it_and_no_more(deps: Deps, office: Office) -> None:
    slip, mine = await issued(office), await teacher(deps)
    (found,) = await desk.find(FIRST_NUMBER, ADMIN, office=office)
    await desk.set_lock(found.id, locked=False, actor=mine, office=office, now=NOW)
    await desk.set_lock(found.id, locked=True, reason=REASON, actor=mine, office=office, now=NOW)
    with pytest.raises(DomainError) as caught:
        proof = await solved(deps)
        await login.login(Name(PUPILS, slip.login), slip.code, proof, Client("192.0.2.1"), deps=deps, now=NOW)
    assert (caught.value.code, caught.value.params, caught.value.errors) == ("login.locked_by_school", {}, ())


async def test_a_second_lock_is_refused_and_the_first_reason_stays(deps: Deps, office: Office) -> None:
    mine, account, chief = await teacher(deps), await pupil(office), await administrator(deps)
    again = desk.set_lock(account, locked=True, reason="再锁一次", actor=mine, office=office, now=NOW)
    assert await refusal(again) == "account.locked_already"
    clerk = (await hired(deps, chief)).id
    await staff.lock(clerk, "离职", chief, deps=deps, now=NOW)
    assert await refusal(staff.lock(clerk, "又一次", chief, deps=deps, now=NOW)) == "account.locked_already"
    told = await locks.told([await deps.accounts.get(clerk)], deps=deps)
    assert told == {clerk: Told("管理员", NOW, "离职")}
    await staff.unlock(clerk, "回岗", chief, deps=deps, now=NOW)
    assert await locks.told([await deps.accounts.get(clerk)], deps=deps) == {}


async def test_a_lock_of_before_this_was_kept_or_by_no_member_of_staff_names_nobody(deps: Deps, office: Office) -> None:
    _, (slip,) = await issuing.issue(
        table(("胡思欣", FIRST_NUMBER)), PUPILS, Actor("service", "launcher"), dry_run=False, office=office, now=NOW
    )
    (found,) = await desk.find(slip.login, ADMIN, office=office)
    assert await locks.told([found], deps=deps) == {found.id: Told("", NOW, "")}
    assert await locks.told([replace(found, locking=None)], deps=deps) == {}
