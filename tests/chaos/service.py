"""A small service in a process of its own, killed at a named point: producers, relay, consumer, on real adapters.

The points lie in the adapters' subclasses below, so that the code under test is the product's as it is.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiormq

from shared.bus import Bus, Message
from shared.bus.journal import Statement
from shared.bus.local import LocalBus
from shared.bus.rabbitmq import RabbitBus
from shared.consumer import Consumer
from shared.relay import Relay
from shared.store import Document
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import Counted, Tally, counted
from tests.support.waiting import settles

SOURCES = ("a", "b", "c", "d")
EVENTS_EACH = 6
# How often each step is passed at least: the relay and the acknowledgements do many with one.
STEPS = {"write": 20, "publish": 2, "clear": 4, "commit": 20, "ack": 2}
POINTS = tuple(f"{step}.{moment}" for step in STEPS for moment in ("before", "during", "after"))

T = TypeVar("T")


@dataclass
class Trial:
    """Where the service keeps its things, and where it is killed: at the `hit`-th passing of `point`."""

    folder: Path
    amqp_url: str
    queue: str
    point: str = ""
    hit: int = 0

    def pass_(self, point: str) -> None:
        if point == self.point:
            self.hit -= 1
            if self.hit <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async def through(self, step: str, work: Awaitable[T]) -> T:
        """Do one step, with a point before it, one while it is on its way, and one after it."""
        self.pass_(f"{step}.before")
        task = asyncio.ensure_future(work)
        await asyncio.sleep(0)
        self.pass_(f"{step}.during")
        result = await task
        self.pass_(f"{step}.after")
        return result


class KilledStore(SqliteStore):
    """Writes of producers, clearings of the relay (same version), commits of consumers."""

    trial: Trial

    async def replace(self, collection: str, document: Document, *, version: int) -> bool:
        work = super().replace(collection, document, version=version)
        if document["version"] == version:
            return await self.trial.through("clear", work)
        return await self.trial.through("write" if collection == "sources" else "commit", work)


class KilledLocalBus(LocalBus):
    """Points around publishing and around writing down that a message is done."""

    trial: Trial

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        return await self.trial.through("publish", super().publish(messages))

    async def settle(self, queue: str, seq: int, outcome: Statement) -> None:
        await self.trial.through("ack", super().settle(queue, seq, outcome))


class KilledRabbitBus(RabbitBus):
    """Points around publishing and around the acknowledgement's frame."""

    trial: Trial

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        return await self.trial.through("publish", super().publish(messages))

    async def consuming_channel(self) -> aiormq.Channel:
        channel = await super().consuming_channel()
        write = channel.basic_ack

        async def basic_ack(delivery_tag: int, multiple: bool = False, wait: bool = True) -> None:
            await self.trial.through("ack", write(delivery_tag, multiple, wait))

        channel.basic_ack = basic_ack  # type: ignore[method-assign]  # the point lies between us and the socket
        return channel


@asynccontextmanager
async def opened_bus(trial: Trial) -> AsyncIterator[Bus]:
    if trial.amqp_url:
        async with KilledRabbitBus.open(trial.amqp_url) as rabbit:
            rabbit.trial = trial
            yield rabbit
    else:
        async with KilledLocalBus.open(trial.folder / "bus.sqlite") as local:
            local.trial = trial
            yield local


def serve(trial: Trial) -> None:
    """Run the service until all it has acknowledged is done, or until it is killed."""
    asyncio.run(_serve(trial))


async def _serve(trial: Trial) -> None:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(KilledStore.open(trial.folder / "store.sqlite"))
        assert isinstance(store, KilledStore)
        store.trial = trial
        bus = await stack.enter_async_context(opened_bus(trial))
        relay = Relay(bus, store, ["sources"], sweep_s=0.2)
        sources = Repository(store, "sources", Tally, written=relay.ring)
        sinks = Repository(store, "sinks", Tally)
        for name in SOURCES:
            if await store.get("sinks", name) is None:
                await sinks.add(name, Tally(name))
            if await store.get("sources", name) is None:
                await sources.add(name, Tally(name))
        consumer = Consumer(trial.queue, {Counted: CountOn(sinks)}, prefetch=8, retry_delays_s=(0.05, 0.1, 0.2))
        subscription = await bus.subscribe(consumer.queue, consumer.handle)
        async with relay.running():
            await asyncio.gather(*(_produce(trial, sources, name) for name in SOURCES))
            await settles(lambda: _finished(store, bus, trial.queue))
        await subscription.close()


@dataclass
class CountOn:
    """The event handler: the effect that must happen exactly once."""

    sinks: Repository[Tally]

    async def __call__(self, event: Counted) -> None:
        async with self.sinks.edit(event.subject, cause=event) as work:
            work.state.numbers.append(event.number)


async def _produce(trial: Trial, sources: Repository[Tally], name: str) -> None:
    with (trial.folder / f"acknowledged-{name}").open("ab", buffering=0) as acknowledged:
        for number in range(len((await sources.get(name)).numbers), EVENTS_EACH):
            async with sources.edit(name) as work:
                work.state.numbers.append(number)
                work.emit(counted(name, number))
            acknowledged.write(f"{number}\n".encode())


async def _finished(store: SqliteStore, bus: Bus, queue: str) -> bool:
    """Nothing waits in an outbox or in the queue, and every number has arrived."""
    if await store.count("sources", {"pending": True}) or await bus.depth(queue):
        return False
    sinks = [await store.get("sinks", name) for name in SOURCES]
    return all(sink and len(set(sink["numbers"])) == EVENTS_EACH for sink in sinks)
