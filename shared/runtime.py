"""Running services: open the adapters, serve, consume, relay; on SIGTERM stop taking, finish, flush, close."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import structlog
from aiohttp import web

from shared import spans, telemetry
from shared.bus import Bus
from shared.bus.local import LocalBus
from shared.bus.rabbitmq import RabbitBus
from shared.consumer import Consumer
from shared.http import operations
from shared.privacy import Vault
from shared.relay import Relay
from shared.settings import PRIVATE_PORT_OFFSET, Platform
from shared.store import Index, Store
from shared.store.mongo import MongoStore
from shared.store.resealing import Resealing
from shared.store.sqlite import SqliteStore

log = structlog.get_logger()


@dataclass(frozen=True)
class Every:
    """A periodic job. An error is logged and the next turn comes all the same."""

    seconds: float
    job: Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Service:
    """What a service's main.py puts together; `vault` where it keeps anything sealed. `remarks` name what an operator
    has to mend although the service runs: they are logged at the start and stand in the answer of readiness."""

    name: str
    app: web.Application
    store: Store | None = None
    vault: Vault | None = None
    relay: Relay | None = None
    consumers: Sequence[Consumer] = ()
    every: Sequence[Every] = ()
    remarks: Sequence[str] = ()


Factory = Callable[[Platform, Bus], AbstractAsyncContextManager[Service]]


@asynccontextmanager
async def open_bus(platform: Platform) -> AsyncIterator[Bus]:
    """RabbitMQ at `amqp_url`, or the embedded bus kept in the data folder."""
    if platform.amqp_url:
        async with RabbitBus.open(platform.amqp_url) as rabbit:
            yield rabbit
    else:
        async with LocalBus.open(platform.data / "bus.sqlite") as local:
            yield local


@asynccontextmanager
async def open_store(platform: Platform, service: str, indexes: Sequence[Index]) -> AsyncIterator[Store]:
    """The service's own database: MongoDB at `mongo_url`, or one SQLite file in the data folder."""
    if platform.mongo_url:
        database = f"baokao_{service}"
        async with MongoStore.open(platform.mongo_url, database, indexes, platform.mongo_driver) as mongo:
            yield mongo
    else:
        async with SqliteStore.open(platform.data / f"{service}.sqlite", indexes) as sqlite:
            yield sqlite


def main(*factories: Factory) -> None:
    """Run services in this process until SIGTERM or SIGINT."""
    platform = Platform()
    telemetry.set_up_logging(platform.log_level)
    asyncio.run(_until_signal(platform, factories))


async def _until_signal(platform: Platform, factories: Sequence[Factory]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with running(platform, factories):
        # What stands by now stays: without this every full collection looks at 100,000 objects and holds all
        # requests up for 50 to 90 ms.
        gc.freeze()
        await stop.wait()
        log.info("stopping")


@asynccontextmanager
async def running(platform: Platform, factories: Sequence[Factory]) -> AsyncIterator[list[Service]]:
    """Everything up inside the block; in order down after it: HTTP, consumers, jobs, relay, adapters."""
    platform.data.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(spans.exported(platform.otel_endpoint))
        bus = await stack.enter_async_context(open_bus(platform))
        services = [await stack.enter_async_context(factory(platform, bus)) for factory in factories]
        for service in services:
            await stack.enter_async_context(_serving(platform, service, bus))
        log.info("ready", services=[service.name for service in services])
        yield services


@asynccontextmanager
async def _serving(platform: Platform, service: Service, bus: Bus) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for remark in service.remarks:
            log.error("to_mend", service=service.name, remark=remark)
        for consumer in service.consumers:
            await bus.declare(consumer.queue)
        if service.relay:
            await stack.enter_async_context(service.relay.running())
        for every in service.every:
            await stack.enter_async_context(_repeating(service.name, every))
        for consumer in service.consumers:
            subscription = await bus.subscribe(consumer.queue, consumer.handle)
            stack.push_async_callback(subscription.close)
        port = platform.port_of(service.name)
        await stack.enter_async_context(_listening(platform, service.app, port))
        await stack.enter_async_context(_listening(platform, _operations(service, bus), port + PRIVATE_PORT_OFFSET))
        yield


@asynccontextmanager
async def _listening(platform: Platform, app: web.Application, port: int) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=platform.grace_s / 2)
    await runner.setup()
    await web.TCPSite(runner, platform.host, port, reuse_address=True, backlog=1024).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _repeating(service: str, every: Every) -> AsyncIterator[None]:
    async def turns() -> None:
        while True:
            await asyncio.sleep(every.seconds)
            try:
                await every.job()
            except Exception:
                log.exception("job_failed", service=service)

    task = asyncio.create_task(turns())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _operations(service: Service, bus: Bus) -> web.Application:
    checks = {"bus": bus.ping}
    if service.store:
        checks["store"] = service.store.ping
    resealing = Resealing(service.store, service.vault) if service.store and service.vault else None
    queues = [consumer.queue.name for consumer in service.consumers]
    return operations.application(checks, bus, queues, resealing, service.remarks)
