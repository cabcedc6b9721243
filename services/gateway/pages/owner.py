"""账户与登录: one's own password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, faults, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import require
from shared.errors import DomainError, Kind


async def password_page(request: web.Request) -> web.StreamResponse:
    """修改密码."""
    who = require(request, "candidate")
    programme = await request.app[PEERS].programme(who.programme)
    return show_password(request, programme, [])


def show_password(request: web.Request, programme: dict[str, object], errors: Sequence[Fault]) -> web.Response:
    """The form of 修改密码."""
    return page(request, "candidate/password.html", programme=programme, errors=errors, status=400 if errors else 200)


async def change_password(request: web.Request) -> web.StreamResponse:
    """Old password, new one twice."""
    who = require(request, "candidate")
    values = await typed(request)
    peers = request.app[PEERS]
    try:
        if values.get("new") != values.get("again"):
            raise DomainError("password.differs", pointer="/again")
        body = {"old": values.get("old", ""), "new": values.get("new", "")}
        await peers.identity.json("POST", "/accounts/password", who.actor, body=body)
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        return show_password(request, await peers.programme(who.programme), faults(error))
    return redirect("/mine?done=password")


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the new password just typed would be taken; nothing is kept."""
    who = require(request, "candidate")
    values = await typed(request)
    verdicts: dict[str, dict[str, Any]] = {}
    if values.get("new"):
        verdicts["new"] = await request.app[PEERS].identity.json(
            "POST", "/accounts/own/password-check", who.actor, body={"value": values["new"]}
        )
    if values.get("again"):
        same = values["again"] == values.get("new")
        verdicts["again"] = {"ok": same, "code": "" if same else "password.differs"}
    return page(request, "candidate/verdicts.html", verdicts=verdicts)


ROUTES = [
    web.get("/mine/password", password_page),
    web.post("/mine/password", change_password),
    web.post("/mine/password/check", check_password),
]
