"""Staff: one file. Both pictures, what the card says against what was typed, the decision, the next file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.gateway.compare import compared
from services.gateway.forms import Fault, faults, note, typed, whole
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.staff.queue import ask_registration
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, Kind

FILE_ID = "{id:[0-9a-f]{32}}"
ACTIONS = frozenset({"approve", "return", "undo", "identity-confirm", "identity-refuse", "identity-again"})
MOVES_ON = frozenset({"approve", "return"})


async def file_page(request: web.Request) -> web.StreamResponse:
    """One file; opening it claims it, so that two people do not work on the same one."""
    who = require(request, "staff")
    file_id = request.match_info["id"]
    try:
        await ask_registration(request, who, "POST", f"/review/applications/{file_id}/claim")
        claimed = None
    except DomainError as error:
        if error.kind is not Kind.CONFLICT:
            raise
        claimed = faults(error)[0]
    return await _file(request, who, [], {}, claimed=claimed)


async def _file(
    request: web.Request,
    who: Visitor,
    errors: Sequence[Fault],
    values: dict[str, str],
    *,
    claimed: Fault | None = None,
) -> web.Response:
    view = await ask_registration(request, who, "GET", f"/review/applications/{request.match_info['id']}")
    programme = await request.app[PEERS].programme(view["programme"])
    previous, following = await _neighbours(request, who, view["id"])
    return page(
        request,
        "staff/file.html",
        status=400 if errors else 200,
        file=view,
        application=view,
        programme=programme,
        rows=compared(programme, view),
        previous=previous,
        following=following,
        filters=_filters(request),
        undo=request.query.get("undo", ""),
        errors=errors,
        values=values,
        claimed=claimed,
        done=note(request),
    )


def _filters(request: web.Request) -> str:
    return urlencode({name: request.query[name] for name in ("state", "school") if request.query.get(name)})


async def _neighbours(request: web.Request, who: Visitor, file_id: str) -> tuple[str, str]:
    """The files before and after this one in the queue it was opened from."""
    query = {name: request.query[name] for name in ("state", "school") if request.query.get(name)}
    found = await ask_registration(request, who, "GET", "/review/queue", query=query or {"state": "submitted"})
    ids = [item["id"] for item in found["items"]]
    if file_id not in ids:
        return "", ids[0] if ids else ""
    at = ids.index(file_id)
    return ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else ""


async def decide(request: web.Request) -> web.StreamResponse:
    """Approve, return, undo, confirm or refuse an identity or have it looked at again; then on to the next file."""
    who = require(request, "staff")
    file_id, action = request.match_info["id"], request.match_info["action"]
    if action not in ACTIONS:
        raise DomainError("http.404", Kind.NOT_FOUND)
    values = await typed(request)
    body: dict[str, Any] = {"version": whole(values.get("version", ""))}
    body |= {name: values[name] for name in ("reason_code", "field", "remark") if values.get(name)}
    _, following = await _neighbours(request, who, file_id) if action in MOVES_ON else ("", "")
    try:
        await ask_registration(request, who, "POST", f"/review/applications/{file_id}/{action}", body=body)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        return await _file(request, who, faults(error), values)
    return redirect(_next(request, file_id, action, following))


async def cash(request: web.Request) -> web.StreamResponse:
    """The clerk of a registration point took the fee. That the file is of this point is the registration service's
    word, asked for at this moment: the candidate may have chosen another point meanwhile."""
    who = require(request, "staff")
    values = await typed(request)
    view = await ask_registration(request, who, "GET", f"/review/applications/{request.match_info['id']}")
    body = {"amount_fen": view["fee_fen"], "receipt": values.get("receipt", ""), "grant": view["cash_grant"]}
    try:
        await request.app[PEERS].payment.json(
            "POST", f"/orders/{view['payment']['order_id']}/cash", who.actor, body=body
        )
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        return await _file(request, who, faults(error), values)
    return redirect(_next(request, view["id"], "cash", ""))


def _next(request: web.Request, file_id: str, action: str, following: str) -> str:
    told = urlencode({"done": action.replace("-", "_")})
    filters = f"&{_filters(request)}" if _filters(request) else ""
    if action not in MOVES_ON:
        return f"/staff/files/{file_id}?{told}{filters}"
    told += "&" + urlencode({"undo": file_id})
    return f"/staff/files/{following}?{told}{filters}" if following else f"/staff/queue?{told}{filters}"


ROUTES = [
    web.get(f"/staff/files/{FILE_ID}", file_page),
    web.post(f"/staff/files/{FILE_ID}/cash", cash),
    web.post(f"/staff/files/{FILE_ID}/{{action}}", decide),
]
