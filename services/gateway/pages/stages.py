"""Begin a journey, go to its current stage, read notices and accept or decline them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from services.gateway.budgets import spend
from services.gateway.forms import Fault, faults
from services.gateway.journey import Journey, ask, journey, onward, show
from services.gateway.pages import fill, payment, subjects
from services.gateway.peers import PEERS
from services.gateway.rendering import redirect
from services.gateway.visitors import GATEWAY, forget, remember, visitor
from shared.errors import DomainError, Kind


async def start(request: web.Request) -> web.StreamResponse:
    """网上报名: an anonymous session whose draft is kept from the first click."""
    who, programme = visitor(request), request.match_info["programme"]
    response = redirect("/apply")
    if who.kind in {"anonymous", "candidate"} and who.programme == programme:
        return response
    await spend(request, "sessions")
    asked = await request.app[PEERS].programme(programme)
    if asked["sign_in"]["opened_by"] == "office":
        return redirect(f"/login?programme={asked['id']}")
    opened = await request.app[PEERS].identity.json("POST", "/sessions", GATEWAY, body={"programme": programme})
    remember(response, opened["token"])
    return response


async def go_on(request: web.Request) -> web.StreamResponse:
    """To wherever the application stands; home, where nobody applies."""
    who = visitor(request)
    if who.programme and not (await request.app[PEERS].programme(who.programme))["applies"]:
        return redirect("/mine")
    way = await journey(request)
    return redirect(f"/apply/{way.here}")


async def stage_page(request: web.Request) -> web.StreamResponse:
    """One stage. A stage not reached leads back to the current one: the order is the server's."""
    way = await journey(request)
    stage = way.stage(request.match_info["stage"])
    if stage["id"] != request.match_info["stage"] or way.place(stage["id"]) > way.place(way.here):
        return redirect(f"/apply/{way.here}")
    if _settled(way, stage["type"]):
        return redirect("/mine")
    return await PAGES[stage["type"]](request, way)


def _settled(way: Journey, stage_type: str) -> bool:
    """Whether a submitted application can no longer be changed at this stage: the place to look is 我的报名."""
    if not way.application["submitted_at"]:
        return False
    if stage_type == "subjects":
        return bool(way.application["locked_subjects"])
    return stage_type == "form" and way.application["state"] in {"approved", "withdrawn"}


async def notice_page(request: web.Request, way: Journey, errors: list[Fault] | None = None) -> web.Response:
    """A document to read."""
    stage = way.stage(request.match_info["stage"])
    return show(
        request,
        way,
        "candidate/notice.html",
        stage=stage,
        notice=way.programme["notices"][stage["notice"]],
        read=stage["id"] != way.here,
        errors=errors or [],
        status=400 if errors else 200,
    )


async def accept(request: web.Request) -> web.StreamResponse:
    """已阅读 / 我同意."""
    way = await journey(request)
    try:
        view = await ask(request, way, "POST", f"/stages/{request.match_info['stage']}/accept")
    except DomainError as error:
        if error.code in {"stage.passed", "stage.not_reached"}:
            return redirect("/apply")
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        return await notice_page(request, way, faults(error))
    return onward(view)


async def decline(request: web.Request) -> web.StreamResponse:
    """未阅读 / 不同意: nothing is registered, the draft and the session end."""
    way = await journey(request)
    await ask(request, way, "POST", f"/stages/{request.match_info['stage']}/decline")
    peers = request.app[PEERS]
    await peers.identity.json("POST", "/sessions/logout", GATEWAY, body={"token": way.who.token})
    response = redirect("/?done=declined")
    forget(response)
    return response


async def done_page(_request: web.Request, _way: Journey) -> web.StreamResponse:
    """报名成功 is 我的报名 with a heading of its own."""
    return redirect("/mine")


PAGES: dict[str, Callable[[web.Request, Journey], Awaitable[web.StreamResponse]]] = {
    "notice": notice_page,
    "form": fill.form_page,
    "subjects": subjects.subjects_page,
    "payment": payment.payment_page,
    "done": done_page,
}

ROUTES = [
    web.post("/programmes/{programme}/start", start),
    web.get("/apply", go_on),
    web.get("/apply/{stage:[a-z0-9_-]+}", stage_page),
    web.post("/apply/{stage:[a-z0-9_-]+}/accept", accept),
    web.post("/apply/{stage:[a-z0-9_-]+}/decline", decline),
]
