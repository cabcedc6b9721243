"""Who gets a name: of any number of accounts that want one at the same moment exactly one (000.2, 001.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from services.identity.domain.account import Account, vacant
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, Duplicate, Kind, NotFound
from shared.events.base import Event

Lost = Callable[[str], Awaitable[bool]]
"""Whether nothing will come of this id any more."""

# Turns at one claim; so many rivals at the same moment are no people's.
TURNS = 200


async def account_of(key: str, *, deps: Deps) -> Account | None:
    """The account that holds a login claim, if any."""
    holder = await deps.accounts.store.holder(key)
    try:
        found = await deps.accounts.get(holder) if holder else None
    except NotFound:
        return None
    return None if found is None or found.gone else found


async def insert_account(account: Account, key: str, *events: Event, deps: Deps, besides: str = "") -> None:
    """Write a new account with its first events under its login claim; `besides`: another that it must hold. Raises
    `account.id_number_taken`."""
    await hold_login(key, account.id, deps=deps, now=account.created_at)
    await insert_holder(account, key, *events, deps=deps, besides=besides)


async def hold_login(key: str, account_id: str, *, deps: Deps, now: datetime) -> None:
    """Take the login claim of an account that is to be written. Raises `account.id_number_taken`."""
    if not await hold(key, account_id, deps=deps, now=now):
        raise _taken()


async def insert_holder(account: Account, key: str, *events: Event, deps: Deps, besides: str = "") -> None:
    """Write a new account that holds its login claim. Raises `account.id_number_taken` when it no longer does."""
    try:
        await deps.accounts.add(account.id, account, *events)
    except Duplicate as error:
        raise _taken() from error
    for claim in {key, besides or key}:
        if await deps.accounts.store.holder(claim) != account.id:
            await deps.accounts.delete(account.id)
            raise _taken()


async def hold(key: str, account_id: str, *, deps: Deps, now: datetime) -> bool:
    """Take a claim for an account; one whose holder has no account, as a crash leaves it, is taken over.

    That holder may also be about to write its account, so its id is made unfit for one first: either its account was
    there before, and keeps the claim, or it comes too late and gives up.
    """
    store, made = deps.accounts.store, list[str]()
    try:
        for _ in range(TURNS):
            if await store.claim(key, account_id):
                return True
            holder = await store.holder(key)
            if holder is None:
                continue
            unfit = await _unfit(holder, made, deps=deps, now=now)
            if unfit is False:
                return False
            if unfit:
                await store.release(key, holder)
        return False
    finally:
        for holder in made:
            await deps.accounts.delete(holder)


async def take(
    key: str, account_id: str, stale: Callable[[Account], bool], *, deps: Deps, lost: Lost | None = None
) -> bool:
    """Take a claim that others hold with their accounts; one whose holder is an account that it no longer fits
    (`stale`), or that has no account and is `lost`, is taken over.

    That holder may only be about to write what the claim is for: it looks again afterwards whether the claim is still
    its own, and here it is looked again whether it was too late.
    """
    store = deps.accounts.store

    async def free(holder: str) -> bool:
        try:
            return stale(await deps.accounts.get(holder))
        except NotFound:
            return lost is not None and await lost(holder)

    if await store.claim(key, account_id):
        return True
    holder = await store.holder(key) or ""
    if not await free(holder):
        return await store.claim(key, account_id)
    await store.release(key, holder)
    if not await store.claim(key, account_id):
        return False
    if await free(holder):
        return True
    await store.release(key, account_id)
    await store.claim(key, holder)
    return False


async def _unfit(holder: str, made: list[str], *, deps: Deps, now: datetime) -> bool | None:
    """Whether no account can be written under this id; None: somebody has changed that just now. What is put there for
    it is added to `made`."""
    try:
        await deps.accounts.add(holder, vacant(holder, now))
    except Duplicate:
        try:
            return (await deps.accounts.get(holder)).gone
        except NotFound:
            return None
    made.append(holder)
    return True


def _taken() -> DomainError:
    return DomainError("account.id_number_taken", Kind.CONFLICT, "/id_number")
