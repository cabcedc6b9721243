"""Use cases of the second factor of staff: prove it, enrol, give it up (security.md 18)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from services.identity.domain import attempts as rules
from services.identity.domain import issuing, totp
from services.identity.domain.account import Account, Proven
from services.identity.domain.session import Session
from services.identity.domain.totp import Second
from services.identity.handlers import attempts
from services.identity.handlers.accounts import require_password
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client, Opened, proof_of, session_of, sign_in
from shared.audit import Thing, recorded
from shared.errors import DomainError, Kind
from shared.store.repository import Work
from shared.tokens import Actor


@dataclass(frozen=True)
class Standing:
    """How it stands with somebody's second factor; `offered`: there is something that it would stand beside, a
    `password` or the phone; `required`: neither opens the account without it."""

    offered: bool
    password: bool
    enrolled: bool
    required: bool
    recovery_left: int


async def standing(account_id: str, *, deps: Deps) -> Standing:
    """Whether there is one, and whether there must be."""
    account = await deps.accounts.get(account_id)
    second = account.second or Second()
    offered = account.by_password or bool(account.phone)
    required = offered and bool(deps.second_roles & set(account.roles))
    return Standing(offered, account.by_password, bool(second.secret), required, len(second.recovery))


async def prove(actor: Actor, code: str, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """Turn a half-open session into a whole one under a new token. Raises `totp.wrong`, and what counting raises."""
    half = await session_of(actor.session, deps=deps)
    async with judged(actor, code, "second_factor_used", deps=deps, now=now) as work:
        _require_first(work.state, half, deps=deps)
        account = work.state
    opened = await sign_in(account, client, deps=deps, now=now, strong=True)
    await deps.sessions.delete(actor.session)
    return opened


async def begin(actor: Actor, *, deps: Deps, now: datetime) -> str:
    """The secret to be enrolled, the same until it is confirmed. Raises `totp.enrolled`: a stolen password must not
    be enough to put another in its place; `totp.not_by_phone`: nor a stolen phone to make one of the two it takes into
    both; and, without a password, `session.not_fresh`."""
    account, session = await deps.accounts.get(actor.id), await session_of(actor.session, deps=deps)
    if session.by_phone:
        raise DomainError("totp.not_by_phone", Kind.FORBIDDEN)
    if not account.by_password:
        session.check_fresh(now)
    if account.second and account.second.pending:
        return account.second.pending
    async with deps.accounts.edit(actor.id) as work:
        second = work.state.second or Second()
        if second.secret:
            raise DomainError("totp.enrolled", Kind.CONFLICT)
        second.pending = totp.new_secret()
        work.state.second = second
    return second.pending


async def confirm(actor: Actor, code: str, client: Client, *, deps: Deps, now: datetime) -> tuple[list[str], Opened]:
    """Take the pending secret into use. The recovery codes, told this once, and a session that knows of it."""
    codes, session = totp.new_recovery_codes(), await session_of(actor.session, deps=deps)
    await _charge(actor, deps=deps, now=now)
    async with deps.accounts.edit(actor.id) as work:
        _require_first(work.state, session, deps=deps)
        second = work.state.second
        if second is None or not second.confirm(code, now):
            raise _wrong()
        second.recovery = [_hash(actor.id, each, deps=deps) for each in codes]
        work.emit(recorded(actor, "totp_enrolled", Thing("account", actor.id), now))
    await deps.attempts.delete(_guesses(actor))
    opened = await sign_in(work.state, client, deps=deps, now=now, strong=True)
    await deps.sessions.delete(actor.session)
    return codes, opened


async def remove(actor: Actor, password: str, code: str, *, deps: Deps, now: datetime) -> None:
    """Give the second factor up, for a code of it and the password, if there is one: whoever finds an open session and
    the phone beside it has one of the two. Where it is required, the next sign-in asks for another."""
    account = await deps.accounts.get(actor.id)
    if account.by_password:
        await require_password(account, password, "/password", deps=deps, now=now)
    async with judged(actor, code, "totp_removed", deps=deps, now=now) as work:
        Proven(account, "password").check(work.state)
        work.state.second = None


@asynccontextmanager
async def judged(actor: Actor, code: str, action: str, *, deps: Deps, now: datetime) -> AsyncIterator[Work[Account]]:
    """Open the account for who brings a code of the app, or a recovery code, which is then used up. A wrong one is told
    to the log: whoever guesses has what comes before it, and the waits keep the entries few."""
    await _charge(actor, deps=deps, now=now)
    thing = Thing("account", actor.id)
    if not _spent((await deps.accounts.get(actor.id)).second, code, actor, deps=deps, now=now):
        refused = recorded(actor, "second_factor_refused", thing, now)
        await deps.accounts.change(actor.id, lambda work: work.emit(refused))
        raise _wrong()
    async with deps.accounts.edit(actor.id) as work:
        by = _spent(work.state.second, code, actor, deps=deps, now=now)
        if not by:
            raise _wrong()
        after = {"by": by} if by == "recovery_code" else {}
        work.emit(recorded(actor, action, thing, now, after=after))
        yield work
    await deps.attempts.delete(_guesses(actor))


def _spent(second: Second | None, code: str, actor: Actor, *, deps: Deps, now: datetime) -> str:
    """Use a code up; what it was, `app` or `recovery_code`, or empty: wrong."""
    if second is None:
        return ""
    hashed = _hash(actor.id, code.strip().lower(), deps=deps)
    if hashed in second.recovery:
        second.recovery.remove(hashed)
        return "recovery_code"
    return "app" if second.spend(code, now) else ""


def _wrong() -> DomainError:
    return DomainError("totp.wrong", Kind.INVALID, "/code")


async def _charge(actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Every guess is counted before it is judged, those made at once too."""
    await attempts.charge(_guesses(actor), "", rules.LOGIN, proved=True, deps=deps, now=now)


def _require_first(account: Account, session: Session, *, deps: Deps) -> None:
    """Refuse a first factor that another has taken the place of since (`session.expired`)."""
    issuing.require_code(account, session.code)
    if session.proof and session.proof != proof_of(account, deps=deps):
        raise DomainError("session.expired", Kind.UNAUTHENTICATED)


def _guesses(actor: Actor) -> str:
    return f"totp|{actor.id}"


def _hash(account_id: str, code: str, *, deps: Deps) -> str:
    return deps.vault.blind("recovery_code", f"{account_id}|{code}")
