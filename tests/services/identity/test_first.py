"""The first login in its order, and the account desk within its scope (003.4-6, 003.9, ST.2)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.domain.account import Account
from services.identity.domain.corrections import ENDED_LIFE
from services.identity.handlers import desk, first, sweeps
from services.identity.handlers.deps import Deps
from services.identity.handlers.office import Office, reached
from services.identity.handlers.sessions import resolve
from shared.errors import DomainError, NotFound
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.office_support import (
    ADMIN,
    FIRST_NUMBER,
    OTHER,
    SCHOOL,
    STRANGER,
    TEACHER,
    Roll,
    entered,
    issued,
    office_of,
)
from tests.services.identity.test_accounts import LI, register

NEW = "Kites-over-7"


@pytest.fixture
def office(deps: Deps) -> Office:
    return office_of(deps)


async def pupil(office: Office) -> Actor:
    """A pupil with an unlocked account, signed in by the code."""
    slip = await issued(office)
    (account,) = await desk.find(FIRST_NUMBER, TEACHER, office=office)
    assert await desk.unlock_school("quality-evaluation", SCHOOL, "3", TEACHER, office=office, now=NOW) == 1
    opened = await entered(office, slip)
    return Actor("candidate", account.id, "quality-evaluation", session=opened.session.id)


async def stored(office: Office, who: Actor) -> Account:
    return await office.deps.accounts.get(who.id)


async def test_roll_password_phone_in_this_order_alone(office: Office) -> None:
    who, deps = await pupil(office), office.deps
    for early in (
        first.choose_password(who, NEW, deps=deps, now=NOW),
        first.skip_phone(who, deps=deps, now=NOW),
        first.bind_phone(who, "123456", deps=deps, now=NOW),
    ):
        with pytest.raises(DomainError, match=r"first\.order"):
            await early
    await first.confirm_roll(who, "胡思欣", SCHOOL, office=office, now=NOW)
    assert (await deps.sessions.get(who.session)).todo == ["password", "phone"]
    await first.choose_password(who, NEW, deps=deps, now=NOW)
    account = await stored(office, who)
    assert (account.todo, account.activation) == (["phone"], None)
    assert (await deps.sessions.get(who.session)).todo == ["phone"]
    await first.skip_phone(who, deps=deps, now=NOW)
    assert (await deps.sessions.get(who.session)).todo == []
    assert (await first.account_at(who, deps=deps)).todo == []


async def test_of_two_passwords_chosen_at_once_one_holds(office: Office) -> None:
    who = await pupil(office)
    await first.confirm_roll(who, "胡思欣", SCHOOL, office=office, now=NOW)
    chosen = (first.choose_password(who, word, deps=office.deps, now=NOW) for word in (NEW, NEW + "x"))
    results = await asyncio.gather(*chosen, return_exceptions=True)
    assert sum(result is None for result in results) == 1


async def test_a_used_code_opens_nothing(office: Office) -> None:
    slip = await issued(office)
    (account,) = await desk.find("胡思欣", TEACHER, office=office)
    await desk.set_lock(account.id, locked=False, actor=TEACHER, office=office, now=NOW)
    opened = await entered(office, slip)
    who = Actor("candidate", account.id, "quality-evaluation", session=opened.session.id)
    await first.confirm_roll(who, "胡思欣", SCHOOL, office=office, now=NOW)
    await first.choose_password(who, NEW, deps=office.deps, now=NOW)
    with pytest.raises(DomainError, match=r"login\.refused"):
        await entered(office, slip)
    assert (await entered(office, slip, secret=NEW)).session.todo == ["phone"]


@pytest.mark.parametrize(("name", "school"), [("胡思新", SCHOOL), ("胡思欣", OTHER), ("胡思新", "")])
async def test_the_roll_says_no_in_one_way_and_not_often(office: Office, name: str, school: str) -> None:
    who = await pupil(office)
    codes = []
    for _ in range(7):
        with pytest.raises(DomainError) as refused:
            await first.confirm_roll(who, name, school, office=office, now=NOW)
        codes.append((refused.value.code, [error.pointer for error in refused.value.errors]))
    assert codes[0] == codes[3] and codes[0][0] == "first.roll_differs"
    assert codes[-1][0] == "login.locked_time"


async def test_a_correction_goes_from_the_school_to_who_keeps_the_roll(office: Office) -> None:
    who = await pupil(office)
    asked = await first.ask_correction(who, "胡思忻", SCHOOL, "名字登记错了", office=office, now=NOW)
    with pytest.raises(DomainError, match=r"correction\.waits"):
        await first.ask_correction(who, "胡思忻", SCHOOL, "再问一次", office=office, now=NOW)
    assert await desk.corrections("asked", STRANGER, office=office) == []
    with pytest.raises(NotFound):
        await desk.move_correction(asked.id, "passed_on", STRANGER, office=office, now=NOW)
    await desk.move_correction(asked.id, "passed_on", TEACHER, office=office, now=NOW)
    with pytest.raises(DomainError, match=r"actor\.role_missing"):
        await desk.move_correction(asked.id, "corrected", TEACHER, office=office, now=NOW)
    await desk.move_correction(asked.id, "corrected", ADMIN, office=office, now=NOW)
    assert [one.state for one in await first.corrections_of(who.id, office=office)] == ["corrected"]
    await sweeps.forget_expired(deps=office.deps, clock=lambda: NOW + ENDED_LIFE + timedelta(seconds=1))
    assert await first.corrections_of(who.id, office=office) == []


async def test_another_schools_pupil_is_not_there(office: Office) -> None:
    who = await pupil(office)
    assert await desk.find(FIRST_NUMBER, STRANGER, office=office) == []
    assert (await desk.of_school("quality-evaluation", SCHOOL, None, STRANGER, office=office)).items == []
    assert await desk.unlock_school("quality-evaluation", SCHOOL, "", STRANGER, office=office, now=NOW) == 0
    for forbidden in (
        reached(who.id, STRANGER, office=office),
        desk.set_lock(who.id, locked=True, reason="重号", actor=STRANGER, office=office, now=NOW),
        desk.reset(who.id, STRANGER, office=office, now=NOW),
        desk.reset(who.id, STRANGER, office=office, now=NOW, reason="本人到场", document="resident_id"),
    ):
        with pytest.raises(NotFound):
            await forbidden
    nowhere = replace(TEACHER, scope={})
    with pytest.raises(NotFound):
        await reached(who.id, nowhere, office=office)
    assert await reached(who.id, replace(TEACHER, scope={"regions": ["140106"]}), office=office)


async def test_who_registered_alone_belongs_where_they_apply(office: Office) -> None:
    account, roll = (await register(office.deps)).session.subject, office.registry
    assert isinstance(roll, Roll)
    for words in (LI.id_number, LI.name):
        assert await desk.find(words, TEACHER, office=office) == [], "they have not said where"
        assert [one.id for one in await desk.find(words, ADMIN, office=office)] == [account]
    roll.applying[account] = SCHOOL
    for words in (LI.id_number, LI.name):
        assert [(one.id, one.school) for one in await desk.find(words, TEACHER, office=office)] == [(account, SCHOOL)]
        assert await desk.find(words, STRANGER, office=office) == []
    with pytest.raises(NotFound):
        await desk.reset(account, STRANGER, office=office, now=NOW, reason="本人到场", document="resident_id")
    slip = await desk.reset(account, TEACHER, office=office, now=NOW, reason="本人到场", document="resident_id")
    assert slip.code and (await office.deps.accounts.get(account)).school == "", "nothing of it is written down"


async def test_only_the_school_unlocks_and_a_reset_ends_sessions(office: Office) -> None:
    who = await pupil(office)
    point = replace(TEACHER, roles=("point",))
    with pytest.raises(DomainError, match=r"actor\.role_missing"):
        await desk.set_lock(who.id, locked=True, reason="重号", actor=point, office=office, now=NOW)
    slip = await desk.reset(who.id, point, office=office, now=NOW, reason="本人到场", document="resident_id")
    assert not (await office.deps.sessions.store.count("sessions", {"subject": who.id}))
    opened = await entered(office, slip)
    await desk.set_lock(who.id, locked=True, reason="重号", actor=TEACHER, office=office, now=NOW)
    with pytest.raises(DomainError, match=r"session\.expired"):
        await resolve(opened.token, deps=office.deps, now=NOW)


async def test_a_registration_point_locks_and_unlocks_who_belongs_to_it(office: Office) -> None:
    account, roll = (await register(office.deps)).session.subject, office.registry
    assert isinstance(roll, Roll)
    roll.applying[account] = SCHOOL
    point, elsewhere = replace(TEACHER, roles=("point",)), replace(STRANGER, roles=("point",))
    with pytest.raises(NotFound):
        await desk.set_lock(account, locked=True, reason="重号", actor=elsewhere, office=office, now=NOW)
    with pytest.raises(DomainError, match=r"field\.missing"):
        await desk.set_lock(account, locked=True, actor=point, office=office, now=NOW)
    await desk.set_lock(account, locked=True, reason="重号", actor=point, office=office, now=NOW)
    locked = await office.deps.accounts.get(account)
    with pytest.raises(DomainError, match=r"login\.locked_by_office"):
        locked.check_lock()
    with pytest.raises(DomainError, match=r"actor\.role_missing"):
        city = replace(TEACHER, roles=("city",))
        await desk.set_lock(account, locked=False, actor=city, office=office, now=NOW)
    await desk.set_lock(account, locked=False, actor=point, office=office, now=NOW)
    assert (await office.deps.accounts.get(account)).lock == ""
