"""The vision service put together: two lanes into one set of worker processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from services.vision import handlers
from services.vision.check import CheckSettings
from services.vision.domain import IdentityReport
from services.vision.handlers import Answered, Pictures
from services.vision.pool import Pool
from services.vision.settings import Settings
from services.vision.store import INDEXES, OUTBOXES
from shared import runtime
from shared.bus import Bus
from shared.consumer import Consumer
from shared.events.registration import IdentityCheckRequested, UrgentIdentityCheckRequested
from shared.files import open_files
from shared.http import application
from shared.privacy import load_vault
from shared.programme.loader import load_programmes
from shared.programme.model import Programme
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens

LANES = {"signup": IdentityCheckRequested, "interactive": UrgentIdentityCheckRequested}


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Open what the service needs and say what it serves."""
    settings = Settings()
    folder = platform.data / "models"
    async with (
        runtime.open_store(platform, "vision", INDEXES) as store,
        Pool(settings.workers, folder, seconds=settings.check_s) as pool,
    ):
        relay = Relay(bus, store, OUTBOXES)
        answered = Repository(store, "answered", Answered, written=relay.ring)
        answer = partial(
            handlers.answer_identity_check,
            answered=answered,
            files=open_files(platform.files_url, platform.data / "files"),
            inspect=partial(inspect, pool, CheckSettings(folder)),
            vault=load_vault(platform.secrets_dir),
            programmes=load_programmes(platform.programmes),
            clock=now,
        )
        after = timedelta(hours=settings.forget_after_hours)
        yield Service(
            name="vision",
            app=application("vision", [], tokens=load_tokens(platform.secrets_dir)),
            store=store,
            relay=relay,
            # A lane holds only what the workers can begin, so that one lane's crowd never stands before the other.
            consumers=[
                Consumer(f"vision.{lane}", {LANES[lane]: answer}, prefetch=settings.workers) for lane in settings.lanes
            ],
            every=[Every(3600, partial(handlers.forget, answered=answered, after=after, clock=now))],
        )


async def inspect(pool: Pool, settings: CheckSettings, pictures: Pictures, programme: Programme) -> IdentityReport:
    """Look at the pictures by the programme's demands."""
    rules = programme.identity_check
    demands = replace(settings, bands=rules.face, portrait=rules.portrait, today=now().date())
    return await pool.check(pictures.card, pictures.card_back, pictures.portrait, demands)


if __name__ == "__main__":
    runtime.main(service)
