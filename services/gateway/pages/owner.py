"""账户与登录, of candidates and of staff: where one is signed in, one's own password; the WeChat of candidates."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, note, told, typed
from services.gateway.journey import bar_of
from services.gateway.pages.face_reset import here
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError

LATELY = 10


def owner(request: web.Request) -> Visitor:
    """Whose account it is: the pages of staff lie below /staff."""
    return require(request, "staff" if request.path.startswith("/staff/") else "candidate")


def home(who: Visitor) -> str:
    """Where the pages of this account lie."""
    return "/staff" if who.kind == "staff" else "/mine"


async def account_page(request: web.Request) -> web.StreamResponse:
    """Phone, password, WeChat, every place where this account is signed in, and when it was signed in lately; of staff
    the second factor too."""
    who = owner(request)
    identity = request.app[PEERS].identity
    paths = ["/accounts/own", "/sessions/own", "/accounts/sign-ins"]
    if who.kind == "staff":
        paths.append("/staff/second")
    account, sessions, past, *second = await asyncio.gather(*(identity.json("GET", path, who.actor) for path in paths))
    shown = {"sessions": sessions["items"], "sign_ins": past["items"][:LATELY], "second": second[0] if second else None}
    account["face_reset"] = account["face_reset"] and await here(request)
    template = "staff/own.html" if second else "candidate/account.html"
    shown |= await bar_of(request)
    return page(request, template, account=account, home=home(who), done=note(request), **shown)


async def end_session(request: web.Request) -> web.StreamResponse:
    """Sign out elsewhere: in one place, or (no id) everywhere."""
    who = owner(request)
    identity, values = request.app[PEERS].identity, await typed(request)
    if values.get("id"):
        await identity.json("POST", "/sessions/own/end", who.actor, body={"id": values["id"]})
    else:
        await identity.json("POST", "/sessions/own/end-others", who.actor)
    return redirect(f"{home(who)}/account?done=signed_out")


async def password_page(request: web.Request) -> web.StreamResponse:
    """修改密码."""
    return await show_password(request, [])


async def show_password(request: web.Request, errors: Sequence[Fault]) -> web.Response:
    """The form of 修改密码; who has no password is led back."""
    who = owner(request)
    account = await request.app[PEERS].identity.json("GET", "/accounts/own", who.actor)
    if not account["password"]:
        raise web.HTTPSeeOther(f"{home(who)}/account")
    shown = {"account": account, "home": home(who), "errors": errors, **await bar_of(request)}
    return page(request, "candidate/password.html", status=400 if errors else 200, **shown)


async def change_password(request: web.Request) -> web.StreamResponse:
    """Old password, new one twice."""
    who, values = owner(request), await typed(request)
    try:
        if values.get("new") != values.get("again"):
            raise DomainError("password.differs", pointer="/again")
        body = {"old": values.get("old", ""), "new": values.get("new", "")}
        await request.app[PEERS].identity.json("POST", "/accounts/password", who.actor, body=body)
    except DomainError as error:
        return await show_password(request, of_new(error))
    return redirect(f"{home(who)}/account?done=password")


def of_new(error: DomainError) -> list[Fault]:
    """What is said of a new password, beside the field, which is named `new` here."""
    return [Fault("new" if each.field == "password" else each.field, each.text) for each in told(error)]


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the new password just typed would be taken; nothing is kept."""
    return await judged(request, owner(request))


async def judged(request: web.Request, who: Visitor) -> web.Response:
    """The verdicts on a new password and its repetition."""
    values: Mapping[str, str] = await typed(request)
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
    shown = {"account": account, "errors": errors, **await bar_of(request)}
    return page(request, "candidate/wechat.html", status=400 if errors else 200, **shown)


ROUTES = [
    *(web.get(f"{area}/account", account_page) for area in ("/mine", "/staff")),
    *(web.post(f"{area}/account/end", end_session) for area in ("/mine", "/staff")),
    *(web.get(f"{area}/password", password_page) for area in ("/mine", "/staff")),
    *(web.post(f"{area}/password", change_password) for area in ("/mine", "/staff")),
    *(web.post(f"{area}/password/check", check_password) for area in ("/mine", "/staff")),
    web.get("/mine/wechat", wechat_page),
    web.post("/mine/wechat", unbind_wechat),
]
