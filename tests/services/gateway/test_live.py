"""Live parts: nothing is sent that the page shows already, every change is, and the end is told."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from services.gateway import formats, live
from services.gateway.rendering import SETTINGS
from services.gateway.settings import Settings
from tests.support.waiting import WITHIN_S


def served(look: live.Look) -> web.Application:
    """A page's part alone."""

    async def events(request: web.Request) -> web.StreamResponse:
        return await live.stream(request, "part", look)

    app = web.Application()
    app[SETTINGS] = Settings(live_s=0.001)
    live.watchable(app)
    app.router.add_get("/events", events)
    return app


async def told(states: list[str], seen: str) -> str:
    """All that is sent while something goes through these states; the last one is final."""
    left = iter(states)

    async def look() -> live.Sight:
        state = next(left)
        return live.Sight(formats.mark(state), state == states[-1], lambda: f"<p>{state}</p>")

    async with TestClient(TestServer(served(look))) as client:
        return await (await client.get("/events", params={"seen": seen})).text()


async def test_what_the_page_shows_already_is_not_sent_again() -> None:
    text = await told(["waiting", "waiting", "paid"], formats.mark("waiting"))
    assert "waiting" not in text
    assert text.count("<p>paid</p>") == 1


async def test_every_change_is_sent_once_and_the_end_is_told() -> None:
    text = await told(["a", "a", "b", "b", "c"], "")
    assert [line for line in text.splitlines() if line.startswith("data: <p>")] == [
        "data: <p>a</p>",
        "data: <p>b</p>",
        "data: <p>c</p>",
    ]
    assert text.count("event: end") == 1


async def test_who_watches_holds_up_no_gateway_that_goes() -> None:
    async def look() -> live.Sight:
        return live.Sight("waiting", False, lambda: "<p>waiting</p>")

    async with TestServer(served(look)) as server, ClientSession() as session:
        answer = await session.get(server.make_url("/events"))
        assert b"waiting" in await answer.content.readuntil(b"</p>")
        async with asyncio.timeout(WITHIN_S):
            await server.close()
        assert b"waiting" not in await answer.content.read()


@pytest.mark.parametrize("state", [None, ["awaiting_payment", "weixin://x"], {"b": 1, "a": [1, 2]}])
def test_a_mark_is_the_same_for_the_same_state_only(state: object) -> None:
    assert formats.mark(state) == formats.mark(state)
    assert formats.mark(state) != formats.mark([state])
