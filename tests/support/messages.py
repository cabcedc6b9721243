"""Queues and messages that no other test uses, and a handler that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from shared.bus import Bus, Message, Queue
from tests.support.waiting import WITHIN_S


class Topic:
    """A queue and an event type that no other test uses."""

    def __init__(self, prefetch: int = 32, delays: tuple[float, ...] = (0.05, 0.1)) -> None:
        self.type = f"test.happened_{uuid4().hex}.v1"
        self.queue = self.another(prefetch, delays)

    def another(self, prefetch: int = 32, delays: tuple[float, ...] = (0.05, 0.1)) -> Queue:
        return Queue(f"test.{uuid4().hex}", (self.type,), prefetch, delays)

    def message(self, body: str = "{}", subject: str = "s-1", traceparent: str = "") -> Message:
        time = "2026-06-01T08:00:00+08:00"
        return Message(uuid4().hex, self.type, "test", subject, time, body.encode(), traceparent)

    def messages(self, count: int) -> list[Message]:
        return [self.message(str(number)) for number in range(count)]


class Inbox:
    """A handler that remembers, and a way to wait for it."""

    def __init__(self, then: Callable[[Message], Awaitable[None]] | None = None) -> None:
        self.got: list[Message] = []
        self._then = then
        self._changed = asyncio.Condition()

    async def __call__(self, message: Message) -> None:
        async with self._changed:
            self.got.append(message)
            self._changed.notify_all()
        if self._then:
            await self._then(message)

    @property
    def bodies(self) -> list[str]:
        return [message.body.decode() for message in self.got]

    async def count(self, number: int) -> list[Message]:
        async with asyncio.timeout(WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: len(self.got) >= number)
        return self.got


@asynccontextmanager
async def consuming(bus: Bus, queue: Queue, handler: Inbox) -> AsyncIterator[None]:
    subscription = await bus.subscribe(queue, handler)
    try:
        yield
    finally:
        await subscription.close()


async def refuse(message: Message) -> None:
    raise ValueError(f"cannot digest {message.subject}")
