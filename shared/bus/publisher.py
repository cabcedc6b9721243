"""Publishing over AMQP with confirms: many on their way at once, never waiting longer than a time-out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiormq import Channel, spec
from aiormq.exceptions import DeliveryError

from shared.bus import Message, wire
from shared.bus.bounded import CLOSE_TIMEOUT_S, bounded

BATCH = 200
PERSISTENT = 2


@dataclass(frozen=True)
class Letter:
    """A message and where to: the exchange and routing key, or "" and a queue's name."""

    message: Message
    exchange: str
    routing_key: str
    reason: str = ""


class Publisher:
    """One confirming channel, opened when needed and again when it was lost."""

    def __init__(self, open_channel: Callable[[], Awaitable[Channel]], timeout_s: float) -> None:
        self._open_channel = open_channel
        self._timeout_s = timeout_s
        self._channel: Channel | None = None
        self._opening = asyncio.Lock()

    async def publish(self, letters: Sequence[Letter]) -> list[bool]:
        """For each letter whether the broker confirmed it. Gives up at the first batch without full answer."""
        confirmed: list[bool] = []
        for start in range(0, len(letters), BATCH):
            answers = await self._publish_batch(letters[start : start + BATCH])
            confirmed += [answer is True for answer in answers]
            if None in answers:
                break
        return confirmed + [False] * (len(letters) - len(confirmed))

    async def _publish_batch(self, letters: Sequence[Letter]) -> list[bool | None]:
        try:
            channel = await bounded(self._opened(), self._timeout_s)
        except Exception:
            return [None] * len(letters)
        tasks = [asyncio.create_task(_send(channel, letter)) for letter in letters]
        try:
            await asyncio.wait(tasks, timeout=self._timeout_s)
        finally:
            answers = [_answer(task) for task in tasks]
        return answers

    async def _opened(self) -> Channel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._open_channel()
            return self._channel

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            with suppress(Exception):
                await bounded(self._channel.close(), CLOSE_TIMEOUT_S)


async def _send(channel: Channel, letter: Letter) -> None:
    # No message_id: aiormq finds a returned message by it, so it must differ between two sendings of one event.
    properties = spec.Basic.Properties(
        content_type="application/json",
        delivery_mode=PERSISTENT,
        headers=wire.to_headers(letter.message, letter.reason),
        app_id=letter.message.source,
    )
    await channel.basic_publish(
        letter.message.body,
        exchange=letter.exchange,
        routing_key=letter.routing_key,
        properties=properties,
        mandatory=True,
        wait=False,
    )


def _answer(task: asyncio.Task[None]) -> bool | None:
    """True: confirmed. False: refused or unroutable. None: unknown, for want of an answer or a connection."""
    if not task.done():
        task.cancel()
        return None
    if task.cancelled():
        return None
    error = task.exception()
    return False if isinstance(error, DeliveryError) else (None if error else True)
