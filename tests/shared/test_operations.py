"""What those who run a service see: readiness per dependency, metrics, dead letters and their replay."""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from shared.bus import Message, Queue
from shared.bus.local import LocalBus
from shared.http.operations import application

QUEUE = Queue("probe.work", ("probe.happened.v1",), retry_delays_s=())


async def broken() -> None:
    raise ConnectionError


async def fine() -> None:
    return


async def test_readiness_names_the_dependency_that_is_away() -> None:
    async with LocalBus.open(":memory:") as bus:
        app = application({"store": broken, "bus": fine}, bus, [])
        async with TestServer(app) as server, ClientSession(server.make_url("")) as session:
            async with session.get("/readyz") as answer:
                assert answer.status == 503
                assert await answer.json() == {"store": "ConnectionError", "bus": "ok"}
            async with session.get("/metrics") as answer:
                assert "baokao_http_seconds" in await answer.text()


async def test_readiness_tells_what_to_mend_and_is_ready_all_the_same() -> None:
    async with LocalBus.open(":memory:") as bus:
        app = application({"bus": fine}, bus, [], remarks=["a.json lacks b"])
        async with TestServer(app) as server, ClientSession(server.make_url("")) as session:
            async with session.get("/readyz") as answer:
                assert (answer.status, await answer.json()) == (200, {"bus": "ok", "to_mend": ["a.json lacks b"]})


async def test_a_dead_letter_is_seen_with_its_reason_and_replayed_once_the_fault_is_mended() -> None:
    mended, handled = asyncio.Event(), asyncio.Event()

    async def handle(_message: Message) -> None:
        if not mended.is_set():
            raise ValueError("the form has no school")
        handled.set()

    async with LocalBus.open(":memory:") as bus:
        await bus.declare(QUEUE)
        subscription = await bus.subscribe(QUEUE, handle)
        await bus.publish([Message("m1", "probe.happened.v1", "probe", "s1", "2026-01-01T00:00:00Z", b"{}")])
        app = application({}, bus, [QUEUE.name])
        async with TestServer(app) as server, ClientSession(server.make_url("")) as session:
            dead = await _dead(session)
            assert (dead["id"], dead["type"]) == ("m1", "probe.happened.v1")
            assert "the form has no school" in dead["reason"]
            mended.set()
            async with session.post("/queues/probe.work/m1/replay") as answer:
                assert answer.status == 204
            await asyncio.wait_for(handled.wait(), 5)
            async with session.post("/queues/other/m1/replay") as answer:
                assert answer.status == 404
        await subscription.close()


async def _dead(session: ClientSession) -> dict[str, str]:
    async with asyncio.timeout(10):
        while True:
            async with session.get("/queues") as answer:
                (queue,) = (await answer.json())["items"]
            if queue["dead"]:
                found: dict[str, str] = queue["dead"][0]
                return found
            await asyncio.sleep(0)
