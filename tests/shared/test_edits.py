"""Editing what a query finds, and finding nothing to do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.errors import NotFound
from shared.store import Query
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import Tally, counted


@pytest.fixture
async def tallies() -> AsyncIterator[Repository[Tally]]:
    async with SqliteStore.open(":memory:") as store:
        repository = Repository(store, "tallys", Tally)
        for name in "abc":
            await repository.add(name, Tally(name))
        yield repository


async def test_an_edit_opens_the_first_that_is_found(tallies: Repository[Tally]) -> None:
    async with tallies.edit(Query(sort="-_id", limit=1)) as work:
        work.state.numbers.append(1)
    assert [(await tallies.get(each)).numbers for each in "abc"] == [[], [], [1]]


async def test_an_edit_of_what_is_not_found_does_not_begin(tallies: Repository[Tally]) -> None:
    with pytest.raises(NotFound, match=r"tally\.not_found"):
        async with tallies.edit(Query(equal={"_id": "d"})):
            raise AssertionError("the block must not run")


async def test_what_is_left_as_it_is_is_not_written(tallies: Repository[Tally]) -> None:
    before = await tallies.store.get("tallys", "a")
    async with tallies.edit("a") as work:
        work.state.numbers.append(1)
        work.emit(counted("a", 1))
        work.leave()
    assert await tallies.store.get("tallys", "a") == before
