"""What 找回密码 and 短信登录 have in common: who one is, a proof of being there, the code (000.23, 003.3, 004.11)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from services.gateway import proofs
from services.gateway.addresses import client_of
from services.gateway.forms import Fault, fault, told, typed
from services.gateway.kept import Pairs, carried
from services.gateway.locales import by_code
from services.gateway.pages.account import SHOWN_ONLY, signed_in
from services.gateway.rendering import page, redirect
from services.gateway.sms_ways import (
    COOKIE,
    LIVES_S,
    LOGIN,
    LONGEST,
    OVER,
    RESET,
    Way,
    ask,
    call,
    ended,
    every_programme,
    onward,
    over,
    progress,
    target,
    token_sent,
    way_of,
)
from shared.errors import DomainError, FieldError
from shared.programme import phone as phones


async def start(request: web.Request) -> web.StreamResponse:
    """Whose account it is about."""
    ended_way = [Fault("", by_code("errors", "reset.expired"))] if request.query.get("why") == "expired" else []
    return await _start_form(request, {"programme": request.query.get("programme", "")}, ended_way)


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin; signing in takes the phone on the same page."""
    values, way, kept = await typed(request), way_of(request), await carried(request)
    if values.get("action") in SHOWN_ONLY:
        return await _start_form(request, values, [], kept)
    if wrong := _wrong(way, values):
        return await _start_form(request, values, wrong, kept, 400)
    body = {key: values.get(key, "")[:LONGEST] for key in ("programme", "login", "captcha_id", "captcha_text")}
    try:
        begun = await ask(request, "/resets", body | {"goal": way.goal})
        if way is LOGIN:
            await call(request, begun["token"], values["phone"])
    except DomainError as error:
        return await _start_form(request, values, told(error), kept, 400)
    if way is LOGIN and kept:
        # A redirect would lose what is carried.
        response = await _code_form(request, [], kept, token=begun["token"])
    else:
        response = redirect(f"{way.path}/{'code' if way is LOGIN else 'phone'}{onward(request)}")
    response.set_cookie(
        COOKIE, begun["token"], max_age=LIVES_S, path="/", secure=True, httponly=True, samesite="Strict"
    )
    return response


def _wrong(way: Way, values: Mapping[str, str]) -> list[Fault]:
    """What can be said without identity, all of it at once."""
    found = [FieldError("/login", "field.missing")] if not values.get("login") else []
    if way is LOGIN and (broken := phones.problem(values.get("phone", ""))):
        found.append(FieldError("/phone", broken))
    if not values.get("captcha_text"):
        found.append(FieldError("/captcha_text", "captcha.required"))
    return [fault(each) for each in found]


async def code_page(request: web.Request) -> web.StreamResponse:
    """Where the code is typed."""
    return await _code_form(request, [])


async def resend(request: web.Request) -> web.StreamResponse:
    """The code once more, to the same phone."""
    kept = await carried(request)
    try:
        await call(request, token_sent(request), "")
    except DomainError as error:
        if error.code in OVER:
            return await _begin_again(request, error, kept)
        return await _code_form(request, told(error), kept, 400)
    return await _code_form(request, [], kept) if kept else redirect(f"{way_of(request).path}/code{onward(request)}")


async def prove(request: web.Request) -> web.StreamResponse:
    """Bring the code: on to the new password, or signed in."""
    values, way, kept = await typed(request), way_of(request), await carried(request)
    try:
        body = {"token": token_sent(request), "code": values.get("code", "")[:16]}
        if way is RESET:
            await ask(request, "/resets/code", body)
            return redirect(f"{RESET.path}/password")
        opened = await ask(request, "/sessions/login-code", body | client_of(request))
    except DomainError as error:
        if error.code in OVER:
            return await _begin_again(request, error, kept)
        return await _code_form(request, told(error), kept, 400)
    return ended(await signed_in(request, opened, target(request) or "/mine"))


async def _begin_again(request: web.Request, error: DomainError, kept: Pairs) -> web.Response:
    """The way is over, or at another step."""
    if not kept:
        return over(request, error)
    return await _start_form(request, {}, [Fault("", by_code("errors", "reset.expired"))], kept, 400)


async def _start_form(
    request: web.Request, values: Mapping[str, str], errors: list[Fault], kept: Pairs = (), status: int = 200
) -> web.Response:
    way, kind = way_of(request), "digits" if values.get("action") == "digits" else values.get("proof", "")
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
        kept=kept,
        next=target(request),
        proof=await proofs.offered(request, kind),
    )


async def _code_form(
    request: web.Request, errors: list[Fault], kept: Pairs = (), status: int = 200, *, token: str = ""
) -> web.Response:
    view = await progress(request, "code", token=token)
    return page(
        request,
        "public/reset_code.html",
        status=status,
        way=way_of(request),
        view=view,
        errors=errors,
        kept=kept,
        next=target(request),
    )


ROUTES = [
    *(web.get(way.path, start) for way in (RESET, LOGIN)),
    *(web.post(way.path, begin) for way in (RESET, LOGIN)),
    *(web.get(f"{way.path}/code", code_page) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/code", prove) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/resend", resend) for way in (RESET, LOGIN)),
]
