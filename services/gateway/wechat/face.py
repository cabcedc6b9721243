"""The face reset on the phone: who holds it, whose password, a photo, the second factor, a new password (000.24).

Every step belongs to the session of the phone that opened the code first; identity decides at each one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from services.gateway import live
from services.gateway.addresses import address_of
from services.gateway.bodies import form_of
from services.gateway.budgets import spend
from services.gateway.forms import Fault, fault, faults, typed
from services.gateway.pages.account import end_session
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect, render
from services.gateway.visitors import GATEWAY, remember, visitor
from shared.errors import DomainError, FieldError, Kind

TICKET = "/wx/reset/{ticket:[A-Za-z0-9_-]{20,64}}"
CAME_BACK = "begun"
CHECKING = "checking"

Json = dict[str, Any]


async def begin(request: web.Request) -> web.StreamResponse:
    """The address of the code: the step this phone is at; for a phone that comes first, by way of WeChat."""
    if visitor(request).signed_in:
        # A link alone must not sign anybody out.
        return page(request, "wechat/face_leave.html", here=_path(request))
    if visitor(request).kind != "anonymous":
        return await _with_session(request)
    try:
        view = await _ask(request, "GET", "")
    except DomainError as error:
        if error.kind is not Kind.NOT_FOUND:
            raise
        return await _to_wechat(request)
    return await _step(request, view)


async def leave(request: web.Request) -> web.StreamResponse:
    """Who is signed in on this phone signs out for it."""
    return await _with_session(request)


async def come_back(request: web.Request) -> web.StreamResponse:
    """WeChat sends the browser back with a code for who holds the phone."""
    body = {name: request.query.get(name, "")[:128] for name in ("code", "state")}
    try:
        await _ask(request, "POST", "/open", body)
    except DomainError as error:
        return _closed(request, error)
    return redirect(_path(request))


async def name(request: web.Request) -> web.StreamResponse:
    """Whose password it is, and the consent."""
    values = await typed(request)
    body = {
        "login": values.get("login", "")[:64],
        "consent": values.get("consent") == "yes",
        "guardian": values.get("guardian") == "yes",
    }
    return await _act(request, "/name", body, values)


async def photo(request: web.Request) -> web.StreamResponse:
    """A photo from the form, made safe by documents, compared by vision. A script gets an address or a text."""
    wrong: list[Fault] = []
    try:
        await _compare(request)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        wrong = faults(error)
    if request.headers.get("Accept", "").startswith("application/json"):
        told = {"text": wrong[0].text} if wrong else {"location": _path(request)}
        return web.json_response(told, status=400 if wrong else 200)
    return await _again(request, wrong, {}) if wrong else redirect(_path(request))


async def _compare(request: web.Request) -> None:
    file = form_of(request).get("photo")
    content = file.file.read() if isinstance(file, web.FileField) else b""
    if not content:
        raise DomainError("upload.empty", Kind.INVALID, "/photo")
    who = visitor(request).actor
    _, upload = await request.app[PEERS].documents.raw("POST", "/uploads", who, params={"kind": "face"}, data=content)
    await _ask(request, "POST", "/photo", {"upload_id": upload["id"], "object_key": upload["object_key"]})


async def send_code(request: web.Request) -> web.StreamResponse:
    """A code by SMS to the account's number."""
    return await _act(request, "/code", {"source": address_of(request)[:64]}, {}, note="?sent=1")


async def prove(request: web.Request) -> web.StreamResponse:
    """The code that came."""
    values = await typed(request)
    return await _act(request, "/prove", {"code": values.get("code", "")[:32]}, {})


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the programme's policy takes the password just typed; nothing is kept."""
    values, view = await typed(request), await _ask(request, "GET", "")
    verdicts: dict[str, Json] = {}
    if values.get("new"):
        question = {"programme": view["programme"], "value": values["new"][:128]}
        verdicts["new"] = await request.app[PEERS].identity.json(
            "POST", "/accounts/password-check", GATEWAY, body=question
        )
    if values.get("again"):
        same = values["again"] == values.get("new")
        verdicts["again"] = {"ok": same, "code": "" if same else "password.differs"}
    return page(request, "candidate/verdicts.html", verdicts=verdicts)


async def password(request: web.Request) -> web.StreamResponse:
    """The new password, twice."""
    values = await typed(request)
    if not values.get("new"):
        return await _again(request, [fault(FieldError("/new", "field.missing"))], {})
    if values["new"] != values.get("again"):
        return await _again(request, [fault(FieldError("/again", "password.differs"))], {})
    body = {"password": values["new"][:128], "bind": values.get("bind") == "yes"}
    return await _act(request, "/password", body, {})


@live.unattended
async def polled(request: web.Request) -> web.StreamResponse:
    """The waiting part, for polling."""
    view = await _ask(request, "GET", "")
    status = 200 if view["step"] == CHECKING else live.ENOUGH
    return web.Response(status=status, text=_fragment(request, view), content_type="text/html")


@live.unattended
async def events(request: web.Request) -> web.StreamResponse:
    """The waiting part until the photo is compared."""
    await _ask(request, "GET", "")

    async def look() -> live.Sight:
        view = await _ask(request, "GET", "")
        return live.Sight(view["step"], view["step"] != CHECKING, partial(_fragment, request, view))

    return await live.stream(request, "face", look)


async def _with_session(request: web.Request) -> web.StreamResponse:
    """A session for this phone; one that is signed in as somebody is ended, it has no part in this."""
    if CAME_BACK in request.query:
        raise DomainError("face_reset.no_cookies", Kind.CONFLICT)
    path = f"/face-resets/{request.match_info['ticket']}/begin"
    await spend(request, "sessions")
    try:
        opened = await request.app[PEERS].identity.json("POST", path, GATEWAY)
    except DomainError as error:
        return _closed(request, error)
    await end_session(request)
    response = redirect(f"{_path(request)}?{CAME_BACK}=1")
    remember(response, opened["token"])
    return response


async def _to_wechat(request: web.Request) -> web.StreamResponse:
    try:
        asked = await _ask(request, "POST", "/authorise")
    except DomainError as error:
        return _closed(request, error)
    return redirect(asked["url"])


def _closed(request: web.Request, error: DomainError) -> web.StreamResponse:
    """This code leads nowhere, and what to do instead."""
    if error.kind is Kind.UNAVAILABLE:
        raise error
    code = "face_reset.expired" if error.kind is Kind.NOT_FOUND else error.code
    return page(request, "wechat/face_closed.html", status=409, code=code)


async def _act(
    request: web.Request, operation: str, body: Json, values: dict[str, str], note: str = ""
) -> web.StreamResponse:
    try:
        await _ask(request, "POST", operation, body)
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND}:
            raise
        return await _again(request, faults(error), values)
    return redirect(_path(request) + note)


async def _again(request: web.Request, wrong: list[Fault], values: dict[str, str]) -> web.Response:
    """The step as it is now, with what was wrong."""
    return await _step(request, await _ask(request, "GET", ""), wrong, values)


async def _step(
    request: web.Request, view: Json, wrong: list[Fault] | None = None, values: dict[str, str] | None = None
) -> web.Response:
    programme = await request.app[PEERS].programme(view["programme"])
    return page(
        request,
        "wechat/face.html",
        status=400 if wrong else 200,
        view=view,
        programme=programme,
        here=_path(request),
        errors=[Fault("new" if each.field == "password" else each.field, each.text) for each in wrong or []],
        values=values or {},
        sent="sent" in request.query,
    )


def _fragment(request: web.Request, view: Json) -> str:
    return render(request, "wechat/face_fragment.html", view=view, here=_path(request))


async def _ask(request: web.Request, method: str, operation: str, body: Json | None = None) -> Any:
    path = f"/face-resets/{request.match_info['ticket']}{operation}"
    return await request.app[PEERS].identity.json(method, path, visitor(request).actor, body=body)


def _path(request: web.Request) -> str:
    return f"/wx/reset/{request.match_info['ticket']}"


ROUTES = [
    web.get(TICKET, begin),
    web.post(TICKET + "/leave", leave),
    web.get(TICKET + "/back", come_back),
    web.get(TICKET + "/status", polled),
    web.get(TICKET + "/events", events),
    web.post(TICKET + "/name", name),
    web.post(TICKET + "/photo", photo),
    web.post(TICKET + "/code", send_code),
    web.post(TICKET + "/prove", prove),
    web.post(TICKET + "/password/check", check_password),
    web.post(TICKET + "/password", password),
]
