"""Aggregates: one document, one write, personal fields sealed in their place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from shared.errors import AlreadyHandled, Conflict, Duplicate, NotFound
from shared.privacy import Unreadable, Vault
from shared.store import Document, Query
from shared.store.repository import SEEN_LIMIT, Repository, Work
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import counted

OLD = Vault({"k1": b"1" * 32}, "k1", b"i" * 32)
NEW = Vault({"k1": b"1" * 32, "k2": b"2" * 32}, "k2", b"i" * 32)

NAME = "𠮷田 欧阳"
NUMBER = "11010519491231002X"


@dataclass
class Candidate:
    """An aggregate with a personal text, a personal structure and a plain field."""

    id: str
    name: str | None = None
    card: dict[str, Any] = field(default_factory=dict)
    region: str = "11"


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(":memory:") as store:
        yield store


def repository(store: SqliteStore, vault: Vault | None = OLD) -> Repository[Candidate]:
    return Repository(store, "candidates", Candidate, vault=vault, sealed=("name", "card"))


def candidate(candidate_id: str) -> Candidate:
    return Candidate(candidate_id, NAME, {"number": NUMBER, "lines": [NAME, None, 3]})


async def document(store: SqliteStore, candidate_id: str = "a") -> Document:
    found = await store.get("candidates", candidate_id)
    assert found is not None
    return found


async def test_an_aggregate_comes_back_as_it_was(store: SqliteStore) -> None:
    candidates = repository(store)
    for written in (candidate("a"), Candidate("b")):
        await candidates.add(written.id, written)
        assert await candidates.get(written.id) == written
    found = await candidates.find(Query(equal={"region": "11"}, limit=1))
    assert found.items == [candidate("a")]
    assert (await candidates.find(Query(limit=1, cursor=found.next_cursor))).items == [Candidate("b")]


async def test_sealed_fields_never_stand_in_clear_in_the_document(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", Candidate("a"))
    async with candidates.edit("a") as work:
        work.state = candidate("a")
        work.emit(counted("a", 1))
    text = json.dumps(await document(store), ensure_ascii=False)
    assert NAME not in text
    assert NUMBER not in text
    assert '"region": "11"' in text


@pytest.mark.parametrize(("from_field", "to_id", "to_field"), [("name", "b", "name"), ("name", "a", "card")])
async def test_a_value_moved_to_another_place_does_not_open(
    store: SqliteStore, from_field: str, to_id: str, to_field: str
) -> None:
    candidates = repository(store)
    for each in ("a", "b"):
        await candidates.add(each, candidate(each))
    forged = await document(store, to_id)
    forged |= {to_field: (await document(store, "a"))[from_field], "version": 2}
    assert await store.replace("candidates", forged, version=1)
    with pytest.raises(Unreadable):
        await candidates.get(to_id)


async def test_what_is_missing_is_not_found(store: SqliteStore) -> None:
    candidates = repository(store)
    with pytest.raises(NotFound, match=r"candidate\.not_found"):
        await candidates.get("a")
    with pytest.raises(NotFound):
        async with candidates.edit("a"):
            raise AssertionError("the block must not run")


async def test_an_id_is_given_once(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", candidate("a"))
    with pytest.raises(Duplicate):
        await candidates.add("a", Candidate("a"), counted("a", 1))
    assert await candidates.get("a") == candidate("a")


async def test_of_two_edits_at_once_the_second_is_a_conflict(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", Candidate("a"))
    with pytest.raises(Conflict):
        async with candidates.edit("a") as late:
            async with candidates.edit("a") as early:
                early.state.region = "31"
            late.state.region = "44"
            late.emit(counted("a", 1))
    assert (await candidates.get("a")).region == "31"
    assert (await document(store))["outbox"] == []


def further(work: Work[Candidate]) -> int:
    """A change that shows how many came before it."""
    number = int(work.state.region) + 1
    work.state.region = str(number)
    work.emit(counted(work.state.id, number))
    return number


async def test_of_changes_at_once_each_is_made_once_on_what_the_others_wrote(store: SqliteStore) -> None:
    candidates = repository(store)
    first = partial(Candidate, "a", region="0")
    told = await asyncio.gather(*(candidates.change("a", further, first=first, rivals=21) for _ in range(20)))
    assert sorted(told) == list(range(1, 21))
    assert (await candidates.get("a")).region == "20"
    emitted = [json.loads(json.loads(entry)["body"])["number"] for entry in (await document(store))["outbox"]]
    assert emitted == list(range(1, 21))


async def test_a_change_that_always_meets_a_rival_is_a_conflict(store: SqliteStore) -> None:
    candidates = repository(store)
    told = await asyncio.gather(
        *(candidates.change("a", further, first=partial(Candidate, "a", region="0"), rivals=1) for _ in range(3)),
        return_exceptions=True,
    )
    assert [type(each) for each in told].count(Conflict) == 2
    assert (await candidates.get("a")).region == "1"


async def test_a_change_that_refuses_writes_nothing_and_without_a_first_there_is_nothing_to_change(
    store: SqliteStore,
) -> None:
    candidates = repository(store)
    with pytest.raises(NotFound):
        await candidates.change("a", further)
    with pytest.raises(ValueError, match="invalid literal"):
        await candidates.change("a", further, first=partial(Candidate, "a", region="x"))
    assert await store.get("candidates", "a") is None


async def test_an_error_in_the_block_writes_nothing(store: SqliteStore) -> None:
    rung: list[Document] = []
    candidates = Repository(store, "candidates", Candidate, written=lambda _, each: rung.append(each))
    await candidates.add("a", Candidate("a"))
    before = await document(store)
    with pytest.raises(ZeroDivisionError):
        async with candidates.edit("a", counted("b", 1)) as work:
            work.state.region = "31"
            work.emit(counted("a", 1))
            raise ZeroDivisionError
    assert await document(store) == before
    assert rung == []


async def test_the_effect_of_an_event_happens_once(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", Candidate("a"), cause=counted("first", 1))
    async with candidates.edit("a", counted("second", 2)):
        pass
    for cause in (counted("first", 1), counted("second", 2)):
        with pytest.raises(AlreadyHandled):
            async with candidates.edit("a", cause):
                raise AssertionError("the block must not run")
    assert (await document(store))["version"] == 2


async def test_events_wait_in_the_outbox_in_order(store: SqliteStore) -> None:
    rung: list[tuple[str, Document]] = []
    candidates = Repository(store, "candidates", Candidate, written=lambda *each: rung.append(each))
    await candidates.add("a", Candidate("a"), counted("a", 1))
    async with candidates.edit("a") as work:
        work.emit(counted("a", 2), counted("a", 3))
    async with candidates.edit("a") as work:
        work.state.region = "31"
    kept = await document(store)
    entries = [json.loads(entry) for entry in kept["outbox"]]
    assert [entry["id"] for entry in entries] == ["a-1", "a-2", "a-3"]
    assert json.loads(entries[2]["body"])["number"] == 3
    assert {entry["type"] for entry in entries} == {"tally.counted.v1"}
    assert kept["pending"] is True
    assert kept["version"] == 3
    assert [(collection, each["version"]) for collection, each in rung] == [("candidates", 1), ("candidates", 2)]
    assert (await store.find("candidates", Query(equal={"pending": True}))).documents == [kept]


async def test_the_list_of_handled_events_is_bounded_and_drops_the_oldest(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", Candidate("a"))
    for number in range(SEEN_LIMIT + 5):
        async with candidates.edit("a", counted("x", number)):
            pass
    assert (await document(store))["seen"] == [f"x-{number}" for number in range(5, SEEN_LIMIT + 5)]


async def test_after_a_rotation_an_edit_seals_under_the_new_key(store: SqliteStore) -> None:
    await repository(store, OLD).add("a", candidate("a"))
    async with repository(store, NEW).edit("a") as work:
        work.state.region = "31"
    only_new = repository(store, replace(NEW, keys={"k2": NEW.keys["k2"]}))
    assert (await only_new.get("a")).name == NAME


async def test_an_aggregate_is_removed_as_it_was_seen(store: SqliteStore) -> None:
    candidates = repository(store)
    await candidates.add("a", candidate("a"))
    assert not await candidates.delete("a", version=2)
    assert await candidates.delete("a", version=1)
    assert not await candidates.delete("a")
    with pytest.raises(NotFound):
        await candidates.get("a")


async def test_sealed_fields_need_a_vault(store: SqliteStore) -> None:
    with pytest.raises(RuntimeError, match="no vault"):
        await repository(store, None).add("a", candidate("a"))
