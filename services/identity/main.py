"""The identity service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial

from services.identity import api
from services.identity.argon import Hasher
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.captcha import Captcha
from services.identity.domain.session import Session
from services.identity.handlers import portraits, sweeps
from services.identity.handlers.deps import Deps
from services.identity.settings import Settings
from services.identity.store import ACCOUNT_SEALED, INDEXES, OUTBOXES, SESSION_SEALED
from shared import runtime
from shared.bus import Bus
from shared.consumer import Consumer
from shared.events.registration import PortraitVerified
from shared.http import application
from shared.privacy import load_vault
from shared.programme.loader import load_programmes
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Open what the service needs and say what it serves."""
    settings = Settings()
    vault, tokens = load_vault(platform.secrets_dir), load_tokens(platform.secrets_dir)
    async with runtime.open_store(platform, "identity", INDEXES) as store:
        with closing(Hasher(settings.hashers)) as hasher:
            relay = Relay(bus, store, OUTBOXES)
            deps = Deps(
                accounts=Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED, written=relay.ring),
                sessions=Repository(store, "sessions", Session, vault=vault, sealed=SESSION_SEALED),
                captchas=Repository(store, "captchas", Captcha),
                attempts=Repository(store, "attempts", Attempts),
                hasher=hasher,
                vault=vault,
                programmes=load_programmes(platform.programmes),
            )
            yield Service(
                name="identity",
                app=application("identity", api.routes(deps), tokens=tokens),
                store=store,
                relay=relay,
                consumers=[
                    Consumer(
                        "identity.portraits", {PortraitVerified: partial(portraits.on_portrait_verified, deps=deps)}
                    )
                ],
                every=[Every(settings.sweep_s, partial(sweeps.forget_expired, deps=deps))],
            )


if __name__ == "__main__":
    runtime.main(service)
