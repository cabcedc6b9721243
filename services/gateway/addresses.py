"""From where a request came: what budgets are counted by and the audit log tells the network of."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.gateway.rendering import SETTINGS

LONGEST_AGENT = 400


def address_of(request: web.Request) -> str:
    """The browser's address. Behind proxies it is what the outermost of ours saw; whatever the browser wrote into the
    header itself stands further left and is not believed."""
    proxies = request.app[SETTINGS].proxies
    if not proxies:
        return request.remote or ""
    seen = [part.strip() for part in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")]
    return seen[-proxies] if len(seen) >= proxies else request.remote or ""


def client_of(request: web.Request) -> dict[str, Any]:
    """What identity is told of who signs in: the address, and what the browser calls itself."""
    return {"source": address_of(request)[:64], "agent": request.headers.get("User-Agent", "")[:LONGEST_AGENT]}
