"""`./baokao bench bus`: what batched confirms and acknowledging in multiples are worth (goal G7).

One RabbitMQ node on this machine, quorum queue, persistent messages with a body of 600 bytes, the same headers on
both sides. The plain side is the client library used plainly, each publish and each acknowledgement awaited; ours
is the product's bus as services use it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import aiormq
from aiormq.abc import DeliveredMessage

from bench.rounds import Side, compare
from deploy.local.rabbitmq import RabbitMQ
from shared.bus import Message, Queue, wire
from shared.bus.rabbitmq import RabbitBus
from shared.bus.topology import EXCHANGE

PUBLISH_GOAL, ACK_GOAL = 4.0, 1.5
PUBLISHES, DELIVERIES = 2000, 5000
TYPE = "bench.happened.v1"
QUEUE = Queue("bench.queue", (TYPE,), 100)


def message() -> Message:
    """A new event of the usual size."""
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    return Message(uuid4().hex, TYPE, "bench", uuid4().hex, "2026-06-01T08:00:00+08:00", b"x" * 600, trace)


class Countdown:
    """A handler that does nothing but count."""

    def __init__(self, count: int) -> None:
        self._left = count
        self.done = asyncio.Event()

    async def __call__(self, _message: Message) -> None:
        self._left -= 1
        if not self._left:
            self.done.set()


@dataclass
class Bench:
    """Both ways on one broker."""

    bus: RabbitBus
    connection: aiormq.abc.AbstractConnection
    channel: aiormq.abc.AbstractChannel

    async def empty(self) -> None:
        await self.channel.queue_purge(QUEUE.name)

    async def fill(self, count: int) -> None:
        await self.empty()
        await self.publish_in_batches(count)

    async def publish_each_awaited(self, count: int) -> None:
        for _ in range(count):
            one = message()
            properties = aiormq.spec.Basic.Properties(
                content_type="application/json", delivery_mode=2, headers=wire.to_headers(one), app_id=one.source
            )
            await self.channel.basic_publish(
                one.body, exchange=EXCHANGE, routing_key=one.type, properties=properties, mandatory=True
            )

    async def publish_in_batches(self, count: int) -> None:
        assert all(await self.bus.publish([message() for _ in range(count)]))

    async def ack_each_awaited(self, count: int) -> None:
        handler = Countdown(count)
        channel = await self.connection.channel(publisher_confirms=False)
        await channel.basic_qos(prefetch_count=QUEUE.prefetch)

        async def on_delivery(got: DeliveredMessage) -> None:
            await handler(wire.from_headers(got.header.properties.headers or {}, got.body))
            await channel.basic_ack(got.delivery_tag or 0)

        await channel.basic_consume(QUEUE.name, on_delivery)
        await handler.done.wait()
        await channel.close()

    async def ack_in_multiples(self, count: int) -> None:
        handler = Countdown(count)
        subscription = await self.bus.subscribe(QUEUE, handler)
        await handler.done.wait()
        await subscription.close()


async def run(url: str, rounds: int) -> bool:
    """Both comparisons; whether both goals are reached."""
    connection = await aiormq.connect(url)
    async with RabbitBus.open(url, publish_timeout_s=30.0) as bus:
        await bus.declare(QUEUE)
        bench = Bench(bus, connection, await connection.channel(on_return_raises=True))
        few, many = PUBLISHES // 4, PUBLISHES
        reached = await contest(
            "confirmed persistent publishing",
            Side("bus.publish, confirms in batches", partial(bench.publish_in_batches, many), many, bench.empty),
            Side("await each publish", partial(bench.publish_each_awaited, few), few, bench.empty),
            PUBLISH_GOAL,
            rounds,
        )
        each = DELIVERIES
        filled = partial(bench.fill, each)
        reached &= await contest(
            "consuming with acknowledgement, prefetch 100",
            Side("bus.subscribe, acknowledging in multiples", partial(bench.ack_in_multiples, each), each, filled),
            Side("await each acknowledgement", partial(bench.ack_each_awaited, each), each, filled),
            ACK_GOAL,
            rounds,
        )
    await connection.close()
    return reached


async def contest(title: str, ours: Side, peer: Side, goal: float, rounds: int) -> bool:
    """Compare two ways and print it; whether the ratio reaches the goal."""
    measured = await compare(ours, peer, rounds, by="wall")
    print(f"\n{title}")
    for side in (peer, ours):
        rates = [1 / cost.wall for cost in side.costs]
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(
            f"  {side.name:<46} {1 / side.typical.wall:>8,.0f} /s ({spread}), {side.typical.cpu * 1e6:4.0f} us CPU each"
        )
    verdict = "reached" if measured.ratio >= goal else "missed"
    print(f"  ratio {measured.ratio:.2f} ({measured.lowest:.2f} to {measured.highest:.2f}), goal {goal:g}: {verdict}")
    return measured.ratio >= goal


def main() -> None:
    """Start a broker, measure, print."""
    arguments = argparse.ArgumentParser(prog="./baokao bench bus", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, RabbitMQ(Path(folder) / "rabbitmq") as broker:
        reached = asyncio.run(run(broker.url, rounds))
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
