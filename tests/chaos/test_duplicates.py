"""30 % duplicates in any order: the final state is the clean run's."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from shared.bus import Message
from shared.bus.local import LocalBus
from shared.consumer import Consumer
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import Counted, Tally, counted, message
from tests.support.waiting import settles

ROUNDS = int(os.environ.get("BAOKAO_CHAOS", "1"))
MESSAGES = 1000
TALLIES = 20


def clean() -> list[Message]:
    return [message(counted(f"t-{number % TALLIES}", number)) for number in range(MESSAGES)]


def disturbed(seed: int) -> list[Message]:
    random, messages = Random(seed), clean()
    messages += random.sample(messages, MESSAGES * 3 // 10)
    random.shuffle(messages)
    return messages


async def final_state(folder: Path, name: str, messages: list[Message]) -> dict[str, list[int]]:
    """What the messages leave behind, through the bus, the consumer and the repository."""
    store_file, bus_file = folder / f"{name}-store.sqlite", folder / f"{name}-bus.sqlite"
    async with SqliteStore.open(store_file) as store, LocalBus.open(bus_file) as bus:
        tallies = Repository(store, "tallies", Tally)
        for number in range(TALLIES):
            await tallies.add(f"t-{number}", Tally(f"t-{number}"))

        async def count_on(event: Counted) -> None:
            async with tallies.edit(event.subject, cause=event) as work:
                work.state.numbers.append(event.number)

        handled = 0
        consumer = Consumer("tally.counts", {Counted: count_on}, prefetch=16, retry_delays_s=(0.02,) * 20)

        async def counted_handle(each: Message) -> None:
            nonlocal handled
            await consumer.handle(each)
            handled += 1

        await bus.subscribe(consumer.queue, counted_handle)
        assert all(await bus.publish(messages))
        await settles(lambda: _equal(handled, len(messages)), 60)
        assert await bus.dead_letters(consumer.queue.name) == []
        states = [await tallies.get(f"t-{number}") for number in range(TALLIES)]
    return {state.id: sorted(state.numbers) for state in states}


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_the_final_state_is_the_clean_runs(tmp_path: Path, seed: int) -> None:
    expected = await final_state(tmp_path, "clean", clean())
    assert sum(map(len, expected.values())) == MESSAGES
    assert await final_state(tmp_path, "disturbed", disturbed(seed)) == expected


async def _equal(number: int, goal: int) -> bool:
    return number == goal
