"""Staff: what waits today, and the review queue."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.gateway.forms import note, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page
from services.gateway.visitors import Visitor, require

# Search words may be a name or a number: they travel in the body only, never in an address or a log.
FILTERS = ("state", "school", "cursor")


async def ask_registration(
    request: web.Request, who: Visitor, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None
) -> Any:
    """An operation of the registration service for a member of staff. Raises `DomainError`."""
    return await request.app[PEERS].registration.json(method, path, who.actor, query=query or {}, body=body)


async def today(request: web.Request) -> web.StreamResponse:
    """How much waits, by what is to be done."""
    who = require(request, "staff")
    summary, cases = None, None
    if "finance" in who.roles:
        cases = await request.app[PEERS].payment.json("GET", "/exceptions", who.actor)
    if who.reviews:
        summary = await ask_registration(request, who, "GET", "/review/summary")
    second = await request.app[PEERS].identity.json("GET", "/staff/second", who.actor)
    return page(request, "staff/today.html", summary=summary, cases=cases, second=second, done=note(request))


async def queue(request: web.Request) -> web.StreamResponse:
    """Files by state and school, oldest first."""
    who = require(request, "staff")
    query = {name: request.query[name] for name in FILTERS if request.query.get(name)}
    query.setdefault("state", "submitted")
    return await _list(request, who, query, "")


async def search(request: web.Request) -> web.StreamResponse:
    """Files of one person, by name or number."""
    who = require(request, "staff")
    words = (await typed(request)).get("q", "")
    return await _list(request, who, {} if words else {"state": "submitted"}, words)


def undoable(request: web.Request) -> str:
    """The file just decided, whose decision may be taken back; empty for anything else in the address."""
    given = request.query.get("undo", "")
    return given if re.fullmatch(r"[0-9a-f]{32}", given) else ""


async def _list(request: web.Request, who: Visitor, query: dict[str, str], words: str) -> web.Response:
    if words:
        found = await ask_registration(request, who, "POST", "/review/search", body={"q": words})
    else:
        found = await ask_registration(request, who, "GET", "/review/queue", query=query)
    following = {**query, "cursor": found.get("next_cursor") or ""}
    return page(
        request,
        "staff/queue.html",
        items=found["items"],
        query=query,
        words=words,
        filters=urlencode({name: value for name, value in query.items() if name in {"state", "school"}}),
        more=urlencode(following) if following["cursor"] and not words else "",
        done=note(request),
        undo=undoable(request),
    )


ROUTES = [
    web.get("/staff", today),
    web.get("/staff/queue", queue),
    web.post("/staff/queue", search),
]
