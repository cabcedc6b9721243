"""Pictures: upload by script (with progress), and reading them back under a grant."""

from __future__ import annotations

from aiohttp import web

from services.gateway import pictures
from services.gateway.bodies import Limit, read_file
from services.gateway.forms import Fault, told
from services.gateway.journey import journey
from services.gateway.peers import PEERS
from services.gateway.rendering import SETTINGS, page
from services.gateway.visitors import require
from shared.errors import DomainError


async def upload(request: web.Request) -> web.StreamResponse:
    """The raw bytes of one picture; answers with its part of the form, a refusal included."""
    way = await journey(request)
    kind = request.match_info["kind"]
    wrong: list[Fault] = []
    view = way.application
    limit = Limit(1, request.app[SETTINGS].body_limit_bytes)
    try:
        view = await pictures.attach(request, way, kind, await read_file(request, limit))
    except DomainError as error:
        wrong = [Fault(f"picture-{kind}", one.text) for one in told(error)]
    return page(
        request,
        "candidate/picture_fragment.html",
        programme=way.programme,
        application=view,
        stage=way.of_type("form"),
        kind=kind,
        errors=wrong,
        status=400 if wrong else 200,
    )


async def picture(request: web.Request) -> web.StreamResponse:
    """One picture, for its owner or with a grant; never kept by the browser or a proxy."""
    who = require(request, "anonymous", "candidate", "staff")
    path = f"/uploads/{request.match_info['upload']}"
    params = {"grant": request.query["grant"]} if "grant" in request.query else {}
    headers, content = await request.app[PEERS].documents.raw("GET", path, who.actor, params=params)
    kind = headers.get("Content-Type", "image/jpeg").partition(";")[0]
    return web.Response(body=content, content_type=kind, headers={"Content-Security-Policy": "default-src 'none'"})


ROUTES = [
    web.post("/form/pictures/{kind:[a-z_]+}", upload),
    web.get("/pictures/{upload:[0-9a-f]{32}}", picture),
]
