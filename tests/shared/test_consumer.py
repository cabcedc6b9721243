"""The consumer between bus and handler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from shared import telemetry
from shared.consumer import Consumer, UndecodableError
from shared.errors import Conflict, DomainError
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import Counted, Forgotten, Tally, counted, message

QUEUE = "tally.consumer-test"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
async def tallies() -> AsyncIterator[Repository[Tally]]:
    async with SqliteStore.open(":memory:") as store:
        repository = Repository(store, "tallies", Tally)
        await repository.add("t-1", Tally("t-1"))
        yield repository


def handled(outcome: str, event_type: str = Counted.TYPE) -> float:
    labels = {"queue": QUEUE, "type": event_type, "outcome": outcome}
    return REGISTRY.get_sample_value("baokao_events_handled_total", labels) or 0.0


def counting(tallies: Repository[Tally]) -> Consumer:
    async def count_on(event: Counted) -> None:
        async with tallies.edit(event.subject, cause=event) as work:
            work.state.numbers.append(event.number)

    return Consumer(QUEUE, {Counted: count_on}, prefetch=7)


def test_the_queue_is_bound_to_what_has_a_handler(tallies: Repository[Tally]) -> None:
    queue = counting(tallies).queue
    assert (queue.name, queue.types, queue.prefetch) == (QUEUE, (Counted.TYPE,), 7)


async def test_the_handler_gets_the_event(tallies: Repository[Tally]) -> None:
    before = handled("handled")
    await counting(tallies).handle(message(counted("t-1", 5)))
    assert (await tallies.get("t-1")).numbers == [5]
    assert handled("handled") == before + 1


async def test_unknown_fields_are_ignored() -> None:
    got: list[Counted] = []

    async def keep(event: Counted) -> None:
        got.append(event)

    newer = counted("t-1", 5).model_dump(mode="json") | {"colour": "blue"}
    wire = message(counted("t-1", 5))
    wire = type(wire)(**{**vars(wire), "body": str(newer).replace("'", '"').encode()})
    await Consumer(QUEUE, {Counted: keep}).handle(wire)
    assert got == [counted("t-1", 5)]


async def test_the_trace_goes_on() -> None:
    seen: list[str] = []

    async def keep(_: Counted) -> None:
        seen.append(telemetry.traceparent())

    await Consumer(QUEUE, {Counted: keep}).handle(message(counted("t-1", 5), TRACE))
    assert seen[0].split("-")[1] == "a" * 32
    assert seen[0] != TRACE


async def test_a_duplicate_is_acknowledged_without_effect(tallies: Repository[Tally]) -> None:
    consumer, before = counting(tallies), handled("already_handled")
    for _ in range(3):
        await consumer.handle(message(counted("t-1", 5)))
    assert (await tallies.get("t-1")).numbers == [5]
    assert handled("already_handled") == before + 2


async def test_rivals_on_one_aggregate_all_get_through(tallies: Repository[Tally]) -> None:
    consumer = counting(tallies)
    await asyncio.gather(*(consumer.handle(message(counted("t-1", number))) for number in range(8)))
    assert sorted((await tallies.get("t-1")).numbers) == list(range(8))


async def test_a_conflict_that_does_not_end_goes_back_to_the_bus() -> None:
    tries = 0

    async def always_second(_: Counted) -> None:
        nonlocal tries
        tries += 1
        raise Conflict

    with pytest.raises(Conflict):
        await Consumer(QUEUE, {Counted: always_second}).handle(message(counted("t-1", 5)))
    assert tries == 10


async def test_a_refusal_that_leaves_a_handler_is_unexpected() -> None:
    async def refuse(_: Counted) -> None:
        raise DomainError("tally.closed")

    before = handled("failed")
    with pytest.raises(DomainError, match=r"tally\.closed"):
        await Consumer(QUEUE, {Counted: refuse}).handle(message(counted("t-1", 5)))
    assert handled("failed") == before + 1


async def test_a_body_that_cannot_be_read_says_where_but_not_what(tallies: Repository[Tally]) -> None:
    wire = message(counted("t-1", 5))
    broken = type(wire)(**{**vars(wire), "body": b'{"subject": "t-1", "number": "Zhang San"}'})
    with pytest.raises(UndecodableError) as caught:
        await counting(tallies).handle(broken)
    assert "number: int_parsing" in str(caught.value)
    assert "Zhang" not in str(caught.value)
    assert caught.value.__context__ is None


async def test_a_type_without_handler_is_an_error_under_one_label(tallies: Repository[Tally]) -> None:
    before = handled("failed", "unknown")
    stray = Forgotten(subject="t-1", occurred_at=counted("t-1", 1).occurred_at)
    with pytest.raises(UndecodableError):
        await counting(tallies).handle(message(stray))
    assert handled("failed", "unknown") == before + 1
