"""The notify service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import structlog

from services.notify import api, handlers
from services.notify.domain import CodeQuota, Contact, Delivery, Tally
from services.notify.outbox import Message, Outbox
from services.notify.settings import Settings
from services.notify.store import CONTACTS, DELIVERIES, INDEXES, OUTBOX, QUOTAS, TALLIES
from shared import runtime
from shared.bus import Bus
from shared.consumer import Consumer, EventHandler
from shared.events import identity, payment, registration
from shared.events.base import Event
from shared.http import application
from shared.privacy import Vault, load_vault
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store import Store
from shared.store.repository import Repository
from shared.tokens import load_tokens

log = structlog.get_logger(__name__)


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Contacts, deliveries and the outbox; no outside channel of messages is connected yet."""
    del bus  # this service tells nobody anything
    settings, vault = Settings(), load_vault(platform.secrets_dir)
    if platform.environment == "production":
        log.warning("messages_go_nowhere", reason="no SMS provider is connected; messages are kept, not sent")
    async with runtime.open_store(platform, "notify", INDEXES) as store:
        desk = furnish(store, vault, settings, utc_now)
        routes = api.routes(api.Api(desk), demo=platform.environment == "demo")
        yield Service(
            name="notify",
            app=application("notify", routes, tokens=load_tokens(platform.secrets_dir)),
            store=store,
            consumers=[Consumer("notify.messages", table(desk))],
            every=[Every(settings.sweep_every_s, partial(handlers.sweep, desk=desk))],
        )


def furnish(store: Store, vault: Vault, settings: Settings, clock: Callable[[], datetime]) -> handlers.Desk:
    """What the handlers work with; phone numbers and texts are sealed at rest."""
    return handlers.Desk(
        contacts=Repository(store, CONTACTS, Contact, vault=vault, sealed=("phone",)),
        deliveries=Repository(store, DELIVERIES, Delivery),
        quotas=Repository(store, QUOTAS, CodeQuota),
        tallies=Repository(store, TALLIES, Tally),
        outbox=Outbox(Repository(store, OUTBOX, Message, vault=vault, sealed=("text",))),
        vault=vault,
        budget=settings.notices_per_day,
        locale=settings.locale,
        clock=clock,
    )


def table(desk: handlers.Desk) -> Mapping[type[Event], EventHandler]:
    """Who handles what."""
    contact, progress = partial(handlers.on_contact, desk=desk), partial(handlers.on_progress, desk=desk)
    return {
        identity.AccountRegistered: contact,
        identity.ContactChanged: contact,
        identity.PasswordChanged: partial(handlers.on_password_changed, desk=desk),
        registration.ApplicationSubmitted: progress,
        registration.ApplicationApproved: progress,
        registration.ApplicationReturned: progress,
        registration.ApplicationReopened: progress,
        registration.IdentityDecided: progress,
        payment.OrderPaid: progress,
        payment.OrderRefunded: progress,
        payment.OrderClosed: progress,
        payment.PaymentExceptionRaised: progress,
    }


def utc_now() -> datetime:
    """The time; a handler is told it."""
    return datetime.now(UTC)


if __name__ == "__main__":
    runtime.main(service)
