"""The identity service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import partial

import aiohttp

from services.identity import api
from services.identity.argon import Hasher
from services.identity.domain.account import Account
from services.identity.domain.attempts import Attempts
from services.identity.domain.audit import Checkpoint, Entry
from services.identity.domain.captcha import Captcha
from services.identity.domain.codes import Code, Count
from services.identity.domain.corrections import Correction
from services.identity.domain.reset_tickets import ResetTicket, Tries
from services.identity.domain.resets import Reset
from services.identity.domain.session import Session
from services.identity.domain.signon import ROLES, Newcomer, SignOn, StaffRequest
from services.identity.handlers import audit, codes, face_answers, login, portraits, sweeps
from services.identity.handlers.audit import Chain
from services.identity.handlers.deps import Courier, Deps
from services.identity.handlers.faces import Desk
from services.identity.handlers.office import Office
from services.identity.handlers.places import Atlas
from services.identity.handlers.signon import Door
from services.identity.notify import Doorbell, Notify
from services.identity.oidc import load_oidc
from services.identity.registry import Registry
from services.identity.settings import Settings
from services.identity.store import (
    ACCOUNT_SEALED,
    CODE_SEALED,
    CORRECTION_SEALED,
    INDEXES,
    NEWCOMER_SEALED,
    OUTBOXES,
    REQUEST_SEALED,
    RESET_SEALED,
    SESSION_SEALED,
    SIGN_ON_SEALED,
)
from services.identity.wechat import load_wechat
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
from shared.consumer import Consumer
from shared.events.audit import ActionRecorded
from shared.events.registration import PortraitVerified
from shared.events.vision import FaceCheckCompleted
from shared.http import ServiceClient, application
from shared.privacy import Vault, load_vault
from shared.programme.loader import load_programmes
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store import Store
from shared.store.repository import Repository
from shared.tokens import load_tokens


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Open what the service needs and say what it serves."""
    settings = Settings()
    vault, tokens = load_vault(platform.secrets_dir), load_tokens(platform.secrets_dir)
    async with runtime.open_store(platform, "identity", INDEXES) as store, aiohttp.ClientSession() as http:
        with closing(Hasher(settings.hashers)) as hasher, closing(Doorbell()) as bell:
            relay = Relay(bus, store, OUTBOXES)
            notify = ServiceClient(http, platform.url_of("notify"), "notify", tokens)
            registry = Registry(ServiceClient(http, platform.url_of("registration"), "registration", tokens))
            deps = furnish(platform, settings, store, relay, hasher, vault, Notify(notify, vault), bell.ring, registry)
            bell.answer = partial(codes.hand_over, deps=deps, clock=utc_now)
            chain, desk = audit_chain(store, vault), face_desk(platform, settings, store, relay, deps, http)
            door = front_door(platform, settings, store, relay, deps, http)
            corrections = Repository(
                store, "corrections", Correction, vault=vault, sealed=CORRECTION_SEALED, written=relay.ring
            )
            office = Office(deps, registry, corrections)
            await login.seat_nobody(deps=deps, now=utc_now())
            yield Service(
                name="identity",
                app=application("identity", api.routes(deps, chain, desk, door, office), tokens=tokens),
                store=store,
                vault=vault,
                relay=relay,
                consumers=consumers(deps, chain, desk),
                every=[
                    Every(settings.sweep_s, partial(sweeps.forget_expired, deps=deps, clock=utc_now)),
                    Every(settings.codes_s, partial(codes.sweep, deps=deps, clock=utc_now)),
                    Every(settings.faces_s, partial(face_answers.sweep, desk=desk, clock=utc_now)),
                    Every(settings.checkpoint_s, partial(audit.checkpoint, chain=chain, clock=utc_now)),
                ],
            )


def furnish(
    platform: Platform,
    settings: Settings,
    store: Store,
    relay: Relay,
    hasher: Hasher,
    vault: Vault,
    courier: Courier,
    ring: Callable[[str], None],
    atlas: Atlas,
) -> Deps:
    """What the use cases work with."""
    return Deps(
        accounts=Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED, written=relay.ring),
        sessions=Repository(store, "sessions", Session, vault=vault, sealed=SESSION_SEALED),
        captchas=Repository(store, "captchas", Captcha),
        attempts=Repository(store, "attempts", Attempts),
        hasher=hasher,
        vault=vault,
        programmes=load_programmes(platform.programmes),
        codes=Repository(store, "codes", Code, vault=vault, sealed=CODE_SEALED),
        counts=Repository(store, "counts", Count),
        resets=Repository(store, "resets", Reset, vault=vault, sealed=RESET_SEALED),
        courier=courier,
        limits=settings.limits,
        ring=ring,
        atlas=atlas,
        second_roles=second_roles(platform, settings),
        budgets=settings.budgets,
    )


def second_roles(platform: Platform, settings: Settings) -> frozenset[str]:
    """Which staff need a second factor: unless the settings say, everybody, but nobody in the demo."""
    if settings.second_roles is not None:
        return settings.second_roles
    return frozenset() if platform.environment == "demo" else frozenset(ROLES)


def consumers(deps: Deps, chain: Chain, desk: Desk) -> list[Consumer]:
    """Who hears what: verified portraits, answers to face checks, and what is to be kept of who did what."""
    checked = partial(face_answers.on_face_check_completed, desk=desk, clock=utc_now)
    return [
        Consumer("identity.portraits", {PortraitVerified: partial(portraits.on_portrait_verified, deps=deps)}),
        Consumer("identity.faces", {FaceCheckCompleted: checked}),
        # One at a time: each entry waits for the one before it.
        Consumer("identity.audit", {ActionRecorded: partial(audit.append, chain=chain)}, prefetch=1),
    ]


def audit_chain(store: Store, vault: Vault) -> Chain:
    """The log, on the service's own store."""
    return Chain(Repository(store, "audit", Entry), Repository(store, "audit_checkpoints", Checkpoint), vault)


def face_desk(
    platform: Platform, settings: Settings, store: Store, relay: Relay, deps: Deps, http: aiohttp.ClientSession
) -> Desk:
    """Face resets; the simulator plays WeChat in the demo."""
    simulator = platform.simulator if platform.environment == "demo" else ""
    return Desk(
        deps=deps,
        tickets=Repository(store, "tickets", ResetTicket, written=relay.ring),
        tries=Repository(store, "face_tries", Tries),
        wechat=load_wechat(http, platform.secrets_dir / "wechat_login.json", simulator, settings.wechat_url),
        site=platform.site,
    )


def front_door(
    platform: Platform, settings: Settings, store: Store, relay: Relay, deps: Deps, http: aiohttp.ClientSession
) -> Door:
    """Signing on by the government's provider; the simulator plays it in the demo."""
    issuer = f"{platform.simulator}/sign-on" if platform.environment == "demo" else ""
    requests = Repository(
        store, "staff_requests", StaffRequest, vault=deps.vault, sealed=REQUEST_SEALED, written=relay.ring
    )
    return Door(
        deps=deps,
        provider=load_oidc(http, platform.secrets_dir / "oidc.json", issuer, platform.site, settings.sign_on_url),
        sign_ons=Repository(store, "sign_ons", SignOn, vault=deps.vault, sealed=SIGN_ON_SEALED),
        newcomers=Repository(store, "newcomers", Newcomer, vault=deps.vault, sealed=NEWCOMER_SEALED),
        requests=requests,
    )


if __name__ == "__main__":
    runtime.main(service)
