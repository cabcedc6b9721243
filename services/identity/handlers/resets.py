"""Use cases of proving by SMS who one is: to set a new password, or to sign in with a code.

Until the code has proved the phone, nothing here looks at the account: all answers are the same for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.identity.domain import resets as domain
from services.identity.domain.account import Account, Proven
from services.identity.domain.captcha import BEFORE_A_MESSAGE
from services.identity.domain.codes import Purpose
from services.identity.domain.resets import Goal, Reset
from services.identity.handlers.accounts import set_password
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.codes import Sent, resend_in, send_code, spend_code
from services.identity.handlers.deps import Deps, login_key, programme_of
from services.identity.handlers.login import admit
from services.identity.handlers.sessions import Client, Opened
from shared.audit import network_of
from shared.errors import DomainError, Kind, NotFound
from shared.programme import phone as phones


@dataclass(frozen=True)
class Progress:
    """How far somebody is."""

    reset: Reset
    resend_s: int


async def begin(
    programme: str, goal: Goal, login: str, proof: Proof, *, deps: Deps, now: datetime
) -> tuple[Reset, str]:
    """Begin for a login name (ID number or 考生号), known or not; the way and its token."""
    if goal == "reset" and "sms" not in programme_of(deps, programme).account.reset_channels:
        raise DomainError("reset.not_offered", Kind.CONFLICT)
    programme_of(deps, programme)
    if not login.strip():
        raise DomainError("field.missing", Kind.INVALID, "/login")
    await spend_captcha(proof, BEFORE_A_MESSAGE, deps=deps, now=now)
    key = login_key(deps, programme, login)
    reset, token = domain.new_reset(programme, goal, key, await deps.accounts.store.holder(key) or "", now)
    await deps.resets.add(reset.id, reset)
    return reset, token


async def progress(token: str, *, deps: Deps, now: datetime) -> Progress:
    """How far it is, for a page that is loaded again. Raises `reset.expired`."""
    reset = await _find(token, deps=deps)
    reset.check(now)
    return Progress(reset, await resend_in(reset.id, _purpose(reset), deps=deps, now=now))


async def call(token: str, phone: str, source: str, *, deps: Deps, now: datetime) -> Sent:
    """Have a code sent to a phone; an empty one means the same phone again."""
    reset = await _find(token, deps=deps)
    wanted = phones.normalise(phone) if phone else reset.phone
    if broken := phones.problem(wanted):
        raise DomainError(broken, Kind.INVALID, "/phone")
    async with deps.resets.edit(reset.id) as work:
        work.state.call(wanted, now)
    return await send_code(
        reset.id, _purpose(reset), wanted, source, deps=deps, now=now, about=reset.about, owner=reset.account
    )


async def prove(token: str, code: str, *, deps: Deps, now: datetime) -> None:
    """Bring the code for a new password."""
    reset = await _find(token, deps=deps)
    _require(reset, "reset")
    reset.check(now, "code")
    await spend_code(reset.id, "reset", code, deps=deps, now=now)
    async with deps.resets.edit(reset.id) as work:
        work.state.proved(now)


async def finish(token: str, password: str, source: str, *, deps: Deps, now: datetime) -> Account:
    """Set the new password: every session ends, the failures are forgotten, the owner is told, the token is spent.
    `source`: the address from which it is done."""
    reset = await _find(token, deps=deps)
    _require(reset, "reset")
    async with deps.resets.edit(reset.id) as work:
        work.state.claim(now)
    try:
        account = await _owner(reset, deps=deps)
        await set_password(Proven(account, "phone", network_of(source)), password, "", deps=deps, now=now)
    except DomainError:
        async with deps.resets.edit(reset.id) as work:
            work.state.claimed_at = None
        raise
    await deps.attempts.delete(reset.about)
    await deps.resets.delete(reset.id)
    return account


async def log_in(token: str, code: str, client: Client, *, deps: Deps, now: datetime) -> Opened:
    """Sign in with the code; the token is spent. Raises `login.locked_by_…`, told to who has the phone."""
    reset = await _find(token, deps=deps)
    _require(reset, "login")
    reset.check(now, "code")
    await spend_code(reset.id, "login", code, deps=deps, now=now)
    account = await _owner(reset, deps=deps)
    # The page that tells it is a step of the way.
    account.check_lock()
    if not await deps.resets.delete(reset.id):
        raise domain.expired()
    return await admit(account, reset.about, client, deps=deps, now=now)


async def _find(token: str, *, deps: Deps) -> Reset:
    try:
        return await deps.resets.get(domain.token_hash(token))
    except NotFound as error:
        raise domain.expired() from error


async def _owner(reset: Reset, *, deps: Deps) -> Account:
    """The account, if the proved phone is still its own: it may have been given another one meanwhile."""
    try:
        account = await deps.accounts.get(reset.account)
    except NotFound as error:
        raise domain.expired() from error
    if account.phone != reset.phone or account.programme != reset.programme:
        raise domain.expired()
    return account


def _purpose(reset: Reset) -> Purpose:
    return reset.goal


def _require(reset: Reset, goal: Goal) -> None:
    if reset.goal != goal:
        raise DomainError("reset.not_this_step", Kind.CONFLICT)
