"""找回密码（刷脸） on the screen: the QR code, and how far the phone is (000.24)."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from services.gateway import live
from services.gateway.budgets import spend
from services.gateway.pages.payment import qr
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect, render
from services.gateway.sms_ways import every_programme
from services.gateway.visitors import GATEWAY
from shared.errors import DomainError, Kind

COOKIE = "__Host-reset"
LIVES_S = 3600
FINAL = frozenset({"done", "expired"})
PAGE = "/reset/face/code"

Json = dict[str, Any]


async def begin(request: web.Request) -> web.StreamResponse:
    """To the code that is under way, or to a fresh one; with several exams, which one is asked first."""
    seen, wanted = await _watched(request), request.query.get("programme", "")
    if seen and seen["state"] not in FINAL and "again" not in request.query and wanted in ("", seen["programme"]):
        return redirect(PAGE)
    offered = await offering(request)
    if not offered:
        raise DomainError("face_reset.not_offered", Kind.CONFLICT)
    wanted = wanted or (offered[0]["id"] if len(offered) == 1 else "")
    if not wanted:
        return page(request, "public/face_reset_programmes.html", programmes=offered)
    await spend(request, "tickets")
    issued = await request.app[PEERS].identity.json("POST", "/face-resets", GATEWAY, body={"programme": wanted})
    response = redirect(PAGE)
    kept = f"{issued['id']}.{issued['secret']}"
    response.set_cookie(COOKIE, kept, max_age=LIVES_S, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def code(request: web.Request) -> web.StreamResponse:
    """The QR code and the steps; without scripts the page is refreshed by hand."""
    seen = await _watched(request)
    if seen is None:
        return redirect("/reset/face")
    programme = await request.app[PEERS].programme(seen["programme"])
    return page(request, "public/face_reset.html", programme=programme, **_shown(seen))


@live.unattended
async def polled(request: web.Request) -> web.StreamResponse:
    """The live part, for polling."""
    seen = await _seen(request)
    status = live.ENOUGH if seen["state"] in FINAL else 200
    return web.Response(status=status, text=_fragment(request, seen), content_type="text/html")


@live.unattended
async def events(request: web.Request) -> web.StreamResponse:
    """The live part each time the phone gets further."""
    await _seen(request)

    async def look() -> live.Sight:
        seen = await _seen(request)
        return live.Sight(seen["state"], seen["state"] in FINAL, partial(_fragment, request, seen))

    return await live.stream(request, "face", look)


async def here(request: web.Request) -> bool:
    """Whether this installation has an app at WeChat."""
    return bool((await request.app[PEERS].identity.json("GET", "/face-resets", GATEWAY))["offered"])


async def offering(request: web.Request) -> list[Json]:
    """The programmes in which a password can be reset by face; none without an app at WeChat."""
    if not await here(request):
        return []
    return [each for each in await every_programme(request) if "face" in each["account"]["reset_channels"]]


async def _watched(request: web.Request) -> Json | None:
    """The reset whose secret this browser holds; None when there is none (any more)."""
    ticket, _, secret = request.cookies.get(COOKIE, "").partition(".")
    if not ticket.replace("-", "").replace("_", "").isalnum() or not ticket.isascii():
        return None
    try:
        seen: Json = await request.app[PEERS].identity.json(
            "POST", f"/face-resets/{ticket}/watch", GATEWAY, body={"secret": secret[:128]}
        )
    except DomainError as error:
        if error.kind is Kind.NOT_FOUND:
            return None
        raise
    return seen


async def _seen(request: web.Request) -> Json:
    seen = await _watched(request)
    if seen is None:
        raise DomainError("ticket.not_found", Kind.NOT_FOUND)
    return seen


def _fragment(request: web.Request, seen: Json) -> str:
    return render(request, "public/face_reset_fragment.html", **_shown(seen))


def _shown(seen: Json) -> Json:
    return {"seen": seen, "final": seen["state"] in FINAL, "code": qr(seen["url"]) if seen["url"] else None}


ROUTES = [
    web.get("/reset/face", begin),
    web.get(PAGE, code),
    web.get("/reset/face/status", polled),
    web.get("/reset/face/events", events),
]
