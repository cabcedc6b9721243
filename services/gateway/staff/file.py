"""Staff: one file. Both pictures, what the card says against what was typed, the decision, the next file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.gateway import live
from services.gateway.compare import compared
from services.gateway.formats import moment
from services.gateway.forms import Fault, fault, faults, note, typed, whole
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect, render
from services.gateway.staff.queue import ask_registration, undoable
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, FieldError, Kind

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
    previous, following = await _neighbours(request, who, view)
    return page(
        request,
        "staff/file.html",
        status=400 if errors else 200,
        **seen(view, programme),
        waiting=waiting(view),
        previous=previous,
        following=following,
        filters=filters_of(request),
        undo=undoable(request),
        errors=errors,
        values=values,
        claimed=claimed,
        done=note(request),
    )


def seen(view: dict[str, Any], programme: dict[str, Any]) -> dict[str, Any]:
    """What the part of the page that shows the file needs."""
    return {"file": view, "application": view, "programme": programme, "rows": compared(programme, view)}


def waiting(view: dict[str, Any]) -> bool:
    """Whether an answer of the vision service is still to come."""
    return (view.get("identity") or {}).get("status") == "requested"


def filters_of(request: web.Request) -> str:
    return urlencode({name: request.query[name] for name in ("state", "school") if request.query.get(name)})


async def _neighbours(request: web.Request, who: Visitor, view: dict[str, Any]) -> tuple[str, str]:
    """The files before and after this one, in the order of the queue it was opened from. Those that this person has
    opened already wait no longer for everybody, but still for her."""
    query = {name: request.query[name] for name in ("state", "school") if request.query.get(name)}
    state = query.get("state", "submitted")
    items = (await ask_registration(request, who, "GET", "/review/queue", query={**query, "state": state}))["items"]
    if state == "submitted":
        opened = await ask_registration(request, who, "GET", "/review/queue", query={**query, "state": "under_review"})
        items = [*items, *(item for item in opened["items"] if item["claimed_by"] == who.subject)]
    ordered = sorted((moment(item["submitted_at"]), item["id"]) for item in items if item["id"] != view["id"])
    here = (moment(view["submitted_at"]), view["id"])
    before, after = [each for each in ordered if each < here], [each for each in ordered if each > here]
    return before[-1][1] if before else "", after[0][1] if after else ""


async def decide(request: web.Request) -> web.StreamResponse:
    """Approve, return, undo, confirm or refuse an identity or have it looked at again; then on to the next file."""
    who = require(request, "staff")
    file_id, action = request.match_info["id"], request.match_info["action"]
    if action not in ACTIONS:
        raise DomainError("http.404", Kind.NOT_FOUND)
    values = await typed(request)
    body: dict[str, Any] = {"version": whole(values.get("version", ""))}
    body |= {name: values[name] for name in ("reason_code", "field", "remark") if values.get(name)}
    try:
        view = await ask_registration(request, who, "POST", f"/review/applications/{file_id}/{action}", body=body)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        return await _file(request, who, faults(error), values)
    previous, following = await _neighbours(request, who, view) if action in MOVES_ON else ("", "")
    return redirect(_next(request, file_id, action, following or previous))


async def cash(request: web.Request) -> web.StreamResponse:
    """The clerk of a registration point took the fee. That the file is of this point is the registration service's
    word, asked for at this moment: the candidate may have chosen another point meanwhile."""
    who = require(request, "staff")
    values = await typed(request)
    view = await ask_registration(request, who, "GET", f"/review/applications/{request.match_info['id']}")
    if view["subjects_wrong"]:
        return await _file(request, who, [fault(FieldError("", "subjects.refused"))], values)
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
    filters = f"&{filters_of(request)}" if filters_of(request) else ""
    if action not in MOVES_ON:
        return f"/staff/files/{file_id}?{told}{filters}"
    told += "&" + urlencode({"undo": file_id})
    return f"/staff/files/{following}?{told}{filters}" if following else f"/staff/queue?{told}{filters}"


async def _look(request: web.Request) -> dict[str, Any]:
    found: dict[str, Any] = await ask_registration(
        request, require(request, "staff"), "GET", f"/review/applications/{request.match_info['id']}"
    )
    return found


def _draw(request: web.Request, view: dict[str, Any], programme: dict[str, Any]) -> str:
    shown = seen(view, programme)
    return render(request, "staff/file_seen.html", changed=True, filters=filters_of(request), **shown)


@live.unattended
async def seen_polled(request: web.Request) -> web.StreamResponse:
    """The file as it is now, for polling."""
    view = await _look(request)
    programme = await request.app[PEERS].programme(view["programme"])
    status = 200 if waiting(view) else live.ENOUGH
    return web.Response(status=status, text=_draw(request, view, programme), content_type="text/html")


@live.unattended
async def seen_events(request: web.Request) -> web.StreamResponse:
    """The file each time it changes, until the check is answered; afterwards nothing moves by itself."""
    programme = await request.app[PEERS].programme((await _look(request))["programme"])

    async def look() -> live.Sight:
        view = await _look(request)
        return live.Sight(str(view["version"]), not waiting(view), partial(_draw, request, view, programme))

    return await live.stream(request, "seen", look)


ROUTES = [
    web.get(f"/staff/files/{FILE_ID}/seen", seen_polled),
    web.get(f"/staff/files/{FILE_ID}/seen/events", seen_events),
    web.get(f"/staff/files/{FILE_ID}", file_page),
    web.post(f"/staff/files/{FILE_ID}/cash", cash),
    web.post(f"/staff/files/{FILE_ID}/{{action}}", decide),
]
