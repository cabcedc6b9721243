"""Counting guesses: charged before a password is looked at, given back when it was right."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from services.identity.domain import attempts as rules
from services.identity.domain.attempts import Attempts, Limits
from services.identity.domain.budgets import origin
from services.identity.handlers.deps import Deps
from shared.errors import Conflict, DomainError, Kind, NotFound

# Guesses at one name are written one after the other; more than this at once are no person's.
RACES = 40

R = TypeVar("R")


async def attempts_of(key: str, *, deps: Deps, now: datetime) -> Attempts:
    """The failures counted under a key; none counted yet is a clean sheet."""
    try:
        return await deps.attempts.get(key)
    except NotFound:
        return Attempts(key, now + rules.KEPT)


async def wants_captcha(key: str, source: str, limits: Limits, *, deps: Deps, now: datetime) -> bool:
    """Whether a guess at this name from this source must bring a captcha. Raises what it has to wait for."""
    mine, theirs = await attempts_of(key, deps=deps, now=now), await _of_source(source, deps=deps, now=now)
    mine.check(place(deps, source), limits, now)
    if mine.knows(place(deps, source), now):
        return mine.needs_captcha(place(deps, source), limits, now)
    theirs.total.check(rules.SOURCE, now)
    crowded = theirs.total.level(rules.SOURCE, now) >= rules.SOURCE.captcha
    return crowded or mine.needs_captcha(place(deps, source), limits, now)


async def charge(key: str, source: str, limits: Limits, *, proved: bool, deps: Deps, now: datetime) -> None:
    """Count a guess before it is judged. Raises what it has to wait for, or `login.busy` amid too many at once."""
    await change(key, lambda mine: mine.charge(place(deps, source), limits, now, proved=proved), deps=deps, now=now)


async def blame_source(source: str, *, deps: Deps, now: datetime) -> None:
    """Count a wrong guess for the address it came from. A count lost in a crowd changes nothing at these numbers."""

    def fail(theirs: Attempts) -> None:
        theirs.total.fail(rules.SOURCE, now)
        theirs.kept_until = now + rules.KEPT

    with suppress(DomainError):
        await change(_source_key(deps, source), fail, deps=deps, now=now)


async def absolve(key: str, source: str, *, deps: Deps, now: datetime) -> int:
    """It was the owner who signed in from there; how many failures that forgives, this guess's own charge not among
    them."""

    def succeed(mine: Attempts) -> int:
        forgiven = max(0, round(mine.total.failures) - 1)
        mine.succeed(place(deps, source), now)
        return forgiven

    return await change(key, succeed, deps=deps, now=now)


def place(deps: Deps, source: str) -> str:
    """How a source address is kept: only its keyed hash."""
    return deps.vault.blind("source", origin(source))


async def _of_source(source: str, *, deps: Deps, now: datetime) -> Attempts:
    return await attempts_of(_source_key(deps, source), deps=deps, now=now)


def _source_key(deps: Deps, source: str) -> str:
    return "source|" + place(deps, source)


async def change(key: str, change: Callable[[Attempts], R], *, deps: Deps, now: datetime) -> R:
    """Change a count. Raises what `change` raises, or `login.busy` amid too many at once."""
    first = partial(Attempts, key, now + rules.KEPT)
    try:
        return await deps.attempts.change(key, lambda work: change(work.state), first=first, rivals=RACES)
    except Conflict as error:
        raise DomainError("login.busy", Kind.TOO_MANY) from error
