"""The demo's provider, our door, and a browser, for tests of signing on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.local.sign_on import SignOn as Provider
from deploy.local.sign_on import make_sign_on_secrets
from services.identity.domain.signon import Newcomer, SignOn, StaffRequest
from services.identity.handlers import signon
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client
from services.identity.handlers.signon import Admitted, Answer, Door
from services.identity.oidc import load_oidc
from services.identity.store import NEWCOMER_SEALED, REQUEST_SEALED, SIGN_ON_SEALED
from shared.store.repository import Repository

SITE = "http://127.0.0.1:9"
CLIENT = Client("192.0.2.7")
Claims = dict[str, Any]


@dataclass
class World:
    """The provider, our door, and a browser."""

    provider: Provider
    door: Door
    http: aiohttp.ClientSession

    async def begin(self) -> tuple[URL, str]:
        """The provider's address, and what the browser keeps."""
        address, binding = await signon.begin("/staff/queue?state=identity", door=self.door, now=now())
        return URL(address), binding

    async def back(self, address: URL, name: str = "赵老师") -> dict[str, str]:
        """Sign on under a name; the query with which the provider sends the browser back."""
        async with self.http.post(address, data={"name": name}, allow_redirects=False) as answer:
            assert answer.status == 303
            location = URL(answer.headers["Location"])
        assert str(location).startswith(f"{SITE}/staff/sso/back?")
        return dict(location.query)

    async def finish(self, query: dict[str, str], binding: str) -> Admitted:
        """Bring the answer to the identity service."""
        answer = Answer(query["code"], query["state"], query.get("iss", ""), binding)
        return await signon.finish(answer, CLIENT, door=self.door, now=now())

    async def signed_on(self, name: str = "赵老师") -> Admitted:
        """The whole way."""
        address, binding = await self.begin()
        return await self.finish(await self.back(address, name), binding)


def now() -> datetime:
    """The provider's clock is the real one."""
    return datetime.now(UTC)


@pytest.fixture
async def world(deps: Deps, tmp_path: Path) -> AsyncIterator[World]:
    secret_file = make_sign_on_secrets(tmp_path)
    provider, app = Provider(secret_file, "", SITE), web.Application()
    app.add_routes(provider.routes())
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        provider.issuer = str(server.make_url("/sign-on"))
        store = deps.accounts.store
        yield World(
            provider,
            Door(
                deps=deps,
                provider=load_oidc(http, secret_file, provider.issuer, SITE),
                sign_ons=Repository(store, "sign_ons", SignOn, vault=deps.vault, sealed=SIGN_ON_SEALED),
                newcomers=Repository(store, "newcomers", Newcomer, vault=deps.vault, sealed=NEWCOMER_SEALED),
                requests=Repository(store, "staff_requests", StaffRequest, vault=deps.vault, sealed=REQUEST_SEALED),
            ),
            http,
        )
