"""RabbitMQ (3.10 or later) through aio-pika: quorum queues, delays by time-to-live, dead letters of our own.

Publishing and consuming have a connection each, so that the broker's flow control of publishers never stops
acknowledgements. aio-pika keeps the connections; channels are opened again by who uses them, so that nothing is
restored behind anybody's back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Self, cast

from aio_pika import RobustConnection
from aio_pika.connection import make_url
from aiormq import Channel, spec
from aiormq.abc import DeliveredMessage
from yarl import URL

from shared.bus import DeadLetter, Handler, Message, Queue, topology, wire
from shared.bus.bounded import CLOSE_TIMEOUT_S, bounded
from shared.bus.publisher import Letter, Publisher
from shared.bus.subscription import RabbitSubscription
from shared.bus.topology import EXCHANGE

RECONNECT_S = 1
ADMIN_TIMEOUT_S = 10.0


class RabbitBus:
    """See `shared.bus.Bus`."""

    def __init__(
        self, publishing: RobustConnection, consuming: RobustConnection, publish_timeout_s: float, watch_s: float
    ) -> None:
        self._publishing = publishing
        self._consuming = consuming
        self._publisher = Publisher(self._publishing_channel, publish_timeout_s)
        self._watch_s = watch_s
        self._subscriptions: list[RabbitSubscription] = []
        self._looking = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str,
        *,
        name: str = "baokao",
        publish_timeout_s: float = 5.0,
        start_timeout_s: float = 30.0,
        watch_s: float = 5.0,
        heartbeat_s: int = 10,
    ) -> AsyncIterator[Self]:
        """Connect, waiting up to `start_timeout_s` for a broker that is just starting, else `TimeoutError`.

        `name` is shown in the broker's lists; `publish_timeout_s` bounds each batch, `watch_s` is how often a
        consumer is looked after; a silent connection is given up after about three heartbeats. Closes on
        leaving.
        """
        address = make_url(url, heartbeat=heartbeat_s, reconnect_interval=RECONNECT_S, fail_fast=False)
        async with (
            _connected(address, f"{name} publishing", start_timeout_s) as publishing,
            _connected(address, f"{name} consuming", start_timeout_s) as consuming,
        ):
            bus = cls(publishing, consuming, publish_timeout_s, watch_s)
            try:
                yield bus
            finally:
                await bus.close()

    async def close(self) -> None:
        """Take no more, finish and acknowledge what is in hand."""
        subscriptions, self._subscriptions = self._subscriptions, []
        await asyncio.gather(*(subscription.close() for subscription in subscriptions))
        await self._publisher.close()

    async def declare(self, queue: Queue) -> None:
        """Make the queue, its delay queues and its dead-letter queue exist."""
        await bounded(self._declare(queue), ADMIN_TIMEOUT_S)

    async def publish(self, messages: Sequence[Message]) -> list[bool]:
        """Publish with confirms, in batches with a time-out each."""
        return await self._publisher.publish([Letter(message, EXCHANGE, message.type) for message in messages])

    async def send(self, letter: Letter) -> bool:
        """Publish one letter; whether it was confirmed."""
        return (await self._publisher.publish([letter]))[0]

    async def subscribe(self, queue: Queue, handler: Handler) -> RabbitSubscription:
        """Consume. Raises when the broker is away now; later it may go and come as it likes."""
        subscription = RabbitSubscription(self, queue, handler, self._watch_s)
        await subscription.start()
        self._subscriptions.append(subscription)
        return subscription

    async def depth(self, queue: str) -> int:
        """Messages that are ready, not those in hand."""
        return await bounded(self._depth(queue), ADMIN_TIMEOUT_S)

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest dead letters."""
        async with self._looking:
            return await bounded(self._dead_letters(queue, limit), ADMIN_TIMEOUT_S)

    async def replay(self, queue: str, message_id: str) -> bool:
        """Put one dead letter back. False also when the broker did not confirm it; then it is still dead."""
        async with self._looking:
            return await bounded(self._replay(queue, message_id), ADMIN_TIMEOUT_S)

    async def ping(self) -> None:
        """Raise when the broker cannot answer."""
        await bounded(self._ping(), ADMIN_TIMEOUT_S)

    async def consuming_channel(self) -> Channel:
        """A new channel for one consumer."""
        return await _channel(self._consuming, confirms=False)

    async def _publishing_channel(self) -> Channel:
        channel = await _channel(self._publishing, confirms=True)
        await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        return channel

    async def _declare(self, queue: Queue) -> None:
        async with _passing(self._consuming) as channel:
            await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
            for name, arguments in topology.queues(queue):
                await channel.queue_declare(name, durable=True, arguments=arguments)
            for event_type in queue.types:
                await channel.queue_bind(queue.name, EXCHANGE, routing_key=event_type)

    async def _depth(self, queue: str) -> int:
        async with _passing(self._consuming) as channel:
            return (await channel.queue_declare(queue, passive=True)).message_count or 0

    async def _ping(self) -> None:
        async with _passing(self._publishing):
            return

    async def _dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        # Taken without acknowledgement: closing the channel puts them all back.
        async with _passing(self._consuming) as channel:
            found: list[DeadLetter] = []
            while len(found) < limit and (got := await _get(channel, topology.dead(queue))):
                found.append(DeadLetter(_message(got), queue, wire.reason(_headers(got))))
            return found

    async def _replay(self, queue: str, message_id: str) -> bool:
        async with _passing(self._consuming) as channel:
            while got := await _get(channel, topology.dead(queue)):
                message = _message(got)
                if message.id == message_id and got.delivery_tag:
                    confirmed = await self.send(Letter(replace(message, attempt=1), "", queue))
                    if confirmed:
                        await channel.basic_ack(got.delivery_tag)
                    return confirmed
            return False


@asynccontextmanager
async def _connected(address: URL, name: str, timeout_s: float) -> AsyncIterator[RobustConnection]:
    connection = RobustConnection(address, client_properties={"connection_name": name})
    try:
        await bounded(connection.connect(timeout=ADMIN_TIMEOUT_S), timeout_s)
        yield connection
    finally:
        with suppress(Exception):
            await bounded(connection.close(), CLOSE_TIMEOUT_S)


async def _channel(connection: RobustConnection, *, confirms: bool) -> Channel:
    await connection.ready()
    if connection.transport is None:
        raise ConnectionError("the connection to the broker was closed")
    channel = await connection.transport.connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    return cast(Channel, channel)


@asynccontextmanager
async def _passing(connection: RobustConnection) -> AsyncIterator[Channel]:
    """A channel for one errand: an error of the broker closes the channel, and must not close another's."""
    channel = await _channel(connection, confirms=False)
    try:
        yield channel
    finally:
        await channel.close()


async def _get(channel: Channel, queue: str) -> DeliveredMessage | None:
    got = await channel.basic_get(queue)
    return got if isinstance(got.delivery, spec.Basic.GetOk) else None


def _headers(got: DeliveredMessage) -> Mapping[str, object]:
    return got.header.properties.headers or {}


def _message(got: DeliveredMessage) -> Message:
    return wire.from_headers(_headers(got), got.body)
