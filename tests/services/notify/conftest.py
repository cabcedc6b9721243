"""The notify service on a store in memory, with a clock that tests set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from services.notify import api, handlers, main
from services.notify.settings import Settings
from services.notify.store import INDEXES
from shared.bus import Message
from shared.consumer import Consumer
from shared.events.base import Event
from shared.events.identity import AccountRegistered
from shared.http import application
from shared.privacy import load_vault, make_secrets
from shared.store import Store
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
    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))

    def furnish(self, desk: handlers.Desk, server: BaseTestServer) -> None:
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
        return await handlers.sweep(desk=self.desk)

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
        desk = main.furnish(store, load_vault(tmp_path), Settings(notices_per_day=32), lambda: running.now)
        routes = api.routes(api.Api(desk), demo=True)
        server = TestServer(application("notify", routes, tokens=running.tokens))
        await server.start_server()
        stack.push_async_callback(server.close)
        running.furnish(desk, server)
        yield running
