"""What only passes through: signed callbacks of the payment provider, and the demo's outbox."""

from __future__ import annotations

from aiohttp import web

from services.gateway.peers import PEERS
from services.gateway.rendering import VIEWS, page
from services.gateway.visitors import GATEWAY
from shared.errors import DomainError, Kind
from shared.http.problems import problem

CALLBACK_LIMIT = 64 << 10


async def wechat(request: web.Request) -> web.StreamResponse:
    """The bytes and the signature headers unchanged: the payment service verifies them."""
    content = await request.read()
    if len(content) > CALLBACK_LIMIT:
        raise DomainError("http.413", Kind.TOO_LARGE)
    headers = {name: value for name, value in request.headers.items() if name.lower().startswith("wechatpay-")}
    headers["Content-Type"] = request.headers.get("Content-Type", "application/json")
    try:
        _, answer = await request.app[PEERS].payment.raw(
            "POST", "/callbacks/wechat", GATEWAY, data=content, headers=headers
        )
    except DomainError as error:
        # The provider reads the status and comes again; a page would be an answer it takes for yes.
        return problem(error)
    return web.Response(status=204) if answer is None else web.json_response(answer)


async def outbox(request: web.Request) -> web.StreamResponse:
    """Every message "sent" in the demo; there is no such page in production."""
    if not request.app[VIEWS].globals["demo"]:
        raise DomainError("http.404", Kind.NOT_FOUND)
    answer = await request.app[PEERS].notify.json("GET", "/outbox", GATEWAY)
    return page(request, "public/outbox.html", items=answer["items"])


ROUTES = [web.post("/callbacks/wechat", wechat), web.get("/dev/outbox", outbox)]
