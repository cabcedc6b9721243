"""Use cases of sessions: begin anonymously, sign in, resolve, end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.domain import session as domain
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.session import Session
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.deps import Deps, login_key, policy_of, programme_of
from shared.errors import Conflict, DomainError, Duplicate, Kind, NotFound
from shared.events.base import new_id
from shared.programme import passwords
from shared.store import Query

STAFF_IDLE = timedelta(hours=1)


@dataclass(frozen=True)
class Opened:
    """A fresh session and the only copy of its token."""

    token: str
    session: Session


async def open_anonymous(programme: str, *, deps: Deps, now: datetime) -> Opened:
    """A session for somebody who begins to register; drafts belong to its subject from the first click."""
    programme_of(deps, programme)
    token, session = domain.open_session(new_id(), programme, "anonymous", domain.ANONYMOUS_IDLE, now)
    await deps.sessions.add(session.id, session)
    return Opened(token, session)


async def resolve(token: str, *, deps: Deps, now: datetime) -> Session:
    """The live session of a token. Raises `session.expired`."""
    try:
        session = await deps.sessions.get(domain.token_hash(token))
    except NotFound as error:
        raise DomainError("session.expired", Kind.UNAUTHENTICATED) from error
    session.check(now)
    if session.wants_touch(now):
        async with deps.sessions.edit(session.id) as work:
            work.state.last_seen = now
    return session


async def close_session(token: str, *, deps: Deps) -> None:
    """Sign out; nothing happens when the session is gone."""
    await deps.sessions.delete(domain.token_hash(token))


async def end_sessions(account_id: str, keep: str, *, deps: Deps) -> None:
    """End all sessions of an account but one."""
    cursor: str | None = None
    while True:
        found = await deps.sessions.find(Query(equal={"subject": account_id}, limit=200, cursor=cursor))
        for session in found.items:
            if session.id != keep:
                await deps.sessions.delete(session.id)
        cursor = found.next_cursor
        if cursor is None:
            return


async def login(
    programme: str, name: str, password: str, proof: Proof, source: str, *, deps: Deps, now: datetime
) -> Opened:
    """Sign a candidate (or, with programme "", a member of staff) in. One neutral refusal, counted per login
    name and per source whether or not the account exists."""
    policy = policy_of(deps, programme)
    key = login_key(deps, programme, name)
    await _check_attempts(key, source, proof, deps=deps, now=now)
    account = await account_of(key, deps=deps)
    typed = passwords.normalise(account.policy if account else policy, password)
    fits = await deps.hasher.verify(account.password_hash if account else None, typed)
    if account is None or not fits:
        await count_failure(key, source, deps=deps, now=now)
        raise DomainError("login.refused", Kind.UNAUTHENTICATED)
    await deps.attempts.delete(key)
    await _upgrade(account, password, deps=deps)
    return await sign_in(account, _idle(deps, programme), deps=deps, now=now)


async def sign_in(account: Account, idle: timedelta, *, deps: Deps, now: datetime) -> Opened:
    """Open a session for an account."""
    token, session = domain.open_account_session(account, idle, now)
    await deps.sessions.add(session.id, session)
    return Opened(token, session)


async def account_of(key: str, *, deps: Deps) -> Account | None:
    """The account that holds a login claim, if any."""
    holder = await deps.accounts.store.holder(key)
    try:
        return await deps.accounts.get(holder) if holder else None
    except NotFound:
        return None


async def attempts_of(key: str, *, deps: Deps) -> Attempts:
    """The failures counted under a key; none counted yet is a clean sheet."""
    try:
        return await deps.attempts.get(key)
    except NotFound:
        return Attempts(key)


async def count_failure(key: str, source: str, *, deps: Deps, now: datetime) -> None:
    """Count one failed proof for the key and, when given, for the source address."""
    for attempts_id in {key, _source_key(deps, source)} if source else {key}:
        first = Attempts(attempts_id)
        first.fail(now)
        try:
            await deps.attempts.add(attempts_id, first)
        except Duplicate:
            async with deps.attempts.edit(attempts_id) as work:
                work.state.fail(now)


async def _upgrade(account: Account, password: str, *, deps: Deps) -> None:
    """Hash again what was hashed under weaker parameters; only now is the password at hand. The policy stays: the
    password was not judged again."""
    if not deps.hasher.outdated(account.password_hash):
        return
    encoded = await deps.hasher.hash(passwords.normalise(account.policy, password))
    with suppress(Conflict):
        async with deps.accounts.edit(account.id) as work:
            if work.state.password_hash == account.password_hash:
                work.state.password_hash = encoded


def _idle(deps: Deps, programme: str) -> timedelta:
    if not programme:
        return STAFF_IDLE
    return timedelta(minutes=programme_of(deps, programme).account.idle_minutes)


async def _check_attempts(key: str, source: str, proof: Proof, *, deps: Deps, now: datetime) -> None:
    mine = await attempts_of(key, deps=deps)
    theirs = await attempts_of(_source_key(deps, source), deps=deps)
    mine.check(now)
    if mine.needs_captcha() or theirs.needs_captcha():
        await spend_captcha(proof, deps=deps, now=now)


def _source_key(deps: Deps, source: str) -> str:
    return "source|" + deps.vault.blind("source", source)
