"""网上缴费: choose a channel, scan, see at once when the money has arrived; leave and come back at any time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import segno
from aiohttp import web
from markupsafe import Markup

from services.gateway import formats, live
from services.gateway.forms import Fault, faults, typed
from services.gateway.journey import Journey, ask, journey, show
from services.gateway.peers import PEERS
from services.gateway.rendering import redirect, render
from services.gateway.visitors import visitor
from shared.errors import DomainError, Kind
from shared.events.base import new_id

UNPAID = frozenset({"", "created", "awaiting_payment"})


async def order_of(request: web.Request, way: Journey) -> dict[str, Any] | None:
    """The order of the application; None while the payment service has not made it yet."""
    query = {"application_id": way.application["id"]}
    try:
        order: dict[str, Any] = await request.app[PEERS].payment.json("GET", "/orders", way.who.actor, query=query)
    except DomainError as error:
        if error.kind is Kind.NOT_FOUND:
            return None
        raise
    return order


def qr(content: str) -> Markup:
    """A QR code as inline SVG: no picture address holds what it says."""
    return Markup(segno.make(content, error="m").svg_inline(scale=5, border=2, dark="#000", omitsize=True))  # noqa: S704


async def payment_page(
    request: web.Request, way: Journey, errors: Sequence[Fault] = (), *, status: int = 200
) -> web.Response:
    """The amount, the channels, and the QR code once one is chosen."""
    order = await order_of(request, way)
    return show(request, way, "candidate/payment.html", errors=errors, status=status, **_shown(way, order))


def _shown(way: Journey, order: dict[str, Any] | None) -> dict[str, Any]:
    """`waiting`: for the money; `held`: it may not come while the subjects are wrong; `moving`: also until the
    application knows of it, and with it the stage bar."""
    state = (order or {}).get("state") or ""
    code_url = (order or {}).get("code_url") if state == "awaiting_payment" else None
    told = way.application["payment"]["status"]
    return {
        "order": order,
        "state": state,
        "waiting": state in UNPAID,
        "held": state in UNPAID and bool(way.application["subjects_wrong"]),
        "moving": state in UNPAID or (state == "paid" and told != "paid"),
        "code": qr(code_url) if code_url else None,
        "mark": formats.mark([state, code_url, told, way.application["subjects_wrong"]]),
    }


async def pay(request: web.Request) -> web.StreamResponse:
    """Ask for a code of the chosen channel; a second press gets the live one again."""
    way = await journey(request)
    values = await typed(request)
    order = await order_of(request, way)
    if order is None:
        return redirect("/apply")
    if way.application["subjects_wrong"]:
        return redirect("/payment")
    try:
        await request.app[PEERS].payment.json(
            "POST",
            f"/orders/{order['id']}/pay",
            way.who.actor,
            body={"channel": values.get("channel", "wechat")},
            key=new_id(),
        )
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        return await payment_page(request, way, faults(error), status=400)
    return redirect("/payment")


async def again(request: web.Request) -> web.StreamResponse:
    """The payment page for whoever comes back, at whatever stage."""
    if visitor(request).kind == "anonymous":
        return redirect("/apply")
    return await payment_page(request, await journey(request))


async def ask_provider(request: web.Request) -> web.StreamResponse:
    """我已完成支付: look it up at the provider now."""
    way = await journey(request)
    order = await order_of(request, way)
    if order:
        await request.app[PEERS].payment.json("POST", f"/orders/{order['id']}/query", way.who.actor)
    return redirect("/payment")


def _fragment(request: web.Request, way: Journey, order: dict[str, Any] | None) -> str:
    window = way.application.get("window") or {}
    return render(
        request,
        "candidate/payment_fragment.html",
        programme=way.programme,
        application=way.application,
        stages=way.application["stages"],
        closes_at=window.get("closes_at"),
        changed=True,
        **_shown(way, order),
    )


@live.unattended
async def polled(request: web.Request) -> web.StreamResponse:
    """The live part, for polling."""
    way = await journey(request)
    order = await order_of(request, way)
    status = 200 if _shown(way, order)["moving"] else live.ENOUGH
    return web.Response(status=status, text=_fragment(request, way, order), content_type="text/html")


@live.unattended
async def events(request: web.Request) -> web.StreamResponse:
    """The live part each time it changes, until the order is settled."""
    way = await journey(request)

    async def look() -> live.Sight:
        now = Journey(way.who, way.programme, await ask(request, way, "GET", ""))
        order = await order_of(request, now)
        shown = _shown(now, order)
        return live.Sight(shown["mark"], not shown["moving"], partial(_fragment, request, now, order))

    return await live.stream(request, "payment", look)


ROUTES = [
    web.get("/payment", again),
    web.post("/payment/pay", pay),
    web.post("/payment/query", ask_provider),
    web.get("/payment/status", polled),
    web.get("/payment/events", events),
]
