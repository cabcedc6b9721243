"""The payment service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import aiohttp
import structlog

from services.payment import api, bills, handlers, reconcile
from services.payment.bills import Bill
from services.payment.channels import Channel, Onsite
from services.payment.domain.order import Order
from services.payment.settings import Settings
from services.payment.store import BILLS, COLLECTIONS, INDEXES, ORDERS, SEALED
from services.payment.wechat import WechatPay
from services.payment.wechat_keys import load_keys
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
from shared.consumer import Consumer, EventHandler
from shared.events.base import Event
from shared.events.registration import ApplicationSubmitted, ApplicationWithdrawn
from shared.http import application
from shared.idempotency import INDEXES as IDEMPOTENCY_INDEXES
from shared.idempotency import Idempotency
from shared.privacy import load_vault
from shared.programme.loader import load_programmes
from shared.relay import Relay
from shared.runtime import Every, Service
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens

log = structlog.get_logger(__name__)

GATEWAY = "https://api.mch.weixin.qq.com"


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Orders, their channels, and the sweep that brings both sides into line."""
    settings, programmes = Settings(), load_programmes(platform.programmes)
    async with (
        runtime.open_store(platform, "payment", (*INDEXES, *IDEMPOTENCY_INDEXES)) as store,
        aiohttp.ClientSession() as http,
    ):
        relay = Relay(bus, store, COLLECTIONS)
        vault = load_vault(platform.secrets_dir)
        orders = Repository(store, ORDERS, Order, vault=vault, sealed=SEALED, written=relay.ring)
        compared = Repository(store, BILLS, Bill)
        tokens = load_tokens(platform.secrets_dir)
        idempotency = Idempotency(store, vault=vault)
        wechat = wechat_pay(platform, settings, http)
        channels: dict[str, Channel] = {"onsite": Onsite()}
        if wechat:
            channels["wechat"] = wechat
        life = timedelta(minutes=settings.code_minutes)
        served = api.Api(orders, channels, wechat, compared, programmes, life, tokens)
        events: dict[type[Event], EventHandler] = {
            ApplicationSubmitted: partial(handlers.on_submitted, orders=orders, programmes=programmes, clock=utc_now),
            ApplicationWithdrawn: partial(handlers.on_withdrawn, orders=orders, programmes=programmes, clock=utc_now),
        }
        compare = partial(bills.compare, bills=compared, orders=orders, channels=channels, clock=utc_now)
        sweep = partial(reconcile.sweep, orders=orders, channels=channels, clock=utc_now)
        yield Service(
            name="payment",
            app=application("payment", api.routes(served), tokens=tokens, idempotency=idempotency),
            store=store,
            vault=vault,
            relay=relay,
            consumers=[Consumer("payment.orders", events)],
            every=[Every(settings.sweep_every_s, sweep), Every(1800, compare), Every(60, idempotency.sweep)],
        )


def wechat_pay(platform: Platform, settings: Settings, http: aiohttp.ClientSession) -> WechatPay | None:
    """WeChat Pay, when the merchant's secrets are there; the simulator plays the provider in the demo."""
    folder = platform.secrets_dir / "wechat"
    if not (folder / "merchant.json").exists():
        log.warning("wechat_pay_is_off", reason="no merchant.json among the secrets")
        return None
    simulator = platform.simulator if platform.environment == "demo" else ""
    base_url = settings.wechat_url or simulator or GATEWAY
    notify_url = f"{platform.site}/callbacks/wechat"
    return WechatPay(http, base_url, load_keys(folder), notify_url, pay_page=simulator)


if __name__ == "__main__":
    runtime.main(service)
