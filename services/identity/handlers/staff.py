"""Use cases of staff accounts: an administrator makes, finds, locks and resets them; never one's own (ST.2).

Whoever acts is an administrator who is not locked, and acts on somebody else: one administrator is always left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain import issuing, signon
from services.identity.domain.account import Account, Proven
from services.identity.handlers import locks
from services.identity.handlers.accounts import set_password
from services.identity.handlers.claims import account_of, insert_account
from services.identity.handlers.deps import STAFF_POLICY, Deps, activation_hash, login_key, name_index
from services.identity.handlers.issuing import Slip
from services.identity.handlers.joining import Scope, phone_claim
from services.identity.handlers.places import check_scope
from services.identity.handlers.sessions import Client, Opened, ending, session_of, sign_in
from shared.audit import Thing, recorded
from shared.errors import DomainError, Kind, NotFound
from shared.events.base import new_id
from shared.programme import phone as phones
from shared.store import Query
from shared.store.repository import Found, Work
from shared.tokens import Actor

PAGE, SCAN = 50, 200
CODE_DAYS = 7


@dataclass(frozen=True)
class Made:
    """A new account; `code` is told this once, empty where the launcher has set a password."""

    id: str
    code: str


async def add_staff(
    login_name: str,
    display: str,
    password: str,
    roles: list[str],
    scope: Scope,
    actor: Actor,
    *,
    deps: Deps,
    now: datetime,
) -> Made:
    """Make a staff account: with a password if the launcher does it, else with a one-time code. Raises
    `account.login_taken`, `staff.password_chosen`, and what the roles raise."""
    signon.check_roles(roles, scope)
    if actor.kind == "staff":
        await _require_office(actor, deps=deps)
        if password:
            raise DomainError("staff.password_chosen", Kind.INVALID, "/password")
    await check_scope(scope, atlas=deps.atlas)
    account = Account(
        id=new_id(),
        programme="",
        kind="staff",
        password_hash=await deps.hasher.hash(password) if password else "",
        policy=STAFF_POLICY,
        created_at=now,
        name=display,
        name_index=name_index(display, deps=deps),
        number=login_name,
        roles=roles,
        scope=scope,
    )
    code = "" if password else _activated(account, deps=deps, now=now)
    told = recorded(actor, "staff_made", _thing(account.id), now, after=signon.powers(roles, scope))
    try:
        await insert_account(account, login_key(deps, "", login_name), told, deps=deps)
    except DomainError as error:
        raise DomainError("account.login_taken", Kind.CONFLICT, "/login") from error
    return Made(account.id, code)


async def listed(cursor: str | None, *, deps: Deps) -> Found[Account]:
    """Staff accounts, in the order they were made."""
    return await deps.accounts.find(Query({"kind": "staff"}, sort="created_at", limit=PAGE, cursor=cursor))


async def find(words: str, *, deps: Deps) -> list[Account]:
    """Staff by exact name, login name or phone, or of a place by its code."""
    by_login = await account_of(login_key(deps, "", words), deps=deps)
    number = phones.normalise(words)
    by_phone = await account_of(phone_claim(number, deps=deps), deps=deps)
    # A claim of an account that has another phone was left by a crash.
    found = [each for each in (by_login, by_phone if by_phone and by_phone.phone == number else None) if each]
    if not found:
        named = {"name_index": name_index(words, deps=deps), "kind": "staff"}
        found = (await deps.accounts.find(Query(named, limit=PAGE))).items
    return found or await _of_place(words, deps=deps)


async def member(account_id: str, *, deps: Deps) -> Account:
    """One staff account; `NotFound` for a candidate's as for none."""
    account = await deps.accounts.get(account_id)
    if account.kind != "staff":
        raise NotFound("account")
    return account


async def set_roles(
    account_id: str, roles: list[str], scope: Scope, actor: Actor, *, deps: Deps, now: datetime
) -> None:
    """Give a member of staff other roles; never oneself. Their sessions end, so that the new ones hold at once."""
    signon.check_roles(roles, scope)
    before = await _another(account_id, actor, deps=deps)
    await check_scope(scope, atlas=deps.atlas)
    async with ending(account_id, "", deps=deps):
        await _give_roles(account_id, roles, scope, actor, deps=deps, now=now)
        if not await _in_office(actor, deps=deps):
            await _give_roles(account_id, before.roles, before.scope, actor, deps=deps, now=now)
            raise DomainError("actor.role_missing", Kind.FORBIDDEN)


async def lock(account_id: str, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Keep a member of staff out; their sessions end."""
    await _another(account_id, actor, deps=deps)
    async with ending(account_id, "", deps=deps):
        await locks.put_on(account_id, "admin", reason, actor, deps=deps, now=now)
        if not await _in_office(actor, deps=deps):
            await locks.take_off(account_id, reason, actor, deps=deps, now=now)
            raise DomainError("actor.role_missing", Kind.FORBIDDEN)


async def unlock(account_id: str, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Let a member of staff in again."""
    await _another(account_id, actor, deps=deps)
    await locks.take_off(account_id, reason, actor, deps=deps, now=now)


async def reset(account_id: str, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> Slip:
    """A one-time code in the place of the password; sessions end. The second factor stays, it is reset by itself.
    Raises `staff.no_login` for who signs in by a provider only."""
    account = await _another(account_id, actor, deps=deps)
    if not account.number:
        raise DomainError("staff.no_login", Kind.CONFLICT)
    async with ending(account_id, "", deps=deps), deps.accounts.edit(account_id) as work:
        work.state.check_open()
        code = _activated(work.state, deps=deps, now=now)
        work.emit(recorded(actor, "account_reset", _thing(account_id), now, after={"reason": reason}))
    return Slip(account.name, account.number, "", code)


async def reset_second(account_id: str, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Take a lost second factor and its recovery codes away; sessions end. Raises `totp.none`."""
    if (await _another(account_id, actor, deps=deps)).second is None:
        raise DomainError("totp.none", Kind.CONFLICT)
    async with ending(account_id, "", deps=deps), deps.accounts.edit(account_id) as work:
        work.state.second = None
        work.emit(recorded(actor, "totp_reset", _thing(account_id), now, after={"reason": reason}))


async def choose_password(actor: Actor, new: str, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """The password that takes the place of the code; a whole session under a new token, and every other ends.

    The session is asked, not the account: one that still has to bring the second factor is not there yet.
    """
    session = await session_of(actor.session, deps=deps)
    if session.todo[:1] != ["password"]:
        raise DomainError("first.order", Kind.CONFLICT)
    proven = Proven(await deps.accounts.get(actor.id), "code", actor.source)
    await set_password(proven, new, "", deps=deps, now=now, first=session.code)
    return await sign_in(await deps.accounts.get(actor.id), client, deps=deps, now=now, strong=True)


async def _another(account_id: str, actor: Actor, *, deps: Deps) -> Account:
    if actor.id == account_id:
        raise DomainError("staff.own_account", Kind.FORBIDDEN)
    await _require_office(actor, deps=deps)
    found = await member(account_id, deps=deps)
    found.check_open()
    return found


async def _require_office(actor: Actor, *, deps: Deps) -> None:
    """What a request brings of its actor is as old as the request. Who acts has not gone: nor will a request that is
    about to give the account up, or that an outage kept from it."""
    if (await deps.accounts.get(actor.id)).leaving:
        await deps.accounts.change(actor.id, _stay)
    if not await _in_office(actor, deps=deps):
        raise DomainError("actor.role_missing", Kind.FORBIDDEN)


async def _in_office(actor: Actor, *, deps: Deps) -> bool:
    """Whether who has just written is an administrator still. Of two who shut each other out at the same moment, one
    at least sees the other's write here and takes the own one back."""
    return (await deps.accounts.get(actor.id)).in_office


def _stay(work: Work[Account]) -> None:
    work.state.leaving = ""


async def _of_place(code: str, *, deps: Deps) -> list[Account]:
    """Looked for rarely, among some thousands: no index is kept for it."""
    found: list[Account] = []
    cursor: str | None = None
    while True:
        page = await deps.accounts.find(Query({"kind": "staff"}, sort="created_at", limit=SCAN, cursor=cursor))
        found += [each for each in page.items if any(code in places for places in each.scope.values())]
        cursor = page.next_cursor
        if cursor is None:
            return found[:SCAN]


async def _give_roles(
    account_id: str, roles: list[str], scope: Scope, actor: Actor, *, deps: Deps, now: datetime
) -> None:
    def give(work: Work[Account]) -> None:
        work.state.check_open()
        before = signon.powers(work.state.roles, work.state.scope)
        work.state.roles, work.state.scope = roles, scope
        after = signon.powers(roles, scope)
        work.emit(recorded(actor, "roles_changed", _thing(account_id), now, before, after))

    # Not run again from the start: what is taken back is what stood before.
    await deps.accounts.change(account_id, give)


def _activated(account: Account, *, deps: Deps, now: datetime) -> str:
    """Put a fresh code in the place of the password."""
    code = issuing.new_code()
    issuing.activate(account, activation_hash(account.id, code, deps=deps), CODE_DAYS, now)
    return code


def _thing(account_id: str) -> Thing:
    return Thing("account", account_id)
