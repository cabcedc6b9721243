"""What 找回密码 and 短信登录 have in common: who one is, a proof of being there, the code (000.23, 003.3, 004.11)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from services.gateway import proofs
from services.gateway.addresses import client_of
from services.gateway.forms import Fault, fault, typed
from services.gateway.locales import by_code
from services.gateway.pages.account import end_session
from services.gateway.rendering import page, redirect
from services.gateway.sms_ways import (
    COOKIE,
    LIVES_S,
    LOGIN,
    LONGEST,
    OVER,
    RESET,
    ask,
    call,
    ended,
    every_programme,
    over,
    progress,
    token_of,
    told,
    way_of,
)
from services.gateway.visitors import remember
from shared.errors import DomainError, FieldError
from shared.programme import phone as phones


async def start(request: web.Request) -> web.StreamResponse:
    """Whose account it is about."""
    ended_way = [Fault("", by_code("errors", "reset.expired"))] if request.query.get("why") == "expired" else []
    return await _start_form(request, {"programme": request.query.get("programme", "")}, ended_way)


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin; signing in takes the phone on the same page."""
    values, way = await typed(request), way_of(request)
    if values.get("action") == "captcha":
        return await _start_form(request, values, [])
    if way is LOGIN and (broken := phones.problem(values.get("phone", ""))):
        return await _start_form(request, values, [fault(FieldError("/phone", broken))], 400)
    body = {key: values.get(key, "")[:LONGEST] for key in ("programme", "login", "captcha_id", "captcha_text")}
    try:
        begun = await ask(request, "/resets", body | {"goal": way.goal})
        if way is LOGIN:
            await call(request, begun["token"], values["phone"])
    except DomainError as error:
        return await _start_form(request, values, told(error), 400)
    response = redirect(f"{way.path}/code" if way is LOGIN else f"{way.path}/phone")
    response.set_cookie(
        COOKIE, begun["token"], max_age=LIVES_S, path="/", secure=True, httponly=True, samesite="Strict"
    )
    return response


async def code_page(request: web.Request) -> web.StreamResponse:
    """Where the code is typed."""
    return await _code_form(request, [])


async def resend(request: web.Request) -> web.StreamResponse:
    """The code once more, to the same phone."""
    try:
        await call(request, token_of(request), "")
    except DomainError as error:
        return over(request) if error.code in OVER else await _code_form(request, told(error), 400)
    return redirect(f"{way_of(request).path}/code")


async def prove(request: web.Request) -> web.StreamResponse:
    """Bring the code: on to the new password, or signed in."""
    values, way = await typed(request), way_of(request)
    body = {"token": token_of(request), "code": values.get("code", "")[:16]}
    try:
        if way is RESET:
            await ask(request, "/resets/code", body)
            return redirect(f"{RESET.path}/password")
        client = client_of(request)
        opened = await ask(request, "/sessions/login-code", body | client)
    except DomainError as error:
        return over(request) if error.code in OVER else await _code_form(request, told(error), 400)
    await end_session(request)
    response = ended(redirect("/mine"))
    remember(response, opened["token"])
    return response


async def _start_form(
    request: web.Request, values: Mapping[str, str], errors: list[Fault], status: int = 200
) -> web.Response:
    way = way_of(request)
    programmes = [
        each for each in await every_programme(request) if way is LOGIN or "sms" in each["account"]["reset_channels"]
    ]
    return page(
        request,
        "public/reset_start.html",
        status=status,
        way=way,
        values=values,
        errors=errors,
        programmes=programmes,
        proof=await proofs.offered(request, values.get("proof", "")),
    )


async def _code_form(request: web.Request, errors: list[Fault], status: int = 200) -> web.Response:
    view = await progress(request, "code")
    return page(request, "public/reset_code.html", status=status, way=way_of(request), view=view, errors=errors)


ROUTES = [
    *(web.get(way.path, start) for way in (RESET, LOGIN)),
    *(web.post(way.path, begin) for way in (RESET, LOGIN)),
    *(web.get(f"{way.path}/code", code_page) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/code", prove) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/resend", resend) for way in (RESET, LOGIN)),
]
