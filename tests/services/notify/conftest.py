"""The notify service on a store in memory, with a clock that tests set."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from deploy.local.sms_aliyun import Aliyun as SimulatedAliyun
from deploy.local.sms_secrets import make_sms_secrets
from deploy.local.sms_tencent import Tencent as SimulatedTencent
from services.notify import api, main
from services.notify.aliyun import Aliyun, AliyunAccount, load_aliyun
from services.notify.channels import Channel
from services.notify.handlers import delivering
from services.notify.handlers.desk import Desk
from services.notify.outbox import Message as Kept
from services.notify.outbox import Outbox
from services.notify.settings import Settings
from services.notify.store import INDEXES, OUTBOX
from services.notify.tencent import Tencent, TencentAccount, load_tencent
from shared.bus import Message
from shared.consumer import Consumer
from shared.events.base import Event
from shared.events.identity import AccountRegistered
from shared.http import application
from shared.privacy import load_vault, make_secrets
from shared.store import Store
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor, Tokens, load_tokens

PHONE = "13812345678"
SERVICE = Actor("service", "identity")


@dataclass
class Running:
    """The service and what tests do with it."""

    http: aiohttp.ClientSession
    tokens: Tokens
    store: Store
    channels: list[Channel] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def furnish(self, desk: Desk, server: BaseTestServer) -> None:
        """Put the service in."""
        self.desk, self.server = desk, server
        self.consumer = Consumer("notify.messages", main.table(desk))

    def generous(self) -> None:
        """Lift the budget."""
        self.furnish(replace(self.desk, budget=1_000_000), self.server)

    def registered(self, candidate: str = "candidate", phone: str = PHONE) -> AccountRegistered:
        """A candidate with a phone number."""
        sealed = self.desk.vault.seal(phone, f"contact|phone|{candidate}")
        return AccountRegistered(subject=candidate, occurred_at=self.now, programme="p", sealed_contact=sealed)

    async def hear(self, event: Event) -> None:
        """Hand the service an event, as the bus does."""
        body, time = event.model_dump_json().encode(), event.occurred_at.isoformat()
        await self.consumer.handle(Message(event.event_id, event.TYPE, event.source(), event.subject, time, body))

    async def sweep(self, after: timedelta) -> int:
        """A turn of the sweep, later."""
        self.now += after
        return await delivering.sweep(desk=self.desk)

    async def codes(self, number: int, phone: str = PHONE, code: str = "123456") -> tuple[int, str]:
        """Have a code sent as message `number`; status and error."""
        sealed = self.desk.vault.seal(phone, "contact|phone|c")
        body = {"id": f"m{number}", "subject": "c", "sealed_contact": sealed, "code": code}
        status, told = await self.call("POST", "/codes", body=body)
        return status, told["code"] if told else ""

    async def call(self, method: str, path: str, actor: Actor = SERVICE, body: Any = None) -> tuple[int, Any]:
        """Call the service; status and JSON."""
        headers = {"Authorization": f"Bearer {self.tokens.mint(actor, 'notify')}"}
        async with self.http.request(method, self.server.make_url(path), json=body, headers=headers) as answer:
            return answer.status, (await answer.json(content_type=None) if answer.status != 204 else None)

    async def outbox(self) -> list[dict[str, str]]:
        """What the outbox holds, newest first."""
        _, told = await self.call("GET", "/outbox")
        items: list[dict[str, str]] = told["items"]
        return items


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """The service, up."""
    make_secrets(tmp_path)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        store = await stack.enter_async_context(SqliteStore.open(":memory:", INDEXES))
        running = Running(http, load_tokens(tmp_path), store)
        vault, settings = load_vault(tmp_path), Settings(notices_per_day=32)
        outbox = Outbox(Repository(store, OUTBOX, Kept, vault=vault, sealed=("text",)))
        running.channels.append(outbox)
        desk = main.furnish(store, vault, settings, outbox, running.channels, lambda: running.now)
        routes = api.routes(api.Api(desk), demo=True)
        server = TestServer(application("notify", routes, tokens=running.tokens))
        await server.start_server()
        stack.push_async_callback(server.close)
        running.furnish(desk, server)
        yield running


@dataclass
class Providers:
    """Both simulated providers and the channels to them. Messages are timed by the service's clock."""

    aliyun: SimulatedAliyun
    tencent: SimulatedTencent
    channels: list[Channel]

    def channel_to(self, name: str, url: str) -> Channel:
        """The same account's channel to another address."""
        if name == "aliyun":
            return Aliyun(url, AliyunAccount.model_validate(self.aliyun.account))
        return Tencent(url, TencentAccount.model_validate(self.tencent.account))


@pytest.fixture
async def providers(running: Running, tmp_path: Path) -> AsyncIterator[Providers]:
    """The service sends over Aliyun, and Tencent stands in."""
    folder = make_sms_secrets(tmp_path)
    aliyun = SimulatedAliyun(json.loads((folder / "aliyun.json").read_text()))
    tencent = SimulatedTencent(json.loads((folder / "tencent.json").read_text()))
    async with AsyncExitStack() as stack:
        urls = []
        for each in (aliyun, tencent):
            each.provider.clock = lambda: running.now
            server = TestServer(each.app())
            await server.start_server(shutdown_timeout=0.1)
            stack.push_async_callback(server.close)
            urls.append(str(server.make_url("")))
        running.channels[:] = [
            Aliyun(urls[0], load_aliyun(folder)),
            Tencent(urls[1], load_tencent(folder)),
        ]
        yield Providers(aliyun, tencent, running.channels)
