"""A consumer on RabbitMQ that stays one: whatever ends it or silently starves it, it subscribes again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import structlog
from aiormq import Channel
from aiormq.abc import DeliveredMessage

from shared.bus import Handler, Queue, wire
from shared.bus.acks import Acks
from shared.bus.bounded import CLOSE_TIMEOUT_S, bounded
from shared.bus.handling import InHand, failure
from shared.bus.publisher import Letter
from shared.bus.topology import next_stop

TIMEOUT_S = 10.0
PAUSE_S = 1.0
STARVED_LOOKS = 2
MAX_RETURNS = 5

WORKER_DIED = f"the worker ended {MAX_RETURNS} times with this message in hand"

log = structlog.get_logger(__name__)


class Broker(Protocol):
    """What a subscription needs of the bus it belongs to."""

    async def declare(self, queue: Queue) -> None:
        """As `Bus.declare`."""

    async def depth(self, queue: str) -> int:
        """As `Bus.depth`."""

    async def consuming_channel(self) -> Channel:
        """A new channel on the consuming connection."""

    async def send(self, letter: Letter) -> bool:
        """Publish one letter; whether it was confirmed."""


@dataclass(frozen=True)
class _Link:
    """One life of the consumer."""

    channel: Channel
    tag: str
    acks: Acks


class RabbitSubscription:
    """See `shared.bus.Subscription`. Looks after itself every `watch_s` seconds, and at once when cut off."""

    def __init__(self, bus: Broker, queue: Queue, handler: Handler, watch_s: float) -> None:
        self._bus = bus
        self._queue = queue
        self._handler = handler
        self._watch_s = watch_s
        self._hand = InHand()
        self._link: _Link | None = None
        self._delivered = 0
        self._starved = 0
        self._stopping = False
        self._nudge = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to consume. Raises when the broker is away or refuses."""
        await bounded(self._attach(), TIMEOUT_S)
        self._watcher = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """Take no more, finish and acknowledge what is in hand, end."""
        if self._stopping:
            return
        self._stopping = True
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait({self._watcher})
        if self._link is not None:
            with suppress(Exception):
                await bounded(self._link.channel.basic_cancel(self._link.tag), CLOSE_TIMEOUT_S)
        await self._hand.empty()
        await self._detach()

    async def _attach(self) -> None:
        await self._bus.declare(self._queue)
        channel = await self._bus.consuming_channel()
        await channel.basic_qos(prefetch_count=self._queue.prefetch)
        acks = Acks(partial(_acknowledge, channel), every=max(1, self._queue.prefetch // 2))
        channel.on_consumer_cancel_callbacks.add(self._cut_off)
        channel.closing.add_done_callback(self._cut_off)
        consumer = await channel.basic_consume(self._queue.name, partial(self._on_delivery, channel, acks))
        self._link = _Link(channel, consumer.consumer_tag or "", acks)
        self._starved = 0

    async def _detach(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(Exception):
                await bounded(link.acks.flush(), CLOSE_TIMEOUT_S)
                await bounded(link.channel.close(), CLOSE_TIMEOUT_S)

    def _cut_off(self, _: object) -> None:
        self._nudge.set()

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.wait(), self._watch_s)
            self._nudge.clear()
            if await self._alive():
                continue
            log.warning("consumer_lost", queue=self._queue.name)
            await self._detach()
            try:
                await bounded(self._attach(), TIMEOUT_S)
            except Exception as error:
                log.warning("consumer_not_back", queue=self._queue.name, error=repr(error))
                await asyncio.sleep(PAUSE_S)
                self._nudge.set()

    async def _alive(self) -> bool:
        """Whether we still consume: the channel knows us, and messages do not lie waiting while we are idle."""
        link = self._link
        if link is None or link.channel.is_closed or link.tag not in link.channel.consumers:
            return False
        before = self._delivered
        try:
            waiting = await self._bus.depth(self._queue.name)
        except Exception:
            return True  # the broker is away as a whole: the heartbeat decides
        starved = waiting > 0 and not self._hand and self._delivered == before
        self._starved = self._starved + 1 if starved else 0
        return self._starved < STARVED_LOOKS

    async def _on_delivery(self, channel: Channel, acks: Acks, delivered: DeliveredMessage) -> None:
        self._delivered += 1
        tag = delivered.delivery_tag or 0
        acks.taken(tag)
        self._hand.start(self._handle(channel, acks, tag, delivered))

    async def _handle(self, channel: Channel, acks: Acks, tag: int, delivered: DeliveredMessage) -> None:
        headers = delivered.header.properties.headers or {}
        message = wire.from_headers(headers, delivered.body)
        # A message that kills its worker never gets as far as to fail: its returns count as one failure together.
        killer = wire.returns(headers) >= MAX_RETURNS
        reason = WORKER_DIED if killer else await failure(self._handler, message, self._queue)
        if reason is None:
            acks.done(tag)
            return
        target, attempt = next_stop(self._queue, message)
        if await self._bus.send(Letter(replace(message, attempt=attempt), "", target, reason)):
            acks.done(tag)
            return
        # Not safely elsewhere, so it stays here: better handled once more than lost.
        await asyncio.sleep(PAUSE_S)
        acks.given_back(tag)
        with suppress(Exception):
            await channel.basic_nack(tag, requeue=True, wait=False)


async def _acknowledge(channel: Channel, tag: int, multiple: bool) -> None:
    # On a channel that is gone the broker delivers again by itself.
    with suppress(Exception):
        await channel.basic_ack(tag, multiple=multiple, wait=False)
