"""Staff: orders and the exceptions desk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, faults, note, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, Kind

YUAN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
ORDER_FILTERS = ("state", "number", "cursor")


async def money(request: web.Request) -> web.StreamResponse:
    """Cases that wait for a person, then orders."""
    return await _page(request, require(request, "staff"), [])


async def _page(request: web.Request, who: Visitor, errors: Sequence[Fault]) -> web.Response:
    payment = request.app[PEERS].payment
    query = {name: request.query[name] for name in ORDER_FILTERS if request.query.get(name)}
    cases = await payment.json("GET", "/exceptions", who.actor)
    orders = await payment.json("GET", "/orders/search", who.actor, query=query)
    return page(
        request,
        "staff/money.html",
        cases=cases["items"],
        orders=orders["items"],
        more=orders.get("next_cursor"),
        query=query,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def _do(request: web.Request, path: str, body: Any, done: str) -> web.StreamResponse:
    who = require(request, "staff")
    try:
        await request.app[PEERS].payment.json("POST", path, who.actor, body=body)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        return await _page(request, who, faults(error))
    return redirect(f"/staff/money?done={done}")


async def resolve(request: web.Request) -> web.StreamResponse:
    """Decide a case."""
    values = await typed(request)
    body = {"decision": values.get("decision", ""), "note": values.get("note", "")}
    return await _do(request, f"/exceptions/{request.match_info['id']}/resolve", body, "resolved")


async def refund(request: web.Request) -> web.StreamResponse:
    """Send an order's money back."""
    return await _do(request, f"/orders/{request.match_info['id']}/refund", None, "refunding")


async def cash(request: web.Request) -> web.StreamResponse:
    """Cash was taken at the registration point."""
    values = await typed(request)
    fen = round(float(values["yuan"]) * 100) if YUAN.fullmatch(values.get("yuan", "")) else 0
    body = {"amount_fen": fen, "receipt": values.get("receipt", "")}
    return await _do(request, f"/orders/{request.match_info['id']}/cash", body, "cash")


ROUTES = [
    web.get("/staff/money", money),
    web.post("/staff/money/cases/{id:[0-9a-zA-Z-]+}/resolve", resolve),
    web.post("/staff/money/orders/{id:[0-9a-zA-Z-]+}/refund", refund),
    web.post("/staff/money/orders/{id:[0-9a-zA-Z-]+}/cash", cash),
]
