"""Staff: orders, refunds, cash, the exceptions desk, and the compared bills."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, fault, faults, note, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, FieldError, Kind

YUAN = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
MOST_NAMES = 100
ORDER_FILTERS = ("state", "number", "cursor")


async def money(request: web.Request) -> web.StreamResponse:
    """Cases that wait for a person, then orders."""
    return await _page(request, require(request, "staff"), [])


async def _page(request: web.Request, who: Visitor, errors: Sequence[Fault]) -> web.Response:
    payment = request.app[PEERS].payment
    query = {name: request.query[name] for name in ORDER_FILTERS if request.query.get(name)}
    cases = await payment.json("GET", "/exceptions", who.actor)
    orders = await payment.json("GET", "/orders/search", who.actor, query=query)
    concerned = [case["application_id"] for case in cases["items"]]
    concerned += [item["order"]["application_id"] for item in orders["items"]]
    return page(
        request,
        "staff/money.html",
        cases=cases["items"],
        orders=orders["items"],
        names=await _names(request, who, concerned),
        more=orders.get("next_cursor"),
        query=query,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def _names(request: web.Request, who: Visitor, applications: Sequence[str]) -> dict[str, str]:
    """Application id → whose it is, with all of the name but its beginning covered."""
    body = {"ids": sorted(set(applications))[:MOST_NAMES]}
    found = await request.app[PEERS].registration.json("POST", "/applications/names", who.actor, body=body)
    names: dict[str, str] = found["names"]
    return names


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


async def refund_page(request: web.Request) -> web.StreamResponse:
    """Ask once more, naming whose money it is and how much, before it goes back."""
    return await _refund_form(request, require(request, "staff"), [])


async def _refund_form(request: web.Request, who: Visitor, errors: Sequence[Fault]) -> web.Response:
    order = await request.app[PEERS].payment.json("GET", f"/orders/{request.match_info['id']}", who.actor)
    names = await _names(request, who, [order["application_id"]])
    return page(
        request,
        "staff/refund.html",
        order=order,
        name=names.get(order["application_id"], ""),
        errors=errors,
        status=400 if errors else 200,
    )


async def refund(request: web.Request) -> web.StreamResponse:
    """Send an order's money back. Pressed twice it goes once: the service knows that it is under way."""
    who = require(request, "staff")
    body = {"reason": (await typed(request)).get("reason", "")}
    if not body["reason"]:
        return await _refund_form(request, who, [fault(FieldError("/reason", "refund.reason_missing"))])
    return await _do(request, f"/orders/{request.match_info['id']}/refund", body, "refunding")


async def bills(request: web.Request) -> web.StreamResponse:
    """The channels' daily bills against our ledgers: those with differences first."""
    who = require(request, "staff")
    query = {"cursor": request.query["cursor"]} if request.query.get("cursor") else {}
    found = await request.app[PEERS].payment.json("GET", "/bills", who.actor, query=query)
    items = sorted(found["items"], key=lambda bill: not (bill["found"] or bill["strange"]))
    return page(request, "staff/bills.html", bills=items, more=found["next_cursor"])


async def cash(request: web.Request) -> web.StreamResponse:
    """Cash was taken at the registration point."""
    values = await typed(request)
    fen = round(float(values["yuan"]) * 100) if YUAN.fullmatch(values.get("yuan", "")) else 0
    body = {"amount_fen": fen, "receipt": values.get("receipt", "")}
    return await _do(request, f"/orders/{request.match_info['id']}/cash", body, "cash")


ROUTES = [
    web.get("/staff/money", money),
    web.post("/staff/money/cases/{id:[0-9a-zA-Z-]+}/resolve", resolve),
    web.get("/staff/money/bills", bills),
    web.get("/staff/money/orders/{id:[0-9a-zA-Z-]+}/refund", refund_page),
    web.post("/staff/money/orders/{id:[0-9a-zA-Z-]+}/refund", refund),
    web.post("/staff/money/orders/{id:[0-9a-zA-Z-]+}/cash", cash),
]
