"""What the processes of simulators have in common."""

from __future__ import annotations

import asyncio
import signal

from aiohttp import web


async def terminated() -> None:
    """Wait for SIGTERM. The first process of a container gets it only when it has a handler of its own."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


async def ready(_request: web.Request) -> web.Response:
    """Whoever answers is ready."""
    return web.Response(text="ready")
