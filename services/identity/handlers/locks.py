"""Use cases of locks: put on with a reason, taken off, and told to those who may do either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.identity.domain.account import Account, Lock
from services.identity.handlers.deps import Deps
from shared.audit import Thing, recorded
from shared.errors import NotFound
from shared.tokens import Actor


@dataclass(frozen=True)
class Told:
    """Who locked an account, by name (empty where it was no member of staff), when, and why."""

    by: str
    at: datetime
    reason: str


async def put_on(account_id: str, to: Lock, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Lock an account; `to` says who takes it off. Raises `account.locked_already`: the first reason stays."""
    async with deps.accounts.edit(account_id) as work:
        work.state.check_open()
        work.state.put_lock(to, actor.id, reason, now)
        after = {"reason": reason}
        work.emit(recorded(actor, "account_locked", Thing("account", account_id), now, after=after))


async def take_off(account_id: str, reason: str, actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Unlock an account."""
    async with deps.accounts.edit(account_id) as work:
        work.state.check_open()
        work.state.take_lock()
        after = {"reason": reason} if reason else {}
        work.emit(recorded(actor, "account_unlocked", Thing("account", account_id), now, after=after))


async def told(accounts: Sequence[Account], *, deps: Deps) -> dict[str, Told]:
    """Of each account that is locked, and of which it was kept: by whom, when and why."""
    locked = [(account.id, account.locking) for account in accounts if account.lock and account.locking]
    names = {by: await _name(by, deps=deps) for by in {locking.by for _, locking in locked}}
    return {account: Told(names[locking.by], locking.at, locking.reason) for account, locking in locked}


async def _name(account_id: str, *, deps: Deps) -> str:
    try:
        account = await deps.accounts.get(account_id)
    except NotFound:
        return ""
    return account.name if account.kind == "staff" else ""
