"""`./baokao bench signup [--rate R] [--seconds S] [--no-inside]`: R requests a second in all; prints Markdown."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median

import aiohttp
import typer
from argon2 import PasswordHasher

from bench.signup import report
from bench.signup.candidate import Timings, World
from bench.signup.load import Process, arrivals, crowd, crowd_inside, distinct, processes
from services.identity.argon import MEMORY_KIB, TIME_COST
from services.vision.check import CheckSettings, check_identity
from shared.files import open_files
from shared.privacy import load_vault
from shared.runtime import open_bus, open_store
from shared.settings import Platform
from shared.workers import Workers
from tests.e2e.people import astronaut_photo
from tests.e2e.product import Product, running_product
from tests.support.specimen import specimen

REQUESTS_EACH = 26
WARM_UP = 6
YARDSTICKS = 21
# More than the longest run can work off, so that vision stays saturated.
JOBS_PER_SECOND = 8
AMQP_PORT_OFFSET = 30


def main(rate: float = 20, seconds: float = 60, inside: bool = True) -> None:
    """Run idle, saturated and (unless told not to) inside the request, against one installation."""
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder), full=True) as product:
        asyncio.run(_measure(product, rate / REQUESTS_EACH, seconds, inside))


async def _measure(product: Product, per_second: float, seconds: float, inside: bool) -> None:
    platform = product.platform.model_copy(
        update={"amqp_url": f"amqp://guest:guest@127.0.0.1:{product.platform.port + AMQP_PORT_OFFSET}/"}
    )
    print(f"One password hash on this machine now: {_yardstick():.0f} ms")
    async with _world(platform) as world:
        await arrivals(world, per_second=2, seconds=WARM_UP / 2, first=90_000)
        idle = await _run(platform, world, "vision idle", per_second, seconds, 0)
        await _saturate(platform, world, seconds)
        busy = await _run(platform, world, "vision saturated", per_second, seconds, 1_000)
        p99 = [_p99(timings) for timings in (idle, busy)]
        print(f"G6 p99 of registration and payment steps: idle {p99[0]:.0f} ms, saturated {p99[1]:.0f} ms", end=" ")
        print(f"(x{p99[1] / p99[0]:.2f})", flush=True)
        if inside:
            slow = await _inside(platform, world, per_second, seconds)
            print(f"inside the request {_p99(slow):.0f} ms (x{_p99(slow) / p99[1]:.1f})")


def _p99(timings: Timings) -> float:
    return 1000 * report.percentile(report.judged(timings), 0.99)


async def _inside(platform: Platform, world: World, per_second: float, seconds: float) -> Timings:
    """The same work done while the candidate waits, the crowd's by the same worker."""
    async with Workers(1) as workers:

        async def inside(card: bytes, portrait: bytes) -> None:
            await workers.run(check_identity, card, None, portrait, CheckSettings(platform.data / "models"))

        inline_world = World(**{**vars(world), "inline": inside})
        others = asyncio.create_task(crowd_inside(world, inside, per_second=JOBS_PER_SECOND, seconds=seconds))
        timings = await _run(platform, inline_world, "the same work inside the request", per_second, seconds, 2_000)
        others.cancel()
    return timings


def _yardstick() -> float:
    """Median milliseconds of one password hash with nothing beside it: how fast the machine is just now."""
    hasher, taken = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1), []
    for _ in range(YARDSTICKS):
        started = time.perf_counter()
        hasher.hash("abcd1234")
        taken.append(1000 * (time.perf_counter() - started))
    return median(taken)


async def _run(platform: Platform, world: World, title: str, per_second: float, seconds: float, first: int) -> Timings:
    timings = Timings()
    supervisor = json.loads((platform.data / "run" / "state.json").read_text())["pid"]
    before: list[Process] = processes(supervisor)
    fresh = World(**{**vars(world), "timings": timings})
    await arrivals(fresh, per_second=per_second, seconds=seconds, first=first + os.getpid() % 7 * 10_000)
    print("\n".join(report.steps(title, timings, seconds)))
    print("\n".join(report.costs(before, processes(supervisor), timings.registered)), flush=True)
    return timings


async def _saturate(platform: Platform, world: World, seconds: float) -> None:
    files = open_files(platform.files_url, platform.data / "files")
    cards = [await files.put(distinct(world.card.jpeg, number)) for number in range(int(seconds * JOBS_PER_SECOND))]
    portrait = await files.put(world.portrait)
    async with open_bus(platform) as bus:
        await crowd(bus, card_keys=cards, portrait_key=portrait)


@asynccontextmanager
async def _world(platform: Platform) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        )
        identity = await stack.enter_async_context(open_store(platform, "identity", ()))
        vault = load_vault(platform.secrets_dir)
        yield World(platform.site, session, identity, vault, specimen(1), astronaut_photo(), Timings())


if __name__ == "__main__":
    typer.run(main)
