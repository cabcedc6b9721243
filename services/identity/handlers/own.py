"""Use cases of one's own staff account: change the phone, give the account up (003.13)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from services.identity.domain import issuing, signon
from services.identity.domain.account import Account, Proven
from services.identity.domain.session import Session
from services.identity.domain.signon import DocumentKind
from services.identity.handlers.accounts import require_password
from services.identity.handlers.claims import take
from services.identity.handlers.codes import Sent, send_code, spend_code
from services.identity.handlers.deps import Deps, login_key
from services.identity.handlers.joining import document_claim, phone_claim
from services.identity.handlers.second import judged
from services.identity.handlers.sessions import ending, session_of
from shared.audit import Thing, recorded
from shared.errors import DomainError, Kind
from shared.events.base import new_id
from shared.events.identity import StaffPhoneLeft
from shared.programme import phone as phones
from shared.store import Query
from shared.store.repository import Work
from shared.tokens import Actor

SCAN = 200


@dataclass(frozen=True)
class Closing:
    """What giving the account up asks for, and whether it is refused to the last administrator."""

    password: bool
    second: bool
    last_administrator: bool


async def send_phone_code(actor: Actor, phone: str, password: str, *, deps: Deps, now: datetime) -> Sent:
    """Send a code to the phone that is to be bound. The password comes before the first phone too: a phone is a way to
    sign in. Raises `phone.invalid`, what `_require_owner` and what sending raise."""
    number = phones.normalise(phone)
    if broken := phones.problem(number):
        raise DomainError(broken, Kind.INVALID, "/phone")
    await _require_owner(await deps.accounts.get(actor.id), actor, password, deps=deps, now=now)
    return await send_code(actor.id, "bind_phone", number, actor.source, deps=deps, now=now, about=actor.id)


async def change_phone(actor: Actor, code: str, *, deps: Deps, now: datetime) -> None:
    """Bind the phone that the code proves; the number it replaces is told. Whether a number is another's is told only
    to who has it in hand: `staff.phone_of_another`."""
    session = await session_of(actor.session, deps=deps)
    phone = await spend_code(actor.id, "bind_phone", code, deps=deps, now=now)
    # Whoever has the old phone may have signed in by it.
    async with ending(actor.id, actor.session, deps=deps):
        await _bind(actor, session, phone, deps=deps, now=now)


async def _bind(actor: Actor, session: Session, phone: str, *, deps: Deps, now: datetime) -> None:
    key = phone_claim(phone, deps=deps)
    # A claim of an account that has another phone was left by a crash.
    if not await take(key, actor.id, lambda holder: holder.phone != phone, deps=deps):
        raise _of_another()

    def bind(work: Work[Account]) -> str:
        _require_as_it_was(work.state, session)
        before, work.state.phone = work.state.phone, phone
        if before != phone:
            old = {"phone": phones.mask(before)} if before else {}
            thing, new = Thing("account", actor.id), {"phone": phones.mask(phone)}
            work.emit(recorded(actor, "phone_changed", thing, now, old, new))
            _tell_left(work, before, "changed", deps=deps, now=now)
        return before

    try:
        # Not run again from the start: the code is spent.
        before = await deps.accounts.change(actor.id, bind)
    except DomainError:
        if (await deps.accounts.get(actor.id)).phone != phone:
            await deps.accounts.store.release(key, actor.id)
        raise
    if await deps.accounts.store.holder(key) != actor.id:
        await _unbind(actor, phone, before, deps=deps, now=now)
        raise _of_another()
    if before != phone:
        await deps.accounts.store.release(phone_claim(before, deps=deps), actor.id)


async def _unbind(actor: Actor, phone: str, before: str, *, deps: Deps, now: datetime) -> None:
    """Take a phone back whose claim a rival held for one left by a crash, before the phone was bound under it."""

    def undo(work: Work[Account]) -> None:
        if work.state.phone == phone:
            work.state.phone = before
            after = {"phone": phones.mask(before)} if before else {}
            thing, had = Thing("account", actor.id), {"phone": phones.mask(phone)}
            work.emit(recorded(actor, "phone_changed", thing, now, had, after))

    await deps.accounts.change(actor.id, undo)


async def closing(account_id: str, *, deps: Deps) -> Closing:
    """What the page before it says."""
    account = await deps.accounts.get(account_id)
    last = "admin" in account.roles and not await _another_administrator(account_id, deps=deps)
    return Closing(account.by_password, account.second is not None and bool(account.second.secret), last)


async def close(actor: Actor, password: str, code: str, *, deps: Deps, now: datetime) -> None:
    """Give the account up, for the password and a code of the second factor, where there are these. Sessions end; the
    login name, the phone, the document and the sign-on are free for another account. Raises
    `staff.last_administrator`."""
    account, session = await deps.accounts.get(actor.id), await session_of(actor.session, deps=deps)
    if (await closing(actor.id, deps=deps)).last_administrator:
        raise _last()
    await _require_owner(account, actor, password, deps=deps, now=now)
    if account.second and account.second.secret:
        async with judged(actor, code, "second_factor_used", deps=deps, now=now):
            pass

    def give_up(work: Work[Account]) -> list[str]:
        _require_as_it_was(work.state, session)
        Proven(account, "password").check(work.state)
        if work.state.leaving != request:
            raise DomainError("account.changed_meanwhile", Kind.CONFLICT)
        held = _claims(work.state, deps=deps)
        had = signon.powers(work.state.roles, work.state.scope)
        _tell_left(work, work.state.phone, "closed", deps=deps, now=now)
        work.state.close(now)
        work.emit(recorded(actor, "account_closed", Thing("account", actor.id), now, had))
        return held

    async with _leaving(actor.id, deps=deps) as request:
        async with ending(actor.id, "", deps=deps):
            held = await deps.accounts.change(actor.id, give_up)
    for key in held:
        await deps.accounts.store.release(key, actor.id)


async def _require_owner(account: Account, actor: Actor, password: str, *, deps: Deps, now: datetime) -> None:
    """Whoever finds an open session is not its owner yet. Raises `password.old_wrong`, `session.not_fresh`."""
    if account.by_password:
        await require_password(account, password, "/password", deps=deps, now=now)
    else:
        (await session_of(actor.session, deps=deps)).check_fresh(now)


@asynccontextmanager
async def _leaving(account_id: str, *, deps: Deps) -> AsyncIterator[str]:
    """Nobody counts on an administrator any more before the account is closed: of two who go at the same moment one at
    least sees that nobody else is left. Yields what the account is marked with; the mark goes with what keeps it open.
    One that an outage leaves takes nothing away: the next request puts its own there, and who acts instead stays.
    """
    request = new_id()

    def mark(work: Work[Account]) -> bool:
        work.state.leaving = request
        return "admin" in work.state.roles

    def unmark(work: Work[Account]) -> None:
        if work.state.leaving == request:
            work.state.leaving = ""

    try:
        if await deps.accounts.change(account_id, mark) and not await _another_administrator(account_id, deps=deps):
            raise _last()
        yield request
    except DomainError:
        await deps.accounts.change(account_id, unmark)
        raise


def _require_as_it_was(account: Account, session: Session) -> None:
    """What is under way ends with a lock, a reset or the closing of the account."""
    account.check_open()
    account.check_lock()
    issuing.require_code(account, session.code)


def _of_another() -> DomainError:
    return DomainError("staff.phone_of_another", Kind.CONFLICT, "/phone")


def _last() -> DomainError:
    return DomainError("staff.last_administrator", Kind.CONFLICT)


async def _another_administrator(account_id: str, *, deps: Deps) -> bool:
    """Whether somebody else is an administrator who gets in and stays: not locked, not waiting for the first sign-in,
    not about to go. Looked for rarely, among some thousands."""
    cursor: str | None = None
    while True:
        page = await deps.accounts.find(Query({"kind": "staff"}, sort="created_at", limit=SCAN, cursor=cursor))
        for each in page.items:
            if each.id != account_id and each.in_office and not each.activation:
                return True
        cursor = page.next_cursor
        if cursor is None:
            return False


def _tell_left(
    work: Work[Account], phone: str, why: Literal["changed", "closed"], *, deps: Deps, now: datetime
) -> None:
    if phone:
        account = work.state.id
        sealed = deps.vault.seal(phone, f"contact|phone|{account}")
        work.emit(StaffPhoneLeft(subject=account, occurred_at=now, sealed_contact=sealed, why=why))


def _claims(account: Account, *, deps: Deps) -> list[str]:
    """What the account may hold; which kind of document it was is not kept with it."""
    documents = [document_claim(kind, account.id_number, deps=deps) for kind in get_args(DocumentKind)]
    return [login_key(deps, "", account.number), phone_claim(account.phone, deps=deps), *documents]
