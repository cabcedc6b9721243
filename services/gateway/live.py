"""A fragment of a page sent again each time it changes (server-sent events with heartbeat), until it is final."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from services.gateway.rendering import SETTINGS

HEARTBEAT_S = 15.0
SLOWER = 1.3
Look = Callable[[], Awaitable[tuple[str, bool]]]


async def stream(request: web.Request, event: str, look: Look) -> web.StreamResponse:
    """`look` gives the fragment and whether more is to come. The browser comes back after the time is up."""
    async with sse_response(request, headers={"Cache-Control": "no-store"}, ping_interval=HEARTBEAT_S) as answer:
        # Somebody who goes to another page is not an error.
        with suppress(ConnectionResetError):
            await _send(request, answer, event, look)
    return answer


async def _send(request: web.Request, answer: EventSourceResponse, event: str, look: Look) -> None:
    settings = request.app[SETTINGS]
    deadline = asyncio.get_running_loop().time() + settings.live_for_s
    shown, pause = "", settings.live_s
    while answer.is_connected() and asyncio.get_running_loop().time() < deadline:
        text, more = await look()
        if text != shown:
            await answer.send(text, event=event)
            shown = text
        if not more:
            await answer.send("", event="end")
            return
        await asyncio.sleep(pause)
        pause = min(pause * SLOWER, settings.live_longest_s)
