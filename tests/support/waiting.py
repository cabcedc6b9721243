"""Wait for a fact with a deadline, where nothing announces it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

WITHIN_S = 20.0


async def settles(fact: Callable[[], Awaitable[bool]], within_s: float = WITHIN_S) -> bool:
    """True once the fact holds; raises `TimeoutError` when it does not in time."""
    async with asyncio.timeout(within_s):
        while not await fact():  # noqa: ASYNC110 - what a server holds can only be asked for
            await asyncio.sleep(0.02)
    return True
