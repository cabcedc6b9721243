"""The notify service put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from services.notify import api
from services.notify.aliyun import Aliyun, load_aliyun
from services.notify.channels import Channel
from services.notify.domain import CodeQuota, Contact, Delivery, Tally
from services.notify.handlers import delivering, retention, telling
from services.notify.handlers.desk import Desk
from services.notify.measured import Measured
from services.notify.outbox import Message, Outbox, Shown
from services.notify.settings import Settings
from services.notify.store import CONTACTS, DELIVERIES, INDEXES, OUTBOX, QUOTAS, TALLIES
from services.notify.templates import lacking
from services.notify.tencent import Tencent, load_tencent
from shared import runtime
from shared.bus import Bus
from shared.clock import utc_now
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


ALIYUN, TENCENT = "https://dysmsapi.aliyuncs.com", "https://sms.tencentcloudapi.com"


@asynccontextmanager
async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
    """Contacts, deliveries and the channels that carry them."""
    del bus  # this service tells nobody anything
    settings, vault = Settings(), load_vault(platform.secrets_dir)
    async with runtime.open_store(platform, "notify", INDEXES) as store:
        outbox = Outbox(Repository(store, OUTBOX, Message, vault=vault, sealed=("text",)))
        desk = furnish(store, vault, settings, outbox, channels(platform, settings, outbox), utc_now)
        routes = api.routes(api.Api(desk), demo=platform.environment == "demo")
        yield Service(
            name="notify",
            app=application("notify", routes, tokens=load_tokens(platform.secrets_dir)),
            store=store,
            vault=vault,
            remarks=remarks(settings, platform.secrets_dir / "sms"),
            consumers=[Consumer("notify.messages", table(desk))],
            every=[
                Every(settings.sweep_every_s, partial(delivering.sweep, desk=desk)),
                Every(3600, partial(retention.forget, desk=desk)),
            ],
        )


def channels(platform: Platform, settings: Settings, outbox: Outbox) -> list[Channel]:
    """The channels in the order of the settings; accounts are secret files, the demo's providers simulators."""
    demo, folder = platform.environment == "demo", platform.secrets_dir / "sms"
    if not demo and "outbox" in settings.channels:
        log.warning("messages_go_nowhere", reason="the outbox keeps messages and sends them to nobody")
    made: list[Channel] = []
    for name in settings.channels:
        match name:
            case "outbox":
                made.append(Measured(outbox))
                continue
            case "aliyun":
                url = settings.aliyun_url or (platform.sms_simulator(0) if demo else ALIYUN)
                channel: Channel = Aliyun(url, load_aliyun(folder))
            case "tencent":
                url = settings.tencent_url or (platform.sms_simulator(1) if demo else TENCENT)
                channel = Tencent(url, load_tencent(folder))
        made.append(Measured(Shown(channel, outbox) if demo else channel))
    return made


def remarks(settings: Settings, folder: Path) -> list[str]:
    """Which texts a channel in use has no number for. All others go out; these over another channel, or not at all."""
    found = []
    for name in settings.channels:
        if name == "outbox":
            continue
        account = load_aliyun(folder) if name == "aliyun" else load_tencent(folder)
        if missing := lacking(account.templates):
            texts, file = ", ".join(missing), folder / f"{name}.json"
            found.append(
                f"{file} has no number for: {texts}. Have the provider approve what services/notify/templates.py says "
                "under these names, write the numbers into `templates` of the file, and start notify again. "
                "Until then these messages wait for a day at most; all others go out."
            )
    return found


def furnish(
    store: Store,
    vault: Vault,
    settings: Settings,
    outbox: Outbox,
    by: Sequence[Channel],
    clock: Callable[[], datetime],
) -> Desk:
    """What the handlers work with; phone numbers and texts are sealed at rest."""
    return Desk(
        contacts=Repository(store, CONTACTS, Contact, vault=vault, sealed=("phone",)),
        deliveries=Repository(store, DELIVERIES, Delivery, vault=vault, sealed=("to", "left")),
        quotas=Repository(store, QUOTAS, CodeQuota),
        tallies=Repository(store, TALLIES, Tally),
        outbox=outbox,
        channels=by,
        vault=vault,
        budget=settings.notices_per_day,
        kept=timedelta(days=settings.keep_days),
        locale=settings.locale,
        clock=clock,
    )


def table(desk: Desk) -> Mapping[type[Event], EventHandler]:
    """Who handles what."""
    contact, progress = partial(telling.on_contact, desk=desk), partial(telling.on_progress, desk=desk)
    return {
        identity.AccountRegistered: contact,
        identity.ContactChanged: contact,
        identity.PasswordChanged: partial(telling.on_password_changed, desk=desk),
        identity.WechatUnbound: partial(telling.on_wechat_unbound, desk=desk),
        identity.StaffPhoneLeft: partial(telling.on_staff_phone_left, desk=desk),
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


if __name__ == "__main__":
    runtime.main(service)
