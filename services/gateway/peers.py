"""The services the pages ask, and the calls that several page families share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from services.gateway.visitors import GATEWAY, NOBODY, Visitor, of_view
from shared.errors import DomainError, Kind
from shared.http import ServiceClient
from shared.recent import Recent
from shared.settings import Platform
from shared.tokens import Tokens


@dataclass(frozen=True)
class Peers:
    """One client per service."""

    identity: ServiceClient
    registration: ServiceClient
    payment: ServiceClient
    documents: ServiceClient
    notify: ServiceClient
    recent: Recent = field(default_factory=Recent)

    async def visitor(self, token: str, *, attended: bool) -> Visitor:
        """The session of a cookie, which a person's request prolongs (`attended`); nobody when it has ended."""
        if not token:
            return NOBODY
        try:
            asked = {"token": token, "attended": attended}
            view = await self.identity.json("POST", "/sessions/resolve", GATEWAY, body=asked)
        except DomainError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                return NOBODY
            raise
        return of_view(token, view)

    async def programmes(self) -> list[dict[str, Any]]:
        """Every programme with its window."""
        answer = await self.public("/programmes")
        items: list[dict[str, Any]] = answer["items"]
        return items

    async def programme(self, programme_id: str) -> dict[str, Any]:
        """What the pages of one programme need."""
        return await self.public(f"/programmes/{programme_id}")

    async def public(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What the registration service tells everybody alike, as it was at most half a minute ago."""
        key = f"{path}?{sorted((query or {}).items())}"
        answer: dict[str, Any] = await self.recent.get(
            key, lambda: self.registration.json("GET", path, GATEWAY, query=query)
        )
        return answer


PEERS = web.AppKey("peers", Peers)


@asynccontextmanager
async def open_peers(platform: Platform, tokens: Tokens) -> AsyncIterator[Peers]:
    """Clients on one connection pool."""
    connector = aiohttp.TCPConnector(limit=200, limit_per_host=60)
    # Cookies of the services, if any, are nobody's business: pages of different people share this pool.
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        def client(name: str) -> ServiceClient:
            return ServiceClient(session, platform.url_of(name), name, tokens)

        yield Peers(
            identity=client("identity"),
            registration=client("registration"),
            payment=client("payment"),
            documents=client("documents"),
            notify=client("notify"),
        )
