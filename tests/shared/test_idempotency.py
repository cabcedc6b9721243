"""A request that comes again: the first answer, and never a second effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import DomainError, Kind
from shared.idempotency import COLLECTION, IN_FLIGHT, INDEXES, KEPT, Begun, Idempotency, Replay
from shared.privacy import Vault
from shared.store import Query
from shared.store.sqlite import SqliteStore

PARTS = ("candidate", "c1", "POST", "/orders", "key-1")
VAULT = Vault({"k1": b"1" * 32}, "k1", b"i" * 32)


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, step: timedelta) -> None:
        self.time += step


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(":memory:", INDEXES) as store:
        yield store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=[None, VAULT], ids=["clear", "sealed"])
def idempotency(request: pytest.FixtureRequest, store: SqliteStore, clock: Clock) -> Idempotency:
    return Idempotency(store, vault=request.param, now=clock)


async def begun(idempotency: Idempotency, body_hash: str = "hash") -> Begun:
    outcome = await idempotency.begin(PARTS, body_hash)
    assert isinstance(outcome, Begun)
    return outcome


async def refused(idempotency: Idempotency, body_hash: str = "hash") -> tuple[str, Kind]:
    with pytest.raises(DomainError) as caught:
        await idempotency.begin(PARTS, body_hash)
    return caught.value.code, caught.value.kind


@pytest.mark.parametrize("body", [None, {"id": "o1", "name": "𠮷", "lines": [1, 1.5, True]}, [], "text"])
async def test_the_first_answer_is_given_again(idempotency: Idempotency, body: object) -> None:
    await idempotency.finish(await begun(idempotency), 201, body)
    for _ in range(2):
        assert await idempotency.begin(PARTS, "hash") == Replay(201, body)


async def test_while_the_first_is_carried_out_others_are_refused(idempotency: Idempotency) -> None:
    await begun(idempotency)
    assert await refused(idempotency) == ("idempotency.in_flight", Kind.CONFLICT)


async def test_another_body_is_refused(idempotency: Idempotency) -> None:
    first = await begun(idempotency)
    assert await refused(idempotency, "other") == ("idempotency.other_body", Kind.UNPROCESSABLE)
    await idempotency.finish(first, 200, {})
    assert await refused(idempotency, "other") == ("idempotency.other_body", Kind.UNPROCESSABLE)


async def test_every_part_of_the_name_counts(idempotency: Idempotency) -> None:
    await begun(idempotency)
    others = [(*PARTS[:n], "other", *PARTS[n + 1 :]) for n in range(len(PARTS))]
    others += [("candidatec1", "", *PARTS[2:]), ("candidate", "c1POST", *PARTS[3:]), ('candidate", "c1', *PARTS[2:])]
    for parts in others:
        assert isinstance(await idempotency.begin(parts, "hash"), Begun)


async def test_an_abandoned_request_runs_anew(idempotency: Idempotency) -> None:
    await idempotency.abandon(await begun(idempotency))
    await idempotency.finish(await begun(idempotency, "other"), 200, {})
    assert await idempotency.begin(PARTS, "other") == Replay(200, {})


async def test_two_hundred_at_once_begin_one(idempotency: Idempotency) -> None:
    outcomes = await asyncio.gather(*(idempotency.begin(PARTS, "hash") for _ in range(200)), return_exceptions=True)
    assert sum(isinstance(outcome, Begun) for outcome in outcomes) == 1
    codes = {outcome.code for outcome in outcomes if isinstance(outcome, DomainError)}
    assert codes == {"idempotency.in_flight"}


async def test_a_request_that_never_ended_is_taken_over_by_one(idempotency: Idempotency, clock: Clock) -> None:
    lost = await begun(idempotency)
    clock.forward(IN_FLIGHT - timedelta(seconds=1))
    assert (await refused(idempotency))[0] == "idempotency.in_flight"
    clock.forward(timedelta(seconds=1))
    outcomes = await asyncio.gather(*(idempotency.begin(PARTS, "hash") for _ in range(200)), return_exceptions=True)
    (second,) = [outcome for outcome in outcomes if isinstance(outcome, Begun)]
    await idempotency.finish(lost, 500, "late")
    await idempotency.abandon(lost)
    assert (await refused(idempotency))[0] == "idempotency.in_flight"
    await idempotency.finish(second, 200, "second")
    assert await idempotency.begin(PARTS, "hash") == Replay(200, "second")


async def test_who_was_forgotten_cannot_finish_the_request_of_another(idempotency: Idempotency, clock: Clock) -> None:
    forgotten = await begun(idempotency)
    clock.forward(IN_FLIGHT)
    assert await idempotency.sweep() == 1
    second = await begun(idempotency)
    await idempotency.finish(forgotten, 200, "late")
    assert (await refused(idempotency))[0] == "idempotency.in_flight"
    await idempotency.finish(second, 200, "second")
    assert await idempotency.begin(PARTS, "hash") == Replay(200, "second")


async def test_answers_are_kept_for_a_day_and_then_swept(
    idempotency: Idempotency, clock: Clock, store: SqliteStore
) -> None:
    await idempotency.finish(await begun(idempotency), 200, "answer")
    clock.forward(KEPT - timedelta(seconds=1))
    assert await idempotency.sweep() == 0
    assert await idempotency.begin(PARTS, "hash") == Replay(200, "answer")
    clock.forward(timedelta(seconds=1))
    assert await idempotency.sweep() == 1
    assert await store.count(COLLECTION, {}) == 0


async def test_a_sweep_is_bounded_and_begins_with_the_oldest(idempotency: Idempotency, clock: Clock) -> None:
    for number in range(5):
        await idempotency.begin((*PARTS, str(number)), "hash")
        clock.forward(timedelta(seconds=1))
    clock.forward(IN_FLIGHT)
    assert [await idempotency.sweep(2) for _ in range(4)] == [2, 2, 1, 0]


async def test_with_a_vault_neither_answer_nor_body_hash_stands_in_clear(store: SqliteStore) -> None:
    idempotency = Idempotency(store, vault=VAULT)
    await idempotency.finish(await begun(idempotency, "hash-of-the-body"), 200, {"name": "张伟"})
    (document,) = (await store.find(COLLECTION, Query())).documents
    assert "张伟" not in str(document)
    assert "hash-of-the-body" not in str(document)
