"""One name, any number who want it at once: exactly one gets it, and what a crash left keeps nobody out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from services.identity.domain.account import NOBODY, vacant
from services.identity.handlers import claims, issuing, staff
from services.identity.handlers.deps import Deps, login_key, person_key
from services.identity.handlers.staff import Made
from shared.errors import DomainError
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.office_support import ADMIN, PUPIL, office_of, table
from tests.services.identity.test_accounts import LI, number, register
from tests.services.identity.test_staff import administrator

POINTS = "selection-2021"


def number_of(serial: int) -> str:
    """An ID number of its own for each."""
    return number(f"11010120080307{serial:03}")


class Jostled:
    """A store among which others come first: before and after each of its steps others may take theirs."""

    def __init__(self, store: Any, seed: int) -> None:
        self._store, self._random = store, random.Random(seed)

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._store, name)

        async def jostled(*given: Any, **named: Any) -> Any:
            await self._wait()
            found = await step(*given, **named)
            await self._wait()
            return found

        return jostled

    async def _wait(self) -> None:
        for _ in range(self._random.randrange(6)):
            await asyncio.sleep(0)


async def jostling(deps: Deps, seed: int, many: int, want: Callable[[], Coroutine[Any, Any, Any]]) -> list[Any]:
    """What comes of many who want the same at once."""
    calm = deps.accounts.store
    deps.accounts.store = Jostled(calm, seed)
    try:
        return await asyncio.gather(*(want() for _ in range(many)), return_exceptions=True)
    finally:
        deps.accounts.store = calm


def hire(deps: Deps, chief: Actor, login: str = "zhao") -> Coroutine[Any, Any, Made]:
    return staff.add_staff(login, "赵老师", "", ["auditor"], {}, chief, deps=deps, now=NOW)


async def named(deps: Deps, login: str) -> int:
    """How many accounts think that this is their login name."""
    found = await deps.accounts.find(Query({"kind": "staff"}, limit=1000))
    return sum(each.number == login for each in found.items)


@pytest.mark.parametrize("many", [2, 3, 8])
async def test_a_login_name_is_given_exactly_once_to_who_ask_at_once(deps: Deps, many: int) -> None:
    chief = await administrator(deps)
    for seed in range(30):
        login = f"zhao{many}-{seed}"
        results = await jostling(deps, seed, many, partial(hire, deps, chief, login))
        (made,) = [each for each in results if isinstance(each, Made)]
        assert {each.code for each in results if isinstance(each, DomainError)} == {"account.login_taken"}, seed
        holder = await claims.account_of(login_key(deps, "", login), deps=deps)
        assert holder and holder.id == made.id, seed
        assert await named(deps, login) == 1, seed
    assert await deps.accounts.store.count("accounts", {"programme": NOBODY}) == 0


async def test_who_writes_while_another_takes_the_name_over_comes_too_late(deps: Deps) -> None:
    chief, store = await administrator(deps), deps.accounts.store
    paused, go = asyncio.Event(), asyncio.Event()
    add, release = deps.accounts.add, store.release

    async def paused_once(*given: Any) -> None:
        if not paused.is_set():
            paused.set()
            await go.wait()
        await add(*given)

    deps.accounts.add = paused_once  # type: ignore[method-assign,assignment]
    first = asyncio.create_task(hire(deps, chief))
    await paused.wait()

    async def after_the_first_has_written(key: str, owner: str) -> None:
        go.set()
        await asyncio.wait([first])
        await release(key, owner)

    store.release = after_the_first_has_written  # type: ignore[method-assign]
    second = await hire(deps, chief)
    assert isinstance(first.exception(), DomainError)
    holder = await claims.account_of(login_key(deps, "", "zhao"), deps=deps)
    assert holder and holder.id == second.id and await named(deps, "zhao") == 1


async def test_a_name_that_a_crash_left_without_an_account_is_free(deps: Deps) -> None:
    chief, store = await administrator(deps), deps.accounts.store
    await store.claim(login_key(deps, "", "zhao"), "f" * 32)
    made = await hire(deps, chief)
    assert await store.holder(login_key(deps, "", "zhao")) == made.id
    # A crash in the middle of that leaves nobody's account as well.
    await store.claim(login_key(deps, "", "qian"), "e" * 32)
    await deps.accounts.add("e" * 32, vacant("e" * 32, NOW))
    assert await claims.account_of(login_key(deps, "", "qian"), deps=deps) is None
    assert (await hire(deps, chief, "qian")).id


async def test_one_id_number_registers_exactly_once_from_two_browsers(deps: Deps) -> None:
    for seed in range(10):
        person = replace(LI, id_number=number_of(seed))
        results = await jostling(deps, seed, 3, partial(register, deps, person))
        refused = [each.code for each in results if isinstance(each, DomainError)]
        assert refused == ["account.id_number_taken"] * 2, (seed, results)


async def test_one_person_is_issued_one_number_by_two_offices_at_once(deps: Deps) -> None:
    office = office_of(deps)
    for seed in range(20):
        people = table((PUPIL[0], number_of(seed)))
        issue = partial(issuing.issue, people, POINTS, ADMIN, dry_run=False, office=office, now=NOW)
        results = await jostling(deps, seed, 3, issue)
        slips = [slip for _, issued in results for slip in issued]
        assert len(slips) == 1, seed
        holder = await claims.account_of(login_key(deps, POINTS, slips[0].login), deps=deps)
        owner = await claims.account_of(person_key(deps, POINTS, number_of(seed)), deps=deps)
        assert holder and owner and holder.id == owner.id, seed
