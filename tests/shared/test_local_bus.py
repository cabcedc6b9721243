"""What only the embedded bus has: a file that survives, and that one process has at a time."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from shared.bus.local import LocalBus
from tests.support.messages import Inbox, Topic, consuming, refuse
from tests.support.waiting import settles


async def test_messages_bindings_attempts_and_dead_letters_survive_closing(tmp_path: Path) -> None:
    path, topic, dead, inbox = tmp_path / "bus.sqlite", Topic(delays=(0.05,)), Topic(delays=()), Inbox()
    async with LocalBus.open(path) as bus:
        await bus.declare(topic.queue)
        waiting = topic.messages(3)
        await bus.publish(waiting)
        async with consuming(bus, dead.queue, Inbox(refuse)):
            [given_up] = dead.messages(1)
            await bus.publish([given_up])

            async def kept() -> bool:
                return bool(await bus.dead_letters(dead.queue.name))

            assert await settles(kept)
    async with LocalBus.open(path) as bus:
        late = topic.message()
        assert await bus.publish([late]) == [True]
        assert [letter.message for letter in await bus.dead_letters(dead.queue.name)] == [given_up]
        async with consuming(bus, topic.queue, inbox):
            assert await inbox.count(4) == [*waiting, late]


async def test_a_type_that_is_no_longer_wanted_is_no_longer_bound() -> None:
    topic = Topic()
    async with LocalBus.open(":memory:") as bus:
        await bus.declare(topic.queue)
        await bus.declare(type(topic.queue)(topic.queue.name, ()))
        assert await bus.publish([topic.message()]) == [False]


async def test_a_bus_answers_a_ping_until_it_is_closed(tmp_path: Path) -> None:
    async with LocalBus.open(tmp_path / "bus.sqlite") as bus:
        await bus.ping()
    with pytest.raises(RuntimeError):
        await bus.ping()


async def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bus.sqlite"
    async with LocalBus.open(path):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            async with LocalBus.open(path):
                raise AssertionError("two processes would both handle every message")
