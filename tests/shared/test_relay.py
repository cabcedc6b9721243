"""The relay on the embedded store and bus, with faults put between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from shared.bus import Message, Queue
from shared.bus.journal import Journal
from shared.bus.local import LocalBus
from shared.relay import Relay
from shared.store import Document
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import NOW, Counted, Forgotten, Tally, counted, queue
from tests.support.waiting import WITHIN_S, settles

TALLIES = "tallies"


class Faulty(LocalBus):
    """The embedded bus, that counts and does what a test puts in the way of a publish."""

    def __init__(self, journal: Journal, thread: ThreadPoolExecutor) -> None:
        super().__init__(journal, thread)
        self.batches: list[int] = []
        self.fault: Callable[[], Awaitable[bool]] | None = None

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        self.batches.append(len(messages))
        if self.fault and await self.fault():
            return [False] * len(messages)
        return await super().publish(messages)


@dataclass
class World:
    """Everything a relay test touches."""

    store: SqliteStore
    bus: Faulty
    relay: Relay
    tallies: Repository[Tally]
    got: list[Message]
    changed: asyncio.Condition

    async def arrived(self, number: int) -> list[Message]:
        async with asyncio.timeout(WITHIN_S), self.changed:
            await self.changed.wait_for(lambda: len({m.id for m in self.got}) >= number)
        return self.got

    async def document(self, tally_id: str) -> Document:
        document = await self.store.get(TALLIES, tally_id)
        assert document is not None
        return document

    async def cleared(self, tally_id: str) -> Document:
        async def nothing_waits() -> bool:
            return not (await self.document(tally_id))["pending"]

        assert await settles(nothing_waits)
        return await self.document(tally_id)

    async def count_on(self, tally_id: str, *numbers: int) -> None:
        for number in numbers:
            async with self.tallies.edit(tally_id) as work:
                work.state.numbers.append(number)
                work.emit(counted(tally_id, number))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    got, changed = list[Message](), asyncio.Condition()

    async def receive(message: Message) -> None:
        async with changed:
            got.append(message)
            changed.notify_all()

    async with SqliteStore.open(":memory:") as store, Faulty.open(":memory:") as bus:
        relay = Relay(bus, store, [TALLIES], sweep_s=0.2)
        await bus.subscribe(queue(prefetch=1), receive)
        tallies = Repository(store, TALLIES, Tally, written=relay.ring)
        yield World(store, bus, relay, tallies, got, changed)


async def test_what_a_write_left_is_published_and_cleared(world: World) -> None:
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1", [1]), counted("t-1", 1))
        [message] = await world.arrived(1)
        document = await world.cleared("t-1")
    event = Counted.model_validate_json(message.body)
    assert event == counted("t-1", 1)
    assert (message.id, message.type, message.source, message.subject) == ("t-1-1", Counted.TYPE, "tally", "t-1")
    assert message.time == NOW.isoformat()
    assert message.traceparent
    assert document["outbox"] == []


async def test_what_was_just_written_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read, get = list[str](), world.store.get

    async def noted(collection: str, document_id: str) -> Document | None:
        read.append(document_id)
        return await get(collection, document_id)

    monkeypatch.setattr(world.store, "get", noted)
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1", [1]), counted("t-1", 1))
        await world.arrived(1)
    assert read == []
    assert not (await world.document("t-1"))["pending"]


async def test_clearing_leaves_the_version_as_it_was(world: World) -> None:
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1"), counted("t-1", 1))
        document = await world.cleared("t-1")
    assert document["version"] == 1


async def test_one_aggregates_events_keep_their_order(world: World) -> None:
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1"))
        await world.count_on("t-1", *range(60))
        got = await world.arrived(60)
    numbers = [Counted.model_validate_json(message.body).number for message in got]
    assert list(dict.fromkeys(numbers)) == list(range(60))


async def test_rings_that_come_together_make_one_batch(world: World) -> None:
    for number in range(50):
        await world.tallies.add(f"t-{number}", Tally(f"t-{number}"), counted(f"t-{number}", 1))
    async with world.relay.running():
        await world.arrived(50)
    assert world.bus.batches[0] == 50


async def test_the_sweeper_finds_what_a_crash_left(world: World) -> None:
    silent = Repository(world.store, TALLIES, Tally)
    for number in range(450):
        await silent.add(f"t-{number}", Tally(f"t-{number}"), counted(f"t-{number}", 1))
    async with world.relay.running():
        got = await world.arrived(450)
    assert {m.id for m in got} == {f"t-{number}-1" for number in range(450)}


async def test_a_long_backlog_does_not_delay_what_is_written_now(world: World) -> None:
    silent = Repository(world.store, TALLIES, Tally)
    for number in range(700):
        await silent.add(f"t-{number}", Tally(f"t-{number}"), counted(f"t-{number}", 1))

    async def write_during_the_first_batch() -> bool:
        if len(world.bus.batches) == 1:
            await world.tallies.add("new", Tally("new"), counted("new", 1))
        return False

    world.bus.fault = write_during_the_first_batch
    async with world.relay.running():
        got = await world.arrived(701)
    assert [message.id for message in got].index("new-1") == world.bus.batches[0]


async def test_an_absent_bus_loses_nothing(world: World) -> None:
    turns = 0

    async def twice_away() -> bool:
        nonlocal turns
        turns += 1
        return turns <= 2

    world.bus.fault = twice_away
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1"), counted("t-1", 1))
        await world.arrived(1)
        await world.cleared("t-1")
    assert turns >= 3


async def test_an_unroutable_event_waits_and_holds_up_no_other(world: World) -> None:
    forgotten = Forgotten(event_id="f-1", subject="t-1", occurred_at=NOW)
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1"), forgotten, counted("t-1", 1))
        await world.arrived(1)
        document = await world.document("t-1")
        assert document["pending"]
        await world.bus.declare(Queue("tally.late", (Forgotten.TYPE,)))
        await world.cleared("t-1")
    assert await world.bus.depth("tally.late") == 1


async def test_an_edit_during_the_publish_meets_no_conflict_and_loses_no_event(world: World) -> None:
    """The relay read version 1; before it clears, a user writes version 2 with one more event."""
    edited = False

    async def edit_meanwhile() -> bool:
        nonlocal edited
        if not edited:
            edited = True
            await world.count_on("t-1", 2)
        return False

    world.bus.fault = edit_meanwhile
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1", [1]), counted("t-1", 1))
        await world.arrived(2)
        document = await world.cleared("t-1")
    assert (document["version"], document["numbers"]) == (2, [1, 2])
    assert list(dict.fromkeys(m.id for m in world.got)) == ["t-1-1", "t-1-2"]


async def test_clearing_between_a_users_read_and_write_makes_no_conflict(world: World) -> None:
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1", [1]), counted("t-1", 1))
        async with world.tallies.edit("t-1") as work:
            await world.cleared("t-1")
            work.state.numbers.append(2)
        document = await world.cleared("t-1")
    assert (document["version"], document["numbers"]) == (2, [1, 2])


async def test_a_store_that_fails_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, failures = world.store.replace, 0

    async def fail_once(collection: str, document: Document, *, version: int) -> bool:
        nonlocal failures
        if not failures:
            failures += 1
            raise OSError("disk")
        return await replace(collection, document, version=version)

    monkeypatch.setattr(world.store, "replace", fail_once)
    async with world.relay.running():
        await world.tallies.add("t-1", Tally("t-1"), counted("t-1", 1))
        await world.cleared("t-1")
    assert failures == 1
    assert {m.id for m in world.got} == {"t-1-1"}


async def test_close_flushes_what_was_rung(world: World) -> None:
    async with world.relay.running():
        for number in range(300):
            await world.tallies.add(f"t-{number}", Tally(f"t-{number}"), counted(f"t-{number}", 1))
    assert await world.store.count(TALLIES, {"pending": True}) == 0
    await world.arrived(300)
