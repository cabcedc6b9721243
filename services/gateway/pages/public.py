"""Pages for everybody: home, how it works, state of the system, language."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from services.gateway import formats
from services.gateway.forms import local_path, note
from services.gateway.guards import LANGUAGE_COOKIE
from services.gateway.locales import LANGUAGES
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, visitor
from shared.clock import utc_now
from shared.errors import DomainError
from shared.http import ServiceClient

YEAR_S = 365 * 86400


async def home(request: web.Request) -> web.StreamResponse:
    """Programmes with their windows; for a candidate, where to go on."""
    if visitor(request).kind == "staff":
        return redirect("/staff")
    programmes = [_with_window(item) for item in await request.app[PEERS].programmes()]
    return page(request, "public/home.html", programmes=programmes, done=note(request))


def _with_window(item: dict[str, Any]) -> dict[str, Any]:
    """Adds `phase`: before, open or after; only the server's clock decides it."""
    if item.get("opens_at") and formats.moment(item["opens_at"]) > utc_now():
        return {**item, "phase": "before"}
    return {**item, "phase": "open" if item.get("open") else "after"}


async def help_page(request: web.Request) -> web.StreamResponse:
    """How registration goes, and what to have at hand."""
    return page(request, "public/help.html")


async def status(request: web.Request) -> web.StreamResponse:
    """Which parts answer, for people and for the hotline."""
    peers = request.app[PEERS]
    parts = {
        "registration": peers.registration,
        "identity": peers.identity,
        "payment": peers.payment,
        "documents": peers.documents,
    }
    answers = await asyncio.gather(*(_answers(client) for client in parts.values()))
    return page(request, "public/status.html", parts=dict(zip(parts, answers, strict=True)))


async def _answers(client: ServiceClient) -> bool:
    try:
        await client.json("GET", "/openapi.json", GATEWAY)
    except DomainError:
        return False
    return True


async def language(request: web.Request) -> web.StreamResponse:
    """Remember a language and go back."""
    response = redirect(local_path(request.query.get("back", "/"), "/"))
    code = request.match_info["code"]
    if code in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, code, max_age=YEAR_S, path="/", secure=True, httponly=True, samesite="Lax")
    return response


ROUTES = [
    web.get("/", home),
    web.get("/help", help_page),
    web.get("/status", status),
    web.get("/language/{code}", language),
]
