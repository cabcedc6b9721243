"""首次登录: what somebody with an issued account does before anything else, in the server's order (003.4-6, 001.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from services.gateway.forms import Fault, note, told, typed
from services.gateway.pages.owner import check_password
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import require
from shared.errors import DomainError


async def go_on(request: web.Request) -> web.StreamResponse:
    """To the next step, or home."""
    left = await _ask(request, "GET", "")
    return redirect(f"/first/{left['todo'][0]}" if left["todo"] else "/mine")


async def step_page(request: web.Request) -> web.StreamResponse:
    """One step; any other than the next leads there."""
    return await _step(request, request.match_info["step"], {}, [])


async def _step(request: web.Request, step: str, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    who = require(request, "candidate")
    left = await _ask(request, "GET", "")
    if left["todo"][:1] != [step]:
        return redirect("/first")
    programme = await request.app[PEERS].programme(who.programme)
    more = await _tree(request, values) if step == "roll" else {}
    return page(
        request,
        f"candidate/first_{step}.html",
        programme=programme,
        values=values,
        errors=errors,
        done=note(request),
        corrections=left["corrections"],
        status=400 if errors else 200,
        **more,
    )


async def _tree(request: web.Request, values: Mapping[str, str]) -> dict[str, Any]:
    """The offices below the one chosen, its schools, or those whose name was searched for."""
    peers, query = request.app[PEERS], request.query
    region, words = query.get("region", "")[:20], query.get("q", "").strip()[:40]
    chosen = values.get("school") or query.get("school", "")[:20]
    below = (await peers.public("/regions", {"parent": region} if region else {}))["items"]
    asked = {name: value for name, value in {"region": region, "q": words}.items() if value}
    schools = (await peers.public("/schools", asked))["items"] if asked else []
    title = values.get("school_name") or query.get("title", "")[:60]
    return {"below": below, "schools": schools, "region": region, "q": words, "chosen": chosen, "chosen_title": title}


async def confirm_roll(request: web.Request) -> web.StreamResponse:
    """Name and school, or a request to correct the roll."""
    values = await typed(request)
    body = {name: values.get(name, "")[:64] for name in ("name", "school")}
    wrong = values.get("action") == "correction"
    try:
        if wrong:
            await _ask(request, "POST", "/correction", body | {"remark": values.get("remark", "")[:500]})
        else:
            await _ask(request, "POST", "/roll", body)
    except DomainError as error:
        return await _refused(request, "roll", values, error)
    return redirect("/first/roll?done=correction" if wrong else "/first")


async def choose_password(request: web.Request) -> web.StreamResponse:
    """The new password, twice."""
    values = await typed(request)
    try:
        if values.get("new") != values.get("again"):
            raise DomainError("password.differs", pointer="/again")
        await _ask(request, "POST", "/password", {"password": values.get("new", "")})
    except DomainError as error:
        return await _refused(request, "password", {}, error)
    return redirect("/first")


async def send_code(request: web.Request) -> web.StreamResponse:
    """Have a code sent to the phone, or go on without."""
    who, values = require(request, "candidate"), await typed(request)
    if (await _ask(request, "GET", ""))["todo"][:1] != ["phone"]:
        return redirect("/first")
    try:
        if values.get("action") == "skip":
            await _ask(request, "POST", "/phone/skip")
            return redirect("/mine")
        body = {"phone": values.get("phone", "")[:64]}
        await request.app[PEERS].identity.json("POST", "/accounts/phone/code", who.actor, body=body)
    except DomainError as error:
        if error.code == "code.too_soon":
            return _code_form(request, values, told(error))
        return await _refused(request, "phone", values, error)
    return _code_form(request, values, [])


async def code_page(request: web.Request) -> web.StreamResponse:
    """Ask for the code once more."""
    if (await _ask(request, "GET", ""))["todo"][:1] != ["phone"]:
        return redirect("/first")
    return _code_form(request, {}, [])


def _code_form(request: web.Request, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    shown = {"way": "/first/phone", "values": values, "errors": errors}
    return page(request, "candidate/phone_code.html", status=400 if errors else 200, **shown)


async def bind_phone(request: web.Request) -> web.StreamResponse:
    """Bind the phone that the code proves."""
    values = await typed(request)
    try:
        await _ask(request, "POST", "/phone", {"code": values.get("code", "")[:16]})
    except DomainError as error:
        if error.code == "first.order":
            return redirect("/first")
        return _code_form(request, values, told(error))
    return redirect("/mine")


async def _ask(request: web.Request, method: str, path: str, body: Any = None) -> Any:
    who = require(request, "candidate")
    return await request.app[PEERS].identity.json(method, f"/accounts/first{path}", who.actor, body=body)


async def _refused(request: web.Request, step: str, values: Mapping[str, str], error: DomainError) -> web.Response:
    if error.code == "first.order":
        return redirect("/first")
    found = [Fault("new" if one.field == "password" else one.field, one.text) for one in told(error)]
    return await _step(request, step, values, found)


ROUTES = [
    web.get("/first", go_on),
    web.get("/first/{step:roll|password|phone}", step_page),
    web.post("/first/roll", confirm_roll),
    web.post("/first/password", choose_password),
    web.post("/first/password/check", check_password),
    web.post("/first/phone", send_code),
    web.get("/first/phone/code", code_page),
    web.post("/first/phone/code", bind_phone),
]
