"""Use cases of sessions: begin anonymously, sign in, resolve, end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.domain import session as domain
from services.identity.domain.account import Account
from services.identity.domain.devices import device_of
from services.identity.domain.session import Limits, Session
from services.identity.handlers.deps import Deps, programme_of
from shared.audit import Thing, network_of, recorded
from shared.errors import DomainError, Kind, NotFound
from shared.events.base import Event, new_id
from shared.store import Query
from shared.tokens import Actor


@dataclass(frozen=True)
class Client:
    """From where somebody signs in: the address, and what the browser says of itself. Neither is kept as it is."""

    source: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Opened:
    """A fresh session and the only copy of its token."""

    token: str
    session: Session


async def open_anonymous(programme: str, *, deps: Deps, now: datetime) -> Opened:
    """A session for somebody who begins to register; drafts belong to its subject from the first click. Where an office
    opens the accounts nobody begins without one (`session.required`)."""
    if programme_of(deps, programme).account.opened_by == "office":
        raise DomainError("session.required", Kind.UNAUTHENTICATED)
    token, session = domain.open_session(new_id(), programme, "anonymous", domain.ANONYMOUS, now)
    await deps.sessions.add(session.id, session)
    return Opened(token, session)


async def resolve(token: str, *, deps: Deps, now: datetime, attended: bool = True) -> Session:
    """The live session of a token; unless the request is `attended`, made by a person, it does not prolong it. Raises
    `session.expired`."""
    session = await session_of(domain.token_hash(token), deps=deps)
    session.check(now)
    if attended and session.wants_touch(now):
        async with deps.sessions.edit(session.id) as work:
            work.state.last_seen = now
    return session


async def session_of(session_id: str, *, deps: Deps) -> Session:
    """The session that a request came with. Raises `session.expired` when it was ended meanwhile."""
    try:
        return await deps.sessions.get(session_id)
    except NotFound as error:
        raise DomainError("session.expired", Kind.UNAUTHENTICATED) from error


async def close_session(token: str, *, deps: Deps) -> None:
    """Sign out; nothing happens when the session is gone."""
    await deps.sessions.delete(domain.token_hash(token))


async def sessions_of(account_id: str, *, deps: Deps, now: datetime) -> list[Session]:
    """The live sessions of an account, the last used first."""
    found: list[Session] = []
    cursor: str | None = None
    while True:
        page = await deps.sessions.find(Query(equal={"subject": account_id}, limit=200, cursor=cursor))
        found += [session for session in page.items if session.lives(now)]
        cursor = page.next_cursor
        if cursor is None:
            return sorted(found, key=lambda session: session.last_seen, reverse=True)


async def end_session_of(actor: Actor, session_id: str, *, deps: Deps, now: datetime) -> None:
    """End one session of one's own. Raises `NotFound` for another's as for none."""
    if session_id not in {session.id for session in await sessions_of(actor.id, deps=deps, now=now)}:
        raise NotFound("session")
    await _tell_ended(actor, int(await deps.sessions.delete(session_id)), deps=deps, now=now)


async def end_others(actor: Actor, *, deps: Deps, now: datetime) -> None:
    """End every session of one's own but the one at work."""
    await _tell_ended(actor, await end_sessions(actor.id, actor.session, deps=deps), deps=deps, now=now)


async def _tell_ended(actor: Actor, count: int, *, deps: Deps, now: datetime) -> None:
    if count:
        told = recorded(actor, "sessions_ended", Thing("account", actor.id), now, after={"sessions": str(count)})
        await deps.accounts.change(actor.id, lambda work: work.emit(told))


async def end_sessions(account_id: str, keep: str, *, deps: Deps) -> int:
    """End all sessions of an account but one; how many there were."""
    cursor: str | None = None
    ended = 0
    while True:
        found = await deps.sessions.find(Query(equal={"subject": account_id}, limit=200, cursor=cursor))
        for session in found.items:
            if session.id != keep:
                ended += await deps.sessions.delete(session.id)
        cursor = found.next_cursor
        if cursor is None:
            return ended


@asynccontextmanager
async def ending(account_id: str, keep: str, *, deps: Deps) -> AsyncIterator[None]:
    """End all sessions of an account but `keep` with the change made inside: before it, so that an outage right after
    the change leaves none of them; after it, for one that was opened in between."""
    await end_sessions(account_id, keep, deps=deps)
    yield
    await end_sessions(account_id, keep, deps=deps)


async def sign_in(
    account: Account,
    client: Client,
    *,
    deps: Deps,
    now: datetime,
    refused: int = 0,
    strong: bool = False,
    by_phone: bool = False,
) -> Opened:
    """Open a session for an account, under its programme's limits; `refused` guesses came before.

    Unless the proof was `strong` (a provider's, or a second factor), staff who have or need a second factor get a
    session that can do nothing but bring it: no roles, and the step in `todo`. `by_phone`: see `Session`.
    """
    step = "" if strong else domain.second_step(account, deps.second_roles)
    # First: an entry without a session is a try that a crash ended, a session without an entry would be hidden.
    action = "first_factor_accepted" if step else "signed_in"
    told = entry(account, client, action, now, refused)
    # Not run again from the start on a conflict: what proved who it is has been spent.
    await deps.accounts.change(account.id, lambda work: work.emit(told))
    opened = await open_session_of(account, client, deps=deps, now=now, step=step, by_phone=by_phone)
    await _require_same(account, opened.session.id, deps=deps)
    return opened


def entry(account: Account, client: Client, action: str, now: datetime, refused: int = 0, by: str = "") -> Event:
    """What the audit log and the account's owner see of a sign-in; `by` which way, where that matters."""
    actor = Actor(account.kind, account.id, account.programme, source=network_of(client.source))
    after = {"device": device_of(client.agent)} | ({"refused_before": str(refused)} if refused else {})
    after |= {"by": by} if by else {}
    return recorded(actor, action, Thing("account", account.id), now, after=after)


async def open_session_of(
    account: Account, client: Client, *, deps: Deps, now: datetime, step: str = "", by_phone: bool = False
) -> Opened:
    """A session of the account, once its entry is written; with a `step` in `todo` it can do nothing else. Staff with
    something to do first have no roles until it is done."""
    token, session = domain.open_account_session(account, _limits(deps, account.programme), now)
    if step:
        session.todo, session.proof = [step], proof_of(account, deps=deps)
    if account.kind == "staff" and session.todo:
        session.roles, session.scope = [], {}
    session.by_phone = by_phone
    session.device, session.place = device_of(client.agent), network_of(client.source)
    session.person = deps.vault.person(account.id_number)
    await deps.sessions.add(session.id, session)
    return Opened(token, session)


def proof_of(account: Account, *, deps: Deps) -> str:
    """What a half-open session remembers of the account's password, phone and code."""
    return deps.vault.blind("session_proof", "|".join((account.password_hash, account.phone, account.code)))


async def _require_same(account: Account, session_id: str, *, deps: Deps) -> None:
    """Close a session of an account that since it was read has been locked, reset, given up, or given other roles or
    something else to prove it by. Such a change is written before sessions are looked for: they find this one, or it
    sees the change here."""
    current = await deps.accounts.get(account.id)
    if _of_sessions(current) != _of_sessions(account):
        await deps.sessions.delete(session_id)
        current.check_lock()
        raise DomainError("session.expired", Kind.UNAUTHENTICATED)


def _of_sessions(account: Account) -> tuple[object, ...]:
    second = account.second.secret if account.second else ""
    proofs = account.password_hash, account.phone, account.code, second
    return *proofs, account.lock, account.todo, account.roles, account.scope, account.closed_at


def _limits(deps: Deps, programme: str) -> Limits:
    if not programme:
        return domain.STAFF
    rules = programme_of(deps, programme).account
    return Limits(timedelta(minutes=rules.idle_minutes), timedelta(hours=rules.absolute_hours))
