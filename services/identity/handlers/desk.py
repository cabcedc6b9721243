"""Use cases of the account desk: find, lock, unlock, reset by a one-time code; all within one's scope (ST.2)."""

from __future__ import annotations

from datetime import datetime

from services.identity.domain import issuing as domain
from services.identity.domain.account import Account, Lock
from services.identity.domain.corrections import Correction, State
from services.identity.handlers import locks
from services.identity.handlers.claims import account_of
from services.identity.handlers.deps import activation_hash, login_key, name_index, person_key, programme_of
from services.identity.handlers.issuing import Slip
from services.identity.handlers.office import Office, reach, reached, within_reach
from services.identity.handlers.sessions import ending
from shared.audit import Thing, recorded
from shared.errors import DomainError, Kind, NotFound
from shared.store import Query
from shared.store.repository import Found
from shared.tokens import Actor

PAGE = 50
# 003.7: a pupil's account only the school locks and unlocks; where candidates belong to a registration point, it does
# too. The administrator stands in for one without staff.
KEY_HOLDERS: dict[Lock, frozenset[str]] = {
    "school": frozenset({"school", "admin"}),
    "office": frozenset({"school", "point", "admin"}),
}


async def find(words: str, actor: Actor, *, office: Office) -> list[Account]:
    """The accounts of one person, by exact name, ID number or 考生号."""
    deps = office.deps
    keys = [login_key(deps, programme, words) for programme in deps.programmes]
    keys += [person_key(deps, programme, words) for programme in deps.programmes]
    found = [account for key in keys if (account := await account_of(key, deps=deps))]
    if not found:
        named = {"name_index": name_index(words, deps=deps), "kind": "candidate"}
        found = (await deps.accounts.find(Query(named, limit=PAGE))).items
    return await within_reach(found, actor, office=office)


async def of_school(programme: str, school: str, cursor: str | None, actor: Actor, *, office: Office) -> Found[Account]:
    """The accounts of a school, in the order they were opened."""
    within = await reach(actor, office=office)
    if within is not None and school not in within:
        return Found([], None)
    query = Query({"programme": programme, "school": school}, sort="created_at", limit=PAGE, cursor=cursor)
    return await office.deps.accounts.find(query)


async def set_lock(
    account_id: str, *, locked: bool, reason: str = "", actor: Actor, office: Office, now: datetime
) -> None:
    """Lock an account for its school or registration point, or unlock it; a lock has a reason and ends sessions."""
    if locked and not reason:
        raise DomainError("field.missing", Kind.INVALID, "/reason")
    account = await reached(account_id, actor, office=office)
    await _set_lock(account, locked=locked, reason=reason, actor=actor, office=office, now=now)


async def unlock_school(
    programme: str, school: str, class_name: str, actor: Actor, *, office: Office, now: datetime
) -> int:
    """Unlock every account of a school, or of one class (003.1); how many were locked."""
    count, cursor = 0, None
    while True:
        page = await of_school(programme, school, cursor, actor, office=office)
        for account in page.items:
            if account.lock and class_name in ("", account.class_name):
                await _set_lock(account, locked=False, reason="", actor=actor, office=office, now=now)
                count += 1
        cursor = page.next_cursor
        if cursor is None:
            return count


async def reset(
    account_id: str, actor: Actor, *, office: Office, now: datetime, reason: str = "", document: str = ""
) -> Slip:
    """A new one-time code in the place of the password; sessions end. Staff never choose a password.

    `reason` and `document` (which one was seen) are told when the person stood at the desk.
    """
    deps = office.deps
    account = await reached(account_id, actor, office=office)
    code = domain.new_code()
    days = programme_of(deps, account.programme).account.activation_days
    after = {"reason": reason, "document": document} if reason else {}
    action = "account_reset_in_person" if reason else "account_reset"
    async with ending(account_id, "", deps=deps), deps.accounts.edit(account_id) as work:
        domain.activate(work.state, activation_hash(account_id, code, deps=deps), days, now)
        work.emit(recorded(actor, action, Thing("account", account_id), now, after=after))
    return Slip(account.name, account.number or account.id_number, account.class_name, code)


async def corrections(state: State, actor: Actor, *, office: Office) -> list[Correction]:
    """Requests to correct the roll, oldest first."""
    within = await reach(actor, office=office)
    equal = {"state": state} if within is None else {"state": state, "school": tuple(sorted(within))}
    return (await office.corrections.find(Query(equal, sort="asked_at", limit=PAGE))).items


async def move_correction(correction_id: str, to: State, actor: Actor, *, office: Office, now: datetime) -> None:
    """Pass a request on, or answer it."""
    within = await reach(actor, office=office)
    async with office.corrections.edit(correction_id) as work:
        if within is not None and work.state.school not in within:
            raise NotFound("correction")
        before = {"state": work.state.state}
        work.state.move(to, actor.roles, now)
        work.emit(recorded(actor, "correction_moved", Thing("correction", correction_id), now, before, {"state": to}))


def may_lock(account: Account, actor: Actor, *, office: Office) -> bool:
    """Whether this member of staff may lock and unlock the account, and so may know who locked it and why."""
    return bool(KEY_HOLDERS[_key_of(account, office=office)] & set(actor.roles))


def _key_of(account: Account, *, office: Office) -> Lock:
    pupil = "roll" in programme_of(office.deps, account.programme).account.first_login
    return "school" if pupil else "office"


async def _set_lock(
    account: Account, *, locked: bool, reason: str, actor: Actor, office: Office, now: datetime
) -> None:
    if not may_lock(account, actor, office=office):
        raise DomainError("actor.role_missing", Kind.FORBIDDEN)
    if not locked:
        await locks.take_off(account.id, reason, actor, deps=office.deps, now=now)
        return
    async with ending(account.id, "", deps=office.deps):
        await locks.put_on(account.id, _key_of(account, office=office), reason, actor, deps=office.deps, now=now)
