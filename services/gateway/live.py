"""A fragment of a page sent again each time it changes (server-sent events with heartbeat), until it is final.

The page says with `?seen=` what it shows already: the same again would take a button from under somebody's finger.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp_sse import EventSourceResponse, sse_response

from services.gateway.rendering import SETTINGS

HEARTBEAT_S = 15.0
# The status with which htmx ends polling.
ENOUGH = 286
SLOWER = 1.3


@dataclass(frozen=True)
class Sight:
    """What there is to see now. `mark` changes with it; `final` when nothing more is to come."""

    mark: str
    final: bool
    draw: Callable[[], str]


ENDING = web.AppKey("ending", asyncio.Event)
"""Set when the gateway is told to end: whoever watches comes back to another one, and holds up none that goes."""

Look = Callable[[], Awaitable[Sight]]
Watch = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNATTENDED: set[object] = set()
"""What pages ask for by themselves: it must not keep a session alive whose owner has left (security.md 13)."""


def unattended(watch: Watch) -> Watch:
    """Mark the handler of such a request."""
    UNATTENDED.add(watch)
    return watch


def watchable(app: web.Application) -> None:
    """Have streams, and their end with the application's."""
    app[ENDING] = asyncio.Event()

    async def end(_app: web.Application) -> None:
        app[ENDING].set()

    app.on_shutdown.append(end)


async def stream(request: web.Request, event: str, look: Look) -> web.StreamResponse:
    """Send what `look` sees until it is final. The browser comes back after the time is up."""
    async with sse_response(request, headers={"Cache-Control": "no-store"}, ping_interval=HEARTBEAT_S) as answer:
        # Somebody who goes to another page is not an error.
        with suppress(ConnectionResetError):
            await _send(request, answer, event, look)
    return answer


async def _send(request: web.Request, answer: EventSourceResponse, event: str, look: Look) -> None:
    settings = request.app[SETTINGS]
    deadline = asyncio.get_running_loop().time() + settings.live_for_s
    shown, pause = request.query.get("seen", ""), settings.live_s
    ending = request.app[ENDING]
    while answer.is_connected() and not ending.is_set() and asyncio.get_running_loop().time() < deadline:
        sight = await look()
        if sight.mark != shown:
            await answer.send(sight.draw(), event=event)
            shown = sight.mark
        if sight.final:
            await answer.send("", event="end")
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(ending.wait(), pause)
        pause = min(pause * SLOWER, settings.live_longest_s)
