"""For those who run the service, on a port that no candidate reaches: health, metrics, dead letters, keys."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.bus import Bus
from shared.store.resealing import Resealing

CHECK_S = 2
ALL = 10_000
Check = Callable[[], Awaitable[None]]


def application(
    checks: Mapping[str, Check],
    bus: Bus,
    queues: Sequence[str],
    resealing: Resealing | None = None,
    remarks: Sequence[str] = (),
) -> web.Application:
    """`checks` are the dependencies that readiness asks, `queues` those whose dead letters can be seen.

    `resealing` is there where something is sealed; `remarks` are told with readiness and do not change it.
    """
    app = web.Application()
    app.router.add_get("/healthz", healthy)
    app.router.add_get("/readyz", partial(ready, checks=checks, remarks=remarks))
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/queues", partial(list_queues, bus=bus, queues=queues))
    app.router.add_post("/queues/{queue}/{message}/replay", partial(replay, bus=bus, queues=queues))
    if resealing:
        app.router.add_get("/keys", partial(keys, bus=bus, queues=queues, resealing=resealing))
        app.router.add_post("/keys/reseal", partial(reseal, resealing=resealing))
    return app


async def healthy(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok")


async def ready(_request: web.Request, *, checks: Mapping[str, Check], remarks: Sequence[str]) -> web.Response:
    """Every dependency by name: ok, or the class of its error; and what else there is to mend."""
    verdicts = {name: await _verdict(check) for name, check in checks.items()}
    told = {"to_mend": list(remarks)} if remarks else {}
    return web.json_response({**verdicts, **told}, status=200 if set(verdicts.values()) <= {"ok"} else 503)


async def metrics(_request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def list_queues(_request: web.Request, *, bus: Bus, queues: Sequence[str]) -> web.Response:
    """Each queue with its backlog and its dead letters; bodies are not shown, they may hold sealed data."""
    return web.json_response({"items": [await _queue(bus, name) for name in queues]})


async def replay(request: web.Request, *, bus: Bus, queues: Sequence[str]) -> web.Response:
    """Put one dead letter back into its queue."""
    queue, message = request.match_info["queue"], request.match_info["message"]
    done = queue in queues and await bus.replay(queue, message)
    return web.Response(status=204 if done else 404)


async def keys(_request: web.Request, *, bus: Bus, queues: Sequence[str], resealing: Resealing) -> web.Response:
    """The key that seals, and how many documents and dead letters need each older one."""
    left = Counter(await resealing.left())
    for name in queues:
        for letter in await bus.dead_letters(name, ALL):
            left.update(resealing.keys_in(letter.message.body.decode(errors="replace")))
    return web.json_response({"current": resealing.current, "left": left})


async def reseal(_request: web.Request, *, resealing: Resealing) -> web.Response:
    """Seal under the newest key what older ones sealed; answers at the end, and may be asked again at any time."""
    return web.json_response({"resealed": await resealing.run()})


async def _queue(bus: Bus, name: str) -> dict[str, object]:
    dead = [
        {
            "id": letter.message.id,
            "type": letter.message.type,
            "time": letter.message.time,
            "reason": letter.reason,
            "traceparent": letter.message.traceparent,
        }
        for letter in await bus.dead_letters(name)
    ]
    return {"queue": name, "depth": await bus.depth(name), "dead": dead}


async def _verdict(check: Check) -> str:
    try:
        await asyncio.wait_for(check(), CHECK_S)
    except Exception as error:
        return type(error).__name__
    return "ok"
