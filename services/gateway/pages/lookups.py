"""Helpers of the form: search for a school, 学籍查询, 生僻字."""

from __future__ import annotations

from aiohttp import web

from services.gateway import choices
from services.gateway.budgets import spend
from services.gateway.forms import typed
from services.gateway.journey import Journey, journey
from services.gateway.peers import PEERS
from services.gateway.rendering import page, render
from services.gateway.visitors import GATEWAY
from shared.errors import DomainError, Kind


async def schools(request: web.Request) -> web.StreamResponse:
    """The school list narrowed by a part of the name."""
    way = await journey(request)
    field = next(field for field in way.programme["fields"] if field["kind"] == "school")
    region = way.application["values"].get(field.get("parent") or "", "")
    items = await choices.schools(request, region, request.query.get("q", "").strip())
    return page(
        request, "candidate/school_options.html", items=items, chosen_id=way.application["values"].get(field["id"])
    )


async def roll(request: web.Request) -> web.StreamResponse:
    """学籍查询 with the number and the name on the form; they travel in the body, never in an address."""
    way = await journey(request)
    return web.Response(text=await roll_of(request, way, await typed(request)), content_type="text/html")


async def roll_of(request: web.Request, way: Journey, values: dict[str, str]) -> str:
    """What the school roll says, as a part of the form."""
    known = {**way.application["values"], **values}
    body = {name: known.get(name, "") for name in ("id_number", "name")}
    try:
        await spend(request, "roll")
        found = await request.app[PEERS].registration.json("POST", "/roll/lookup", way.who.actor, body=body)
    except DomainError as error:
        if error.kind is not Kind.TOO_MANY:
            raise
        found = {"refusal": error.code, "params": error.params}
    return render(request, "candidate/roll.html", found=found)


async def characters(request: web.Request) -> web.StreamResponse:
    """生僻字: characters by their reading; a page of its own without JavaScript."""
    asked = {"pinyin": request.query.get("pinyin", "").strip().lower()[:12]}
    items = []
    if asked["pinyin"]:
        answer = await request.app[PEERS].registration.json("GET", "/rare-characters", GATEWAY, query=asked)
        items = answer["items"]
    part = "HX-Request" in request.headers
    template = "candidate/characters_fragment.html" if part else "candidate/characters.html"
    return page(request, template, items=items, pinyin=asked["pinyin"])


ROUTES = [
    web.get("/form/schools", schools),
    web.post("/form/roll", roll),
    web.get("/form/characters", characters),
]
