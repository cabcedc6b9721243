"""Acknowledge many messages with one frame, never one that is still in hand.

AMQP's `multiple` acknowledges every delivery up to a tag, so it may only reach to just before the oldest
delivery still being handled; what is finished beyond that is acknowledged one by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

MAX_WAIT_S = 0.01


class Acks:
    """The acknowledgements of one channel. `send(tag, multiple)` writes one frame.

    Sent when `every` are finished (half the prefetch, so that deliveries keep coming), else after 10 ms.
    """

    def __init__(self, send: Callable[[int, bool], Awaitable[None]], every: int) -> None:
        self._send = send
        self._every = every
        self._in_hand: dict[int, None] = {}
        self._done: list[int] = []
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._order = asyncio.Lock()

    def taken(self, tag: int) -> None:
        """A delivery has come; tags rise."""
        self._in_hand[tag] = None

    def given_back(self, tag: int) -> None:
        """The caller has rejected this delivery itself."""
        self._in_hand.pop(tag, None)

    def done(self, tag: int) -> None:
        """A delivery is finished and may be acknowledged."""
        del self._in_hand[tag]
        self._done.append(tag)
        if len(self._done) >= self._every:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MAX_WAIT_S, self._start)

    async def flush(self) -> None:
        """Acknowledge all that is finished, and wait until it is written."""
        self._start()
        while self._sending:
            await asyncio.wait(self._sending)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._done:
            done, self._done = self._done, []
            task = asyncio.create_task(self._write(done, next(iter(self._in_hand), None)))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _write(self, done: list[int], oldest: int | None) -> None:
        upto, rest = split(done, oldest)
        # In this order and one writer at a time: a tag that a `multiple` has covered must not be sent again.
        async with self._order:
            if upto is not None:
                await self._send(upto, True)
            for tag in rest:
                await self._send(tag, False)


def split(done: list[int], oldest: int | None) -> tuple[int | None, list[int]]:
    """The tag up to which all may be acknowledged together, and those beyond; `oldest` is still in hand."""
    together = [tag for tag in done if oldest is None or tag < oldest]
    return max(together, default=None), sorted(tag for tag in done if oldest is not None and tag > oldest)
