"""The two ways by SMS, to a new password and in, as the pages of both share them.

A way's token is in a cookie of its own, so that a reload or a crash loses nothing, and never in an address. What the
pages say is the same for numbers that nobody has and for phones that are not theirs. Each form carries a mark of its
way: a browser has one way at a time, and a form left in another tab must not be sent on a later one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.gateway.addresses import address_of
from services.gateway.bodies import form_of
from services.gateway.forms import local_path
from services.gateway.peers import PEERS
from services.gateway.rendering import redirect
from services.gateway.visitors import GATEWAY
from shared.errors import DomainError, Kind

COOKIE = "__Host-sms"
LIVES_S = 1800
LONGEST = 128
OVER = frozenset({"reset.expired", "reset.not_this_step"})

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One of the two ways; its pages lie under `path`."""

    goal: str
    path: str


RESET, LOGIN = Way("reset", "/reset/sms"), Way("login", "/login/sms")


def way_of(request: web.Request) -> Way:
    """The way that a page belongs to."""
    return LOGIN if request.path.startswith(LOGIN.path) else RESET


def target(request: web.Request) -> str:
    """The page of ours that sent somebody to sign in; it stands in the addresses of the way (`next`). Else empty."""
    return local_path(request.query.get("next", ""), "") if way_of(request) is LOGIN else ""


def onward(request: web.Request, **more: str) -> str:
    """What the next address of the way carries: the target, and more."""
    asked = more | ({"next": target(request)} if target(request) else {})
    return f"?{urlencode(asked)}" if asked else ""


async def every_programme(request: web.Request) -> list[Json]:
    """Every programme in full."""
    peers = request.app[PEERS]
    return [await peers.programme(each["id"]) for each in await peers.programmes()]


async def progress(request: web.Request, *steps: str, token: str = "") -> Json:
    """How far this browser is, or whoever has `token`. Leads to the page where it is when that is not this one."""
    way, token = way_of(request), token or token_of(request)
    try:
        view = await ask(request, "/resets/progress", {"token": token})
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        raise web.HTTPSeeOther(way.path + onward(request, why="expired")) from error
    if view["goal"] != way.goal:
        raise web.HTTPSeeOther(way.path)
    if view["step"] not in steps:
        raise web.HTTPSeeOther(f"{way.path}/{view['step']}{onward(request)}")
    return view | {"mark": mark_of(token)}


async def call(request: web.Request, token: str, phone: str) -> None:
    """Have a code sent to a phone; an empty one means the same again."""
    body = {"token": token, "phone": phone[:LONGEST], "source": address_of(request)}
    await ask(request, "/resets/phone", body)


async def ask(request: web.Request, path: str, body: Mapping[str, Any]) -> Json:
    """An operation of identity."""
    answer: Json = await request.app[PEERS].identity.json("POST", path, GATEWAY, body=body)
    return answer


def token_of(request: web.Request) -> str:
    """The token in this browser, if any."""
    return request.cookies.get(COOKIE, "")[:LONGEST]


def token_sent(request: web.Request) -> str:
    """The token of the way that a form belongs to. Raises `reset.expired` for one of another way."""
    token = token_of(request)
    if form_of(request).get("way") != mark_of(token):
        raise DomainError("reset.expired", Kind.CONFLICT)
    return token


def mark_of(token: str) -> str:
    """By which a form of a way is known."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def over(request: web.Request, error: DomainError) -> web.Response:
    """The way is over: begin again; or at another step, to which the page of this one leads."""
    way = way_of(request)
    if error.code == "reset.not_this_step":
        return redirect(f"{way.path}/code{onward(request)}")
    return redirect(way.path + onward(request, why="expired"))


def ended(response: web.Response) -> web.Response:
    """Forget the token."""
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return response
