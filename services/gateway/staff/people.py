"""Staff: who asks to work here, who does, and with which roles and scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, faults, note
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, Kind

ROLES = ("school", "point", "city", "province", "reviewer", "finance", "auditor", "admin")
ID = "{id:[0-9a-f]{32}}"


async def people(request: web.Request) -> web.StreamResponse:
    """Requests that wait, then accounts."""
    return await _page(request, require(request, "staff"), [])


async def _page(request: web.Request, who: Visitor, errors: Sequence[Fault]) -> web.Response:
    identity = request.app[PEERS].identity
    query = {"cursor": request.query["cursor"]} if request.query.get("cursor") else {}
    requests = await identity.json("GET", "/staff/requests", who.actor)
    members = await identity.json("GET", "/staff", who.actor, query=query)
    return page(
        request,
        "staff/people.html",
        requests=requests["items"],
        members=members["items"],
        more=members["next_cursor"],
        roles=ROLES,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def approve(request: web.Request) -> web.StreamResponse:
    """Make the account with these roles and this scope."""
    body = await _standing(request)
    return await _do(request, "POST", f"/staff/requests/{request.match_info['id']}/approve", body, "staff_approved")


async def refuse(request: web.Request) -> web.StreamResponse:
    """Turn somebody down, with a reason."""
    body = {"reason": str((await request.post()).get("reason", ""))}
    return await _do(request, "POST", f"/staff/requests/{request.match_info['id']}/refuse", body, "staff_refused")


async def set_roles(request: web.Request) -> web.StreamResponse:
    """Give somebody other roles; their sessions end."""
    body = await _standing(request)
    return await _do(request, "PUT", f"/staff/{request.match_info['id']}/roles", body, "staff_roles")


async def _do(request: web.Request, method: str, path: str, body: Any, done: str) -> web.StreamResponse:
    who = require(request, "staff")
    try:
        await request.app[PEERS].identity.json(method, path, who.actor, body=body)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND} or error.code == "actor.role_missing":
            raise
        return await _page(request, who, faults(error))
    return redirect(f"/staff/people?done={done}")


async def _standing(request: web.Request) -> dict[str, Any]:
    """Roles as ticked; schools and regions as codes with spaces or commas between them."""
    form = await request.post()
    scope = {name: str(form.get(name, "")).replace(",", " ").split() for name in ("schools", "regions")}
    return {
        "roles": [str(role) for role in form.getall("roles", [])],
        "scope": {name: codes for name, codes in scope.items() if codes},
    }


ROUTES = [
    web.get("/staff/people", people),
    web.post(f"/staff/people/requests/{ID}/approve", approve),
    web.post(f"/staff/people/requests/{ID}/refuse", refuse),
    web.post(f"/staff/people/{ID}/roles", set_roles),
]
