"""绑定手机号码: the number, the code that was sent there; with the password when it takes the place of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from services.gateway.forms import Fault, told, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import require
from shared.errors import DomainError


async def phone_page(request: web.Request) -> web.StreamResponse:
    """Ask for the new number."""
    require(request, "candidate")
    return await _ask_number(request, {}, [])


async def send(request: web.Request) -> web.StreamResponse:
    """Have a code sent there."""
    who, values = require(request, "candidate"), await typed(request)
    body = {name: values.get(name, "")[:64] for name in ("phone", "password")}
    try:
        await request.app[PEERS].identity.json("POST", "/accounts/phone/code", who.actor, body=body)
    except DomainError as error:
        return await _ask_number(request, values, told(error))
    return _ask_code(request, values, [])


async def prove(request: web.Request) -> web.StreamResponse:
    """Bind the number that the code proves."""
    who, values = require(request, "candidate"), await typed(request)
    try:
        body = {"code": values.get("code", "")}
        await request.app[PEERS].identity.json("POST", "/accounts/phone/proof", who.actor, body=body)
    except DomainError as error:
        return _ask_code(request, values, told(error))
    return redirect("/mine/account?done=phone")


async def _ask_number(request: web.Request, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    account = await request.app[PEERS].identity.json("GET", "/accounts/own", require(request, "candidate").actor)
    status = 400 if errors else 200
    return page(request, "candidate/phone.html", account=account, values=values, errors=errors, status=status)


def _ask_code(request: web.Request, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    status = 400 if errors else 200
    return page(request, "candidate/phone_code.html", way="/mine/phone", values=values, errors=errors, status=status)


ROUTES = [
    web.get("/mine/phone", phone_page),
    web.post("/mine/phone", send),
    web.post("/mine/phone/code", prove),
]
