"""Signing in: a password or another proof of who somebody is, guesses counted whether or not the name is anybody's."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest
from typing import NamedTuple

from services.identity.domain import attempts as rules
from services.identity.domain.account import NOBODY, Account
from services.identity.domain.attempts import Limits
from services.identity.handlers import attempts
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.claims import account_of
from services.identity.handlers.deps import Deps, activation_hash, login_key, policy_of, programme_of
from services.identity.handlers.sessions import Client, Opened, end_sessions, sign_in
from shared.errors import Conflict, DomainError, Duplicate, Kind, NotFound
from shared.programme import passwords
from shared.store.repository import Work


class Name(NamedTuple):
    """What somebody signs in as: an ID number or 考生号 of a programme, or (programme "") a name of staff."""

    programme: str
    text: str


async def login(name: Name, password: str, proof: Proof, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """Sign in by password. Raises one neutral `login.refused`, and what counting and captcha raise; the same for
    names that nobody has."""
    key, limits = login_key(deps, *name), _limits(deps, name.programme)
    wanted = await attempts.wants_captcha(key, client.source, limits, deps=deps, now=now)
    if wanted := wanted or _always(deps, name.programme):
        await spend_captcha(proof, deps=deps, now=now)
    await attempts.charge(key, client.source, limits, proved=wanted, deps=deps, now=now)
    account = await account_of(key, deps=deps)
    if account is None:
        # Read and opened in its place, so that the answer takes as long (`bench login`).
        with suppress(NotFound):
            await deps.accounts.get(NOBODY)
    policy = account.policy if account else policy_of(deps, name.programme)
    typed = passwords.normalise(policy, password)
    fits = await deps.hasher.verify(account.password_hash if account else None, typed)
    activated = account is not None and not fits and _activates(account, password, deps=deps, now=now)
    if account is None or not (fits or activated):
        await attempts.blame_source(client.source, deps=deps, now=now)
        raise DomainError("login.refused", Kind.UNAUTHENTICATED)
    if activated:
        await _forget_enrolment(account, deps=deps)
    else:
        await _upgrade(account, typed, deps=deps)
    opened = await admit(account, key, client, deps=deps, now=now)
    if activated:
        # Whoever else holds the code is out; it is used up when a password has been chosen.
        await end_sessions(account.id, opened.session.id, deps=deps)
    return opened


async def seat_nobody(*, deps: Deps, now: datetime) -> None:
    """Make the account that no name leads to, once."""
    with suppress(Duplicate):
        await deps.accounts.add(
            NOBODY,
            Account(
                id=NOBODY,
                programme=NOBODY,
                kind="candidate",
                password_hash=await deps.hasher.hash(secrets.token_urlsafe()),
                policy=policy_of(deps, ""),
                created_at=now,
                id_number="0" * 18,
                name="0" * 3,
                phone="0" * 11,
            ),
        )


async def admit(account: Account, key: str, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """Let somebody in who has proved who they are; what failed before is forgiven. Raises `login.locked_by_…`.

    The lock is told only here, after the proof: before it, the message would tell strangers that the number
    has an account, and at which kind of place.
    """
    refused = await attempts.absolve(key, client.source, deps=deps, now=now)
    account.check_lock()
    return await sign_in(account, client, deps=deps, now=now, refused=refused)


def _activates(account: Account, typed: str, *, deps: Deps, now: datetime) -> bool:
    """Whether this is the account's activation code. Raises `activation.expired`, told only to who has the code."""
    code = account.activation
    if code is None or not compare_digest(code.hash, activation_hash(account.id, typed, deps=deps)):
        return False
    if now >= code.expires_at:
        raise DomainError("activation.expired", Kind.UNAUTHENTICATED)
    return True


async def _forget_enrolment(account: Account, *, deps: Deps) -> None:
    """A second factor that was begun by who held the code before is not the next one's."""
    if account.second and not account.second.secret:
        async with deps.accounts.edit(account.id) as work:
            work.state.second = None


async def _upgrade(account: Account, typed: str, *, deps: Deps) -> None:
    """Hash again what was hashed under weaker parameters; only now is the password at hand. The policy stays: the
    password was not judged again. `account` follows, also where another sign-in with it was first."""
    if not deps.hasher.outdated(account.password_hash):
        return
    encoded = await deps.hasher.hash(typed)

    def upgrade(work: Work[Account]) -> str:
        if work.state.password_hash == account.password_hash:
            work.state.password_hash = encoded
        return work.state.password_hash

    with suppress(Conflict):
        current = await deps.accounts.change(account.id, upgrade)
        if current == encoded or await deps.hasher.verify(current, typed):
            account.password_hash = current


def _limits(deps: Deps, programme: str) -> Limits:
    locks = bool(programme) and programme_of(deps, programme).account.lockout == "thirty_minutes"
    return rules.LOCKED_HALF_HOUR if locks else rules.LOGIN


def _always(deps: Deps, programme: str) -> bool:
    return bool(programme) and programme_of(deps, programme).account.captcha == "always"
