"""A database that fails in the middle of a use case, or before whose write somebody else comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from services.identity.handlers.deps import Deps

WRITES = ("insert", "replace", "delete", "claim", "release")


class Outage(Exception):
    """The database does not answer."""


class Before:
    """A store before whose write of this number something else happens; `came`: whether it came to that."""

    def __init__(self, store: Any, write: int, happens: Callable[[], Awaitable[object]]) -> None:
        self._store, self._left, self._happens, self.came = store, write, happens, False

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._store, name)

        async def written(*given: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self.came = True
                await self._happens()
            return await step(*given, **named)

        return written if name in WRITES else step


async def outage() -> None:
    """What happens to a database."""
    raise Outage


@contextmanager
def before(deps: Deps, write: int, happens: Callable[[], Awaitable[object]] = outage) -> Iterator[Before]:
    """Let something happen before this write of what is done inside."""
    calm, repositories = deps.accounts.store, (deps.accounts, deps.sessions, deps.attempts, deps.codes)
    jostled: Any = Before(calm, write, happens)
    for repository in repositories:
        repository.store = jostled
    try:
        yield jostled
    finally:
        for repository in repositories:
            repository.store = calm
