"""Staff: the password that takes the place of an administrator's one-time code, before anything else (ST.2)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.addresses import client_of
from services.gateway.forms import Fault, typed
from services.gateway.pages.owner import judged, of_new
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import remember, require_staff_halfway
from shared.errors import DomainError

PATH = "/staff/first"


async def password_page(request: web.Request) -> web.StreamResponse:
    """Ask for the new password."""
    return await _form(request, [])


async def _form(request: web.Request, errors: Sequence[Fault]) -> web.Response:
    who = require_staff_halfway(request)
    if who.todo[:1] != ("password",):
        raise web.HTTPSeeOther("/staff")
    account = await request.app[PEERS].identity.json("GET", "/accounts/own", who.actor)
    status = 400 if errors else 200
    return page(request, "staff/first_password.html", account=account, errors=errors, status=status)


async def choose_password(request: web.Request) -> web.StreamResponse:
    """Take it; every other session ends."""
    who, values = require_staff_halfway(request), await typed(request)
    try:
        if values.get("new") != values.get("again"):
            raise DomainError("password.differs", pointer="/again")
        body = {"password": values.get("new", ""), **client_of(request)}
        opened = await request.app[PEERS].identity.json("POST", "/staff/first/password", who.actor, body=body)
    except DomainError as error:
        return await _form(request, of_new(error))
    response = redirect("/staff?done=password")
    remember(response, opened["token"])
    return response


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the password just typed would be taken."""
    return await judged(request, require_staff_halfway(request))


ROUTES = [
    web.get(PATH, password_page),
    web.post(PATH, choose_password),
    web.post(f"{PATH}/check", check_password),
]
