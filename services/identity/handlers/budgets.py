"""Counting what an address does before anybody is signed in; refused when its budget is spent."""

from __future__ import annotations

from datetime import datetime

from services.identity.domain.attempts import KEPT, Attempts
from services.identity.domain.budgets import Matter, is_counted
from services.identity.handlers import attempts
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, Kind


async def spend(matter: Matter, source: str, *, deps: Deps, now: datetime) -> None:
    """Count one. Raises `budget.spent` with the seconds until the next."""
    limits = deps.budgets.of(matter)
    if limits is None or not is_counted(source):
        return

    def count(mine: Attempts) -> None:
        mine.total.check(limits, now)
        mine.total.fail(limits, now)
        mine.kept_until = now + KEPT

    try:
        await attempts.change(f"{matter}|{attempts.place(deps, source)}", count, deps=deps, now=now)
    except DomainError as error:
        # A crowd that races for one count is a school, not a thief: what is not counted is let through.
        if error.code == limits.code:
            raise DomainError(error.code, Kind.TOO_MANY, params=error.params) from error
