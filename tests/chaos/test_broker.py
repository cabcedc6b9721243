"""A broker that dies, stalls, or falls silent: what was confirmed is delivered, and nobody hangs.

`BAOKAO_CHAOS` multiplies the number of kills, and the ids published around each.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from deploy.local.rabbitmq import RabbitMQ
from shared.bus import Message
from shared.bus.rabbitmq import RabbitBus
from tests.support.messages import Inbox, Topic
from tests.support.waiting import settles

ROUNDS = int(os.environ.get("BAOKAO_CHAOS", "1"))
IDS = 2000
BATCH = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq")) as rabbit:
        yield rabbit


@pytest.fixture
def broker(server: RabbitMQ) -> Iterator[RabbitMQ]:
    """The module's broker, at work again whatever the test before did to it."""
    server.resume()
    if not server.running:
        server.restart()
    yield server
    server.resume()


class Ledger:
    """What was confirmed and what arrived on one queue."""

    def __init__(self) -> None:
        self.topic = Topic(prefetch=64, delays=(0.05,))
        self.confirmed: set[str] = set()
        self.arrived: set[str] = set()

    async def receive(self, message: Message) -> None:
        self.arrived.add(message.id)

    async def publish(self, bus: RabbitBus, ids: list[str]) -> list[str]:
        """Publish; the ids that were not confirmed."""
        answers = await bus.publish([self.message(each) for each in ids])
        self.confirmed |= {each for each, answer in zip(ids, answers, strict=True) if answer}
        return [each for each, answer in zip(ids, answers, strict=True) if not answer]

    async def publish_all(self, bus: RabbitBus, ids: list[str]) -> None:
        """Publish in batches, each again until it is confirmed, as the relay does."""
        for start in range(0, len(ids), BATCH):
            left = ids[start : start + BATCH]
            while left:
                left = await self.publish(bus, left)

    def message(self, event_id: str) -> Message:
        return replace(self.topic.message("x" * 600), id=event_id)

    async def has_all(self) -> bool:
        return self.confirmed <= self.arrived


async def test_kill_9_of_the_broker_loses_nothing_confirmed(broker: RabbitMQ) -> None:
    ledger = Ledger()
    each = IDS * ROUNDS
    ids = [str(number) for number in range(each * ROUNDS)]
    async with RabbitBus.open(broker.url, publish_timeout_s=2.0, watch_s=0.5) as bus:
        await bus.subscribe(ledger.topic.queue, ledger.receive)
        publishing = asyncio.create_task(ledger.publish_all(bus, ids))
        for turn in range(1, ROUNDS + 1):
            await settles(partial(_more, ledger.confirmed, each * turn - each // 2), 60 * ROUNDS)
            broker.kill()
            await asyncio.to_thread(broker.restart)
        async with asyncio.timeout(60 * ROUNDS):
            await publishing
        await settles(ledger.has_all, 60 * ROUNDS)
    assert ledger.confirmed == set(ids)
    assert ledger.confirmed - ledger.arrived == set()


async def test_a_stalled_broker_neither_blocks_nor_raises_and_delivers_afterwards(broker: RabbitMQ) -> None:
    ledger = Ledger()
    early, late = [f"early-{number}" for number in range(500)], [f"late-{number}" for number in range(500)]
    async with RabbitBus.open(broker.url, publish_timeout_s=0.5) as bus:
        await bus.subscribe(ledger.topic.queue, ledger.receive)
        await asyncio.wait_for(ledger.publish_all(bus, early), 30)
        await asyncio.wait_for(bus.ping(), 10)
        broker.pause()
        try:
            async with asyncio.timeout(10):
                left = await ledger.publish(bus, late)  # a busy machine stops the broker a moment late
                answers = [await ledger.publish(bus, left) for _ in range(3)]
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(bus.ping(), 0.5)
        finally:
            broker.resume()
        assert left
        assert answers == [left] * 3
        await asyncio.wait_for(ledger.publish_all(bus, left), 30)
        await settles(ledger.has_all)
    assert ledger.confirmed == {*early, *late}


async def test_a_stalled_broker_does_not_hold_up_the_end(broker: RabbitMQ) -> None:
    async with asyncio.timeout(15), RabbitBus.open(broker.url) as bus:
        await bus.subscribe(Ledger().topic.queue, Inbox())
        broker.pause()
    broker.resume()


async def test_a_broker_silent_for_longer_than_the_heartbeats_is_left_and_found_again(broker: RabbitMQ) -> None:
    """aiormq gives the connection up then, by cancelling what waits on it; that must not reach the caller."""
    ledger, ids = Ledger(), [f"id-{number}" for number in range(2000)]
    async with RabbitBus.open(broker.url, publish_timeout_s=1.0, heartbeat_s=1, watch_s=0.5) as bus:
        await bus.subscribe(ledger.topic.queue, ledger.receive)
        broker.pause()
        try:
            publishing = asyncio.create_task(ledger.publish_all(bus, ids))
            await settles(lambda: _lost(bus), 60)
            assert not publishing.done()
        finally:
            broker.resume()
        await asyncio.wait_for(publishing, 60)
        await settles(ledger.has_all, 60)
    assert ledger.confirmed == set(ids)


async def test_a_handler_at_work_when_the_broker_dies_finishes_and_its_message_comes_again(broker: RabbitMQ) -> None:
    started, gate, finished, topic = asyncio.Event(), asyncio.Event(), list[int](), Topic()

    async def work(message: Message) -> None:
        started.set()
        await gate.wait()
        finished.append(message.attempt)

    async with RabbitBus.open(broker.url, publish_timeout_s=1.0, watch_s=0.5) as bus:
        await bus.subscribe(topic.queue, work)
        assert await bus.publish([topic.message()]) == [True]
        await started.wait()
        broker.kill()
        await settles(lambda: _lost(bus))
        await asyncio.to_thread(broker.restart)
        gate.set()
        await settles(lambda: _more(finished, 2), 60)
    assert finished == [1, 1]


async def _more(things: set[str] | list[int], goal: int) -> bool:
    return len(things) >= goal


async def _lost(bus: RabbitBus) -> bool:
    return not bus._consuming.connected.is_set()
