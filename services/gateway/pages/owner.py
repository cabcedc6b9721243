"""账户与登录: where one is signed in, one's own password, the bound WeChat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, note, told, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import require
from shared.errors import DomainError

LATELY = 10


async def account_page(request: web.Request) -> web.StreamResponse:
    """Phone, password, WeChat, every place where this account is signed in, and when it was signed in lately."""
    who = require(request, "candidate")
    identity = request.app[PEERS].identity
    paths = ("/accounts/own", "/sessions/own", "/accounts/sign-ins")
    account, sessions, past = await asyncio.gather(*(identity.json("GET", path, who.actor) for path in paths))
    shown = {"sessions": sessions["items"], "sign_ins": past["items"][:LATELY]}
    return page(request, "candidate/account.html", account=account, done=note(request), **shown)


async def end_session(request: web.Request) -> web.StreamResponse:
    """Sign out elsewhere: in one place, or (no id) everywhere."""
    who = require(request, "candidate")
    identity, values = request.app[PEERS].identity, await typed(request)
    if values.get("id"):
        await identity.json("POST", "/sessions/own/end", who.actor, body={"id": values["id"]})
    else:
        await identity.json("POST", "/sessions/own/end-others", who.actor)
    return redirect("/mine/account?done=signed_out")


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
        return show_password(request, await peers.programme(who.programme), told(error))
    return redirect("/mine/account?done=password")


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


async def wechat_page(request: web.Request) -> web.StreamResponse:
    """解除微信绑定."""
    return await _show_wechat(request, [])


async def unbind_wechat(request: web.Request) -> web.StreamResponse:
    """Give the bound WeChat up, for the password."""
    who, values = require(request, "candidate"), await typed(request)
    try:
        body = {"password": values.get("password", "")}
        await request.app[PEERS].identity.json("POST", "/accounts/wechat/removal", who.actor, body=body)
    except DomainError as error:
        return await _show_wechat(request, told(error))
    return redirect("/mine/account?done=wechat")


async def _show_wechat(request: web.Request, errors: Sequence[Fault]) -> web.Response:
    account = await request.app[PEERS].identity.json("GET", "/accounts/own", require(request, "candidate").actor)
    return page(request, "candidate/wechat.html", account=account, errors=errors, status=400 if errors else 200)


ROUTES = [
    web.get("/mine/account", account_page),
    web.post("/mine/account/end", end_session),
    web.get("/mine/password", password_page),
    web.post("/mine/password", change_password),
    web.post("/mine/password/check", check_password),
    web.get("/mine/wechat", wechat_page),
    web.post("/mine/wechat", unbind_wechat),
]
