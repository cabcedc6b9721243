"""我的报名: what was registered, what happens now, what may still be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, faults, note
from services.gateway.journey import Journey, ask, journey, show
from services.gateway.pages.account import end_session
from services.gateway.pages.payment import order_of
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import forget, require
from shared.errors import DomainError, Kind


async def mine(request: web.Request) -> web.StreamResponse:
    """查看报名基本信息（网上缴费入口）. Somebody who is still filling in goes on with that; who has given up is told
    so, and begins anew only when he says so."""
    who = require(request, "candidate")
    programme = await request.app[PEERS].programme(who.programme)
    if not programme["applies"]:
        return page(request, "candidate/own_home.html", programme=programme, done=note(request))
    own = (await request.app[PEERS].registration.json("GET", "/applications", who.actor))["items"]
    if own and own[-1]["state"] == "withdrawn":
        way = Journey(who, programme, own[-1])
        return page(
            request,
            "candidate/withdrawn.html",
            programme=programme,
            application=way.application,
            order=await order_of(request, way),
        )
    way = await journey(request)
    if way.application["state"] == "draft":
        return redirect(f"/apply/{way.here}")
    return show(request, way, "candidate/mine.html", order=await order_of(request, way), done=note(request))


async def withdraw_page(request: web.Request) -> web.StreamResponse:
    """Ask once more before everything is given up."""
    require(request, "candidate")
    return await _withdraw_form(request, await journey(request), [])


async def _withdraw_form(request: web.Request, way: Journey, errors: Sequence[Fault]) -> web.Response:
    order = await order_of(request, way)
    status = 400 if errors else 200
    return show(request, way, "candidate/withdraw.html", money=_money(way, order), errors=errors, status=status)


def _money(way: Journey, order: dict[str, Any] | None) -> str:
    """What giving up does to the money: `nothing` was asked for, it is `unpaid`, goes `back`, or is `kept`."""
    state = (order or {}).get("state") or "closed"
    if state == "paid":
        return "back" if way.programme["fee"]["refund_on_withdrawal"] else "kept"
    return {"refunding": "under_way", "refunded": "under_way", "closed": "nothing"}.get(state, "unpaid")


async def withdraw(request: web.Request) -> web.StreamResponse:
    """放弃报名."""
    require(request, "candidate")
    way = await journey(request)
    try:
        await ask(request, way, "POST", "/withdraw")
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        return await _withdraw_form(request, way, faults(error))
    await end_session(request)
    response = redirect("/?done=withdrawn")
    forget(response)
    return response


ROUTES = [
    web.get("/mine", mine),
    web.get("/mine/withdraw", withdraw_page),
    web.post("/mine/withdraw", withdraw),
]
