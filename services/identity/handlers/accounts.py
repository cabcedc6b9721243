"""Use cases of accounts: register, change password or phone, give up a WeChat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.identity.domain import attempts as rules
from services.identity.domain import issuing
from services.identity.domain.account import Account, Proven
from services.identity.handlers import attempts
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.claims import hold_login, insert_holder
from services.identity.handlers.deps import Deps, login_key, name_index, policy_of, programme_of
from services.identity.handlers.sessions import (
    Client,
    Opened,
    close_session,
    ending,
    entry,
    open_session_of,
    resolve,
)
from shared.audit import Thing, recorded
from shared.errors import DomainError, FieldError, Kind
from shared.events.base import Event
from shared.events.identity import AccountRegistered, ContactChanged, PasswordChanged, WechatUnbound
from shared.programme import id_number as id_numbers
from shared.programme import passwords
from shared.programme import phone as phones
from shared.programme.days import day_of
from shared.store.repository import Work
from shared.tokens import Actor


@dataclass(frozen=True)
class NewAccount:
    """What a candidate gives to register."""

    id_number: str
    name: str
    phone: str
    password: str


async def register(
    subject: str, token: str, new: NewAccount, proof: Proof, client: Client, *, deps: Deps, now: datetime
) -> Opened:
    """Make the account of the person behind an anonymous session, and sign them in under a new token.

    The claim on the ID number decides who owns it; it is checked again after the insertion, so that a claim left
    by a crash can be taken over without ever giving one number to two accounts.
    """
    old = await resolve(token, deps=deps, now=now)
    if old.subject != subject or old.kind != "anonymous":
        raise DomainError("session.expired", Kind.UNAUTHENTICATED)
    programme = programme_of(deps, old.programme)
    new, policy = _judged(new, day_of(now)), programme.account.password_policy
    _check_password(policy, new.password, new.id_number, new.phone)
    key = login_key(deps, programme.id, new.id_number)
    await spend_captcha(proof, deps=deps, now=now)
    # Side by side: the hash takes 30 ms and no turn of this loop.
    encoded, _ = await asyncio.gather(
        deps.hasher.hash(passwords.normalise(policy, new.password)), hold_login(key, subject, deps=deps, now=now)
    )
    account = Account(
        id=subject,
        programme=programme.id,
        kind="candidate",
        password_hash=encoded,
        policy=policy,
        created_at=now,
        id_number=new.id_number,
        name=new.name,
        name_index=name_index(new.name, deps=deps),
        phone=new.phone,
    )
    await insert_holder(account, key, *_first_events(account, client, deps=deps, now=now), deps=deps)
    opened, _ = await asyncio.gather(
        open_session_of(account, client, deps=deps, now=now), close_session(token, deps=deps)
    )
    return opened


async def change_password(actor: Actor, old: str, new: str, *, deps: Deps, now: datetime) -> None:
    """Set a new password after proof of the old one; every session but the one at work ends. Raises `password.none`
    for staff who sign in by a provider only."""
    account = await deps.accounts.get(actor.id)
    if not account.password_hash:
        raise DomainError("password.none", Kind.CONFLICT)
    await require_password(account, old, "/old", deps=deps, now=now)
    await set_password(Proven(account, "password", actor.source), new, actor.session, deps=deps, now=now)


async def require_password(account: Account, old: str, pointer: str, *, deps: Deps, now: datetime) -> None:
    """Have the password typed again. Whoever finds an open session may guess as well, so guesses are counted."""
    guesses = f"old|{account.id}"
    await attempts.charge(guesses, "", rules.LOGIN, proved=True, deps=deps, now=now)
    if not await deps.hasher.verify(account.password_hash, passwords.normalise(account.policy, old)):
        raise DomainError("password.old_wrong", Kind.INVALID, pointer)
    await deps.attempts.delete(guesses)


async def may_change_phone(account_id: str, password: str, *, deps: Deps, now: datetime) -> None:
    """Have the password typed again before a phone is bound, the first one too: with the phone goes the way to a new
    password. Only the step of the first login that follows a new password needs none."""
    account = await deps.accounts.get(account_id)
    if account.phone or account.todo[:1] != ["phone"]:
        await require_password(account, password, "/password", deps=deps, now=now)


async def set_password(
    proven: Proven, new: str, keep: str, *, deps: Deps, now: datetime, first: str | None = None
) -> None:
    """Set a new password of somebody who has proved who they are; every session but `keep` (a session id) ends, and
    the person is told; an activation code is used up. Raises the rule of the policy that it breaks, and what
    `Proven.check` raises. `first`: it must be the next step of the first login (`first.order`), in a session of this
    activation code (`Session.code`)."""
    account = proven.account
    policy = policy_of(deps, account.programme)
    _check_password(policy, new, account.id_number, account.phone)
    encoded = await deps.hasher.hash(passwords.normalise(policy, new))
    proven.check(await deps.accounts.get(account.id))
    async with ending(account.id, keep, deps=deps), deps.accounts.edit(account.id) as work:
        work.state.check_open()
        if first is not None:
            issuing.require_step(work.state, "password")
            issuing.require_code(work.state, first)
        proven.check(work.state)
        work.state.password_hash, work.state.policy, work.state.activation = encoded, policy, None
        work.state.todo = [step for step in work.state.todo if step != "password"]
        if work.state.second and not work.state.second.secret:
            # Begun, perhaps by who knew the password before, and so known to them.
            work.state.second = None
        owner, after = Actor(account.kind, account.id, account.programme, source=proven.source), {"by": proven.by}
        work.emit(recorded(owner, "password_changed", Thing("account", account.id), now, after=after))
        if account.kind == "candidate":
            work.emit(PasswordChanged(subject=account.id, occurred_at=now, programme=account.programme))


async def judge_password(account_id: str, password: str, *, deps: Deps) -> str:
    """The code of the rule that a new password of this person would break; empty if it may be used."""
    account = await deps.accounts.get(account_id)
    policy = policy_of(deps, account.programme)
    return passwords.check(policy, password, (account.id_number, account.phone)) or ""


async def change_phone(actor: Actor, phone: str, *, deps: Deps, now: datetime, first: bool = False) -> None:
    """Replace the phone number that notices and resets use, by its owner. Whoever has the old one may have signed in by
    it: every session but the one at work ends. `first`: as the next step of the first login (`first.order`)."""
    sealed, thing = _sealed_contact(deps, actor.id, phone), Thing("account", actor.id)

    def bind(work: Work[Account]) -> None:
        account, after = work.state, {"phone": phones.mask(phone), "by": "first_login" if first else "password"}
        account.check_lock()
        # Reset by an office meanwhile.
        issuing.require_code(account, "")
        if first:
            issuing.require_step(account, "phone")
            account.todo = account.todo[1:]
            work.emit(recorded(actor, "first_step_done", thing, now, after={"step": "phone"}))
        before = {"phone": phones.mask(account.phone)} if account.phone else {}
        account.phone = phone
        work.emit(recorded(actor, "phone_changed", thing, now, before, after))
        work.emit(ContactChanged(subject=actor.id, occurred_at=now, programme=account.programme, sealed_contact=sealed))

    async with ending(actor.id, actor.session, deps=deps):
        # Not run again from the start: the code is spent.
        await deps.accounts.change(actor.id, bind)


async def unbind_wechat(actor: Actor, password: str, *, deps: Deps, now: datetime) -> None:
    """Give up the WeChat that was bound, for the password; what it has proved of a face reset is void. Raises
    `wechat.not_bound`."""
    account = await deps.accounts.get(actor.id)
    await require_password(account, password, "/password", deps=deps, now=now)
    async with deps.accounts.edit(actor.id) as work:
        if not work.state.wechat:
            raise DomainError("wechat.not_bound", Kind.CONFLICT)
        Proven(account, "password").check(work.state)
        work.state.wechat, work.state.wechat_at = "", None
        work.emit(recorded(actor, "wechat_unbound", Thing("account", actor.id), now))
        work.emit(WechatUnbound(subject=actor.id, occurred_at=now, programme=work.state.programme))


def _judged(new: NewAccount, today: date) -> NewAccount:
    """The same as it is stored. Raises one error per field that breaks a rule."""
    broken = {"/id_number": id_numbers.problem(new.id_number, today), "/phone": phones.problem(new.phone)}
    if errors := [FieldError(pointer, code) for pointer, code in broken.items() if code]:
        raise DomainError("request.invalid", Kind.INVALID, errors=errors)
    return replace(new, id_number=id_numbers.normalise(new.id_number), phone=phones.normalise(new.phone))


def _first_events(account: Account, client: Client, *, deps: Deps, now: datetime) -> tuple[Event, Event]:
    registered = AccountRegistered(
        subject=account.id,
        occurred_at=now,
        programme=account.programme,
        sealed_contact=_sealed_contact(deps, account.id, account.phone),
    )
    return registered, entry(account, client, "signed_in", now)


def _sealed_contact(deps: Deps, account_id: str, phone: str) -> str:
    return deps.vault.seal(phone, f"contact|phone|{account_id}")


def _check_password(policy: str, password: str, number: str, phone: str) -> None:
    broken = passwords.check(policy, password, personal=(number, phone))
    if broken:
        raise DomainError(broken, Kind.INVALID, "/password")
