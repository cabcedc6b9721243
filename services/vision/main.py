"""The vision service put together: two lanes into one set of worker processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

from services.vision import conclusions, handlers, metrics, networks, resets
from services.vision.check import CheckSettings
from services.vision.domain import IdentityReport
from services.vision.handlers import Answered, Pictures
from services.vision.pool import Pool
from services.vision.selfie import FaceAnswer
from services.vision.settings import Settings
from services.vision.store import INDEXES, OUTBOXES
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
from shared.consumer import Consumer, EventHandler
from shared.events.base import Event
from shared.events.identity import FaceCheckRequested
from shared.events.registration import IdentityCheckRequested, UrgentIdentityCheckRequested
from shared.files import open_files
from shared.http import application
from shared.privacy import load_vault
from shared.programme.days import day_of
from shared.programme.loader import load_programmes
from shared.programme.model import Programme
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens

FORGET_EVERY_S = 600


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Open what the service needs and say what it serves."""
    settings = Settings()
    after = timedelta(hours=settings.forget_after_hours)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(runtime.open_store(platform, "vision", INDEXES))
        relay = Relay(bus, store, OUTBOXES)
        answered = Repository(store, "answered", Answered, written=relay.ring)
        demands, consumers = CheckSettings(settings.folder(platform)), []
        if settings.batch:
            shared = networks.running(demands.models, settings.batch, settings.batch_ms / 1000)
            demands = replace(demands, networks=await stack.enter_async_context(shared))
        opening = (stack.enter_async_context(open_pool(lane, demands, settings)) for lane in settings.lanes)
        for lane, pool in zip(settings.lanes, await asyncio.gather(*opening), strict=True):
            table = handlers_of(lane, pool, demands, platform, answered)
            # A lane holds only what its workers can begin: the rest waits where every replica can take it.
            consumers.append(Consumer(f"vision.{lane}", table, prefetch=pool.workers))
        yield Service(
            name="vision",
            app=application("vision", [], tokens=load_tokens(platform.secrets_dir)),
            store=store,
            vault=load_vault(platform.secrets_dir),
            relay=relay,
            consumers=consumers,
            every=[Every(FORGET_EVERY_S, partial(handlers.forget, answered=answered, after=after, clock=utc_now))],
        )


def open_pool(lane: str, demands: CheckSettings, settings: Settings) -> Pool:
    """The lane's own worker processes: a job that has begun is not stopped for somebody who waits."""
    opened = partial(Pool, folder=demands.models, networks=demands.networks, seconds=settings.check_s)
    if lane == "interactive":
        return opened(settings.interactive_workers)
    return opened(settings.bulk_workers, yields=settings.yields)


def handlers_of(
    lane: str, pool: Pool, demands: CheckSettings, platform: Platform, answered: Repository[Answered]
) -> dict[type[Event], EventHandler]:
    """What a lane listens to."""
    programmes = load_programmes(platform.programmes)
    files = open_files(platform.files_url, platform.data / "files")
    identity_check = partial(
        handlers.answer_identity_check,
        answered=answered,
        files=files,
        inspect=partial(inspect, pool, demands),
        vault=load_vault(platform.secrets_dir),
        programmes=programmes,
        clock=utc_now,
    )
    if lane == "signup":
        return {IdentityCheckRequested: identity_check}
    face_check = partial(
        resets.answer_face_check,
        answered=answered,
        files=files,
        compare=partial(compare, pool, demands),
        programmes=programmes,
        clock=utc_now,
    )
    return {UrgentIdentityCheckRequested: identity_check, FaceCheckRequested: face_check}


async def inspect(pool: Pool, settings: CheckSettings, pictures: Pictures, programme: Programme) -> IdentityReport:
    """Look at the pictures by the programme's demands, and count what is seen."""
    rules = programme.identity_check
    demands = replace(settings, bands=rules.face, portrait=rules.portrait, today=day_of(utc_now()))
    report = await pool.check(pictures.card, pictures.card_back, pictures.portrait, demands)
    outcome, reasons = conclusions.conclude(report, portrait_expected=pictures.portrait is not None)
    metrics.told(outcome, reasons, conclusions.verdicts(report))
    return report


async def compare(
    pool: Pool, settings: CheckSettings, portrait: bytes | None, photo: bytes, minor: bool, programme: Programme
) -> FaceAnswer:
    """Compare by the programme's bands."""
    rules = programme.identity_check
    return await pool.compare(portrait, photo, minor, replace(settings, bands=rules.face, portrait=rules.portrait))


if __name__ == "__main__":
    runtime.main(service)
