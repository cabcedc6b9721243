"""The registration service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from services.registration.api import candidate, staff
from services.registration.api.candidate import Api
from services.registration.domain.application import Application
from services.registration.handlers import events
from services.registration.handlers.deps import Deps
from services.registration.reference.api import reference_routes
from services.registration.reference.lookups import IMPORTS, Reference
from services.registration.reference.lookups import INDEXES as REFERENCE_INDEXES
from services.registration.settings import Settings
from services.registration.store import APPLICATIONS, INDEXES, OUTBOXES, SEALED
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
from shared.consumer import Consumer
from shared.events.base import Event
from shared.events.payment import OrderClosed, OrderCreated, OrderPaid, OrderRefunded
from shared.events.vision import IdentityCheckCompleted
from shared.http import application
from shared.privacy import load_vault
from shared.programme.loader import load_programmes
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens

ALL_INDEXES = (*INDEXES, *REFERENCE_INDEXES)


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Applications and their reference data, what others tell of them, and the sweep over what is overdue."""
    settings = Settings()
    vault, tokens = load_vault(platform.secrets_dir), load_tokens(platform.secrets_dir)
    async with runtime.open_store(platform, "registration", ALL_INDEXES) as store:
        relay = Relay(bus, store, (*OUTBOXES, IMPORTS))
        deps = Deps(
            applications=Repository(store, APPLICATIONS, Application, vault=vault, sealed=SEALED, written=relay.ring),
            reference=Reference(store, vault, relay.ring, settings.person_s),
            vault=vault,
            programmes=load_programmes(platform.programmes),
        )
        api = Api(deps, tokens)
        yield Service(
            name="registration",
            app=application(
                "registration",
                [
                    *candidate.routes(api),
                    *staff.routes(api),
                    *reference_routes(deps.reference, deps.programmes),
                ],
                tokens=tokens,
            ),
            store=store,
            vault=vault,
            relay=relay,
            consumers=consumers(deps),
            every=[Every(settings.sweep_s, partial(events.sweep, deps=deps, clock=utc_now))],
        )


def consumers(deps: Deps) -> list[Consumer]:
    """Who hears what: vision's answers, and payment's orders."""
    checked = partial(events.on_identity_check_completed, deps=deps, clock=utc_now)
    kinds: tuple[type[Event], ...] = (OrderCreated, OrderPaid, OrderRefunded, OrderClosed)
    return [
        Consumer("registration.identity", {IdentityCheckCompleted: checked}),
        Consumer("registration.payment", dict.fromkeys(kinds, partial(events.on_order, deps=deps))),
    ]


if __name__ == "__main__":
    runtime.main(service)
