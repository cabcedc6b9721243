"""Live progress of the identity check: server-sent events, and the same fragment for polling."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from services.gateway import formats, live
from services.gateway.journey import Journey, ask, journey
from services.gateway.rendering import redirect, render


def pending(application: dict[str, object]) -> bool:
    """Whether an answer of the vision service is still to come."""
    identity = application.get("identity")
    return isinstance(identity, dict) and identity.get("status") == "requested"


def fragment(request: web.Request, way: Journey, *, changes: bool = True) -> str:
    """The ticks as far as they have come; with `changes` also the fields that the card filled in."""
    return render(
        request,
        "candidate/checks_fragment.html",
        programme=way.programme,
        application=way.application,
        stage=way.of_type("form"),
        pending=pending(way.application),
        changes=changes,
        options={},
    )


@live.unattended
async def checks(request: web.Request) -> web.StreamResponse:
    """The fragment, for polling every few seconds."""
    way = await journey(request)
    status = 200 if pending(way.application) else live.ENOUGH
    return web.Response(status=status, text=fragment(request, way), content_type="text/html")


@live.unattended
async def events(request: web.Request) -> web.StreamResponse:
    """The fragment each time it changes, until the check is answered."""
    way = await journey(request)

    async def look() -> live.Sight:
        now = Journey(way.who, way.programme, await ask(request, way, "GET", ""))
        waiting = pending(now.application)
        draw = partial(fragment, request, now, changes=not waiting)
        return live.Sight(formats.mark(now.application["identity"]), not waiting, draw)

    return await live.stream(request, "checks", look)


async def person(request: web.Request) -> web.StreamResponse:
    """请老师人工审核: after failures the candidate may leave the check to a person."""
    way = await journey(request)
    await ask(request, way, "POST", "/identity/ask-person")
    return redirect(f"{way.form_path}?done=person#checks")


ROUTES = [
    web.get("/form/checks", checks),
    web.get("/form/checks/events", events),
    web.post("/form/checks/person", person),
]
