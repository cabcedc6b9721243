"""Staff: 注销账号, what goes and what stays, then the proofs (003.13)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.forms import Fault, told, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import forget, require
from shared.errors import DomainError

PATH = "/staff/close"


async def ask(request: web.Request) -> web.StreamResponse:
    """Say what closing means, and ask for the password and the second factor."""
    return await _ask(request, [])


async def _ask(request: web.Request, errors: Sequence[Fault]) -> web.Response:
    who = require(request, "staff")
    closing = await request.app[PEERS].identity.json("GET", "/staff/closing", who.actor)
    status = 400 if errors else 200
    return page(request, "staff/close.html", closing=closing, errors=errors, status=status)


async def close(request: web.Request) -> web.StreamResponse:
    """Close the account; the session has ended with it."""
    who, values = require(request, "staff"), await typed(request)
    body = {name: values.get(name, "")[:128] for name in ("password", "code")}
    try:
        await request.app[PEERS].identity.json("POST", "/staff/closing", who.actor, body=body)
    except DomainError as error:
        return await _ask(request, told(error))
    response = redirect("/staff/login?done=account_closed")
    forget(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


ROUTES = [
    web.get(PATH, ask),
    web.post(PATH, close),
]
