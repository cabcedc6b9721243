"""Use cases of signing on by a provider: out, back, and in; or to the real-name form (003.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.identity.domain import signon as domain
from services.identity.domain.signon import Newcomer, Person, SignOn, StaffRequest
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client, Opened, sign_in
from shared.errors import DomainError, Kind, NotFound
from shared.store.repository import Repository


class Provider(Protocol):
    """Who knows staff by name: `services.identity.oidc.Oidc`."""

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser signs on."""

    async def person(self, code: str, issuer: str, nonce: str, verifier: str, now: datetime) -> Person:
        """Who signed on, for the code that came back."""


@dataclass(frozen=True)
class Door:
    """What these use cases work with; no provider: there is no such way in."""

    deps: Deps
    provider: Provider | None
    sign_ons: Repository[SignOn]
    newcomers: Repository[Newcomer]
    requests: Repository[StaffRequest]


@dataclass(frozen=True)
class Answer:
    """What came back with the browser; `issuer` is RFC 9207's `iss`, or empty."""

    code: str
    state: str
    issuer: str
    binding: str


@dataclass(frozen=True)
class Admitted:
    """A session; or, for somebody unknown, the ticket to the real-name form. `next` is where they came from."""

    next: str
    opened: Opened | None = None
    ticket: str = ""
    waiting: bool = False


async def begin(target: str, *, door: Door, now: datetime) -> tuple[str, str]:
    """The provider's address, and what the browser must bring back besides. Raises `signon.unavailable`."""
    state, nonce, verifier, binding = (domain.fresh() for _ in range(4))
    address = await _provider(door).address(state, nonce, verifier)
    expires = now + domain.SIGN_ON_LIFE
    started = SignOn(domain.digest(state), domain.digest(binding), nonce, verifier, target, expires)
    await door.sign_ons.add(started.id, started)
    return address, binding


async def finish(answer: Answer, client: Client, *, door: Door, now: datetime) -> Admitted:
    """Spend the state, exchange the code, and let the person in. Raises `signon.refused`, `login.locked_by_admin`."""
    started = await _spent(answer, door=door, now=now)
    person = await _provider(door).person(answer.code, answer.issuer, started.nonce, started.verifier, now)
    link = link_of(person, deps=door.deps)
    holder = await door.deps.accounts.store.holder(link)
    if holder is None:
        return await _new(link, person, started.next, door=door, now=now)
    try:
        account = await door.deps.accounts.get(holder)
    except NotFound:
        return await _asked(holder, link, person, started.next, door=door, now=now)
    if account.gone:
        await door.deps.accounts.store.release(link, holder)
        return await _new(link, person, started.next, door=door, now=now)
    account.check_lock()
    return Admitted(started.next, await sign_in(account, client, deps=door.deps, now=now, strong=True))


def link_of(person: Person, *, deps: Deps) -> str:
    """The claim under which an account is linked to somebody at the provider."""
    return "oidc|" + deps.vault.blind("oidc", f"{person.issuer}|{person.subject}")


async def _spent(answer: Answer, *, door: Door, now: datetime) -> SignOn:
    key = domain.digest(answer.state)
    try:
        started = await door.sign_ons.get(key)
    except NotFound as error:
        raise DomainError("signon.refused", Kind.FORBIDDEN) from error
    # Right or wrong, a state is good for one answer.
    if not await door.sign_ons.delete(key):
        raise DomainError("signon.refused", Kind.FORBIDDEN)
    started.check(answer.binding, now)
    return started


async def _new(link: str, person: Person, target: str, *, door: Door, now: datetime) -> Admitted:
    ticket = domain.fresh()
    newcomer = Newcomer(domain.digest(ticket), link, person.name, target, now + domain.NEWCOMER_LIFE)
    await door.newcomers.add(newcomer.id, newcomer)
    return Admitted(target, ticket=ticket)


async def _asked(holder: str, link: str, person: Person, target: str, *, door: Door, now: datetime) -> Admitted:
    """They have asked before; a claim that a crash left without a request is let go."""
    try:
        request = await door.requests.get(holder)
    except NotFound:
        await door.deps.accounts.store.release(link, holder)
        return await _new(link, person, target, door=door, now=now)
    return Admitted(target, waiting=request.state == "pending")


def _provider(door: Door) -> Provider:
    if door.provider is None:
        raise DomainError("signon.unavailable", Kind.NOT_FOUND)
    return door.provider
