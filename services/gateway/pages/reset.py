"""找回密码 and 短信登录: who one is, a proof of being there, the phone, the code (000.23, 003.3, 003.6, 004.11).

The way's token is in a cookie of its own, so that a reload or a crash loses nothing, and never in an address. What
these pages say is the same for numbers that nobody has and for phones that are not theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.gateway import proofs
from services.gateway.addresses import address_of, client_of
from services.gateway.forms import Fault, fault, faults, typed
from services.gateway.locales import by_code
from services.gateway.pages.account import end_session
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, remember
from shared.errors import DomainError, FieldError, Kind
from shared.programme import phone as phones

COOKIE = "__Host-sms"
LIVES_S = 1800
LONGEST = 128
OVER = frozenset({"reset.expired", "reset.not_this_step"})

Json = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One of the two ways; its pages lie under `path`."""

    goal: str
    path: str


RESET, LOGIN = Way("reset", "/reset/sms"), Way("login", "/login/sms")


def way_of(request: web.Request) -> Way:
    """The way that a page belongs to."""
    return LOGIN if request.path.startswith(LOGIN.path) else RESET


async def choose(request: web.Request) -> web.StreamResponse:
    """忘记密码: every way there is to get in again."""
    channels = {each for programme in await _programmes(request) for each in programme["account"]["reset_channels"]}
    return page(request, "public/reset.html", channels=channels)


async def start(request: web.Request) -> web.StreamResponse:
    """Whose account it is about."""
    told = [Fault("", by_code("errors", "reset.expired"))] if request.query.get("why") == "expired" else []
    return await _start_form(request, {"programme": request.query.get("programme", "")}, told)


async def begin(request: web.Request) -> web.StreamResponse:
    """Begin; signing in takes the phone on the same page."""
    values, way = await typed(request), way_of(request)
    if values.get("action") == "captcha":
        return await _start_form(request, values, [])
    if way is LOGIN and (broken := phones.problem(values.get("phone", ""))):
        return await _start_form(request, values, [fault(FieldError("/phone", broken))], 400)
    body = {key: values.get(key, "")[:LONGEST] for key in ("programme", "login", "captcha_id", "captcha_text")}
    try:
        begun = await _ask(request, "/resets", body | {"goal": way.goal})
        if way is LOGIN:
            await _call(request, begun["token"], values["phone"])
    except DomainError as error:
        return await _start_form(request, values, _told(error), 400)
    response = redirect(f"{way.path}/code" if way is LOGIN else f"{way.path}/phone")
    response.set_cookie(
        COOKIE, begun["token"], max_age=LIVES_S, path="/", secure=True, httponly=True, samesite="Strict"
    )
    return response


async def phone_page(request: web.Request) -> web.StreamResponse:
    """Which phone gets the code; also to correct it."""
    await _progress(request, "phone", "code")
    return page(request, "public/reset_phone.html", errors=[], values={})


async def call_phone(request: web.Request) -> web.StreamResponse:
    """Have the code sent."""
    values = await typed(request)
    phone = values.get("phone", "")[:LONGEST]
    if not phone:
        missing = [fault(FieldError("/phone", "field.missing"))]
        return page(request, "public/reset_phone.html", status=400, errors=missing, values=values)
    try:
        await _call(request, _token(request), phone)
    except DomainError as error:
        if error.code in OVER:
            return _over(request)
        return page(request, "public/reset_phone.html", status=400, errors=_told(error), values=values)
    return redirect(f"{RESET.path}/code")


async def code_page(request: web.Request) -> web.StreamResponse:
    """Where the code is typed."""
    return await _code_form(request, [])


async def resend(request: web.Request) -> web.StreamResponse:
    """The code once more, to the same phone."""
    try:
        await _call(request, _token(request), "")
    except DomainError as error:
        return _over(request) if error.code in OVER else await _code_form(request, _told(error), 400)
    return redirect(f"{way_of(request).path}/code")


async def prove(request: web.Request) -> web.StreamResponse:
    """Bring the code: on to the new password, or signed in."""
    values, way = await typed(request), way_of(request)
    body = {"token": _token(request), "code": values.get("code", "")[:16]}
    try:
        if way is RESET:
            await _ask(request, "/resets/code", body)
            return redirect(f"{RESET.path}/password")
        client = client_of(request)
        opened = await _ask(request, "/sessions/login-code", body | client)
    except DomainError as error:
        return _over(request) if error.code in OVER else await _code_form(request, _told(error), 400)
    await end_session(request)
    response = _done(redirect("/mine"))
    remember(response, opened["token"])
    return response


async def password_page(request: web.Request) -> web.StreamResponse:
    """The new password, twice."""
    return await _password_form(request, [])


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the programme's policy takes the password just typed; nothing is kept."""
    values, view = await typed(request), await _progress(request, "password")
    verdicts: dict[str, Json] = {}
    if values.get("new"):
        question = {"programme": view["programme"], "value": values["new"][:LONGEST]}
        verdicts["new"] = await _ask(request, "/accounts/password-check", question)
    if values.get("again"):
        same = values["again"] == values.get("new")
        verdicts["again"] = {"ok": same, "code": "" if same else "password.differs"}
    return page(request, "candidate/verdicts.html", verdicts=verdicts)


async def set_password(request: web.Request) -> web.StreamResponse:
    """Set it; every session of the account ends."""
    values = await typed(request)
    wrong = "field.missing" if not values.get("new") else ""
    if wrong or values["new"] != values.get("again"):
        problem = FieldError("/new", wrong) if wrong else FieldError("/again", "password.differs")
        return await _password_form(request, [fault(problem)], 400)
    try:
        await _ask(request, "/resets/password", {"token": _token(request), "password": values["new"][:LONGEST]})
    except DomainError as error:
        if error.code in OVER:
            return _over(request)
        # The field is named "new" here.
        told = [Fault("new" if each.field == "password" else each.field, each.text) for each in _told(error)]
        return await _password_form(request, told, 400)
    await end_session(request)
    return _done(redirect("/login?done=password_reset"))


async def _start_form(
    request: web.Request, values: Mapping[str, str], errors: list[Fault], status: int = 200
) -> web.Response:
    way = way_of(request)
    programmes = [
        each for each in await _programmes(request) if way is LOGIN or "sms" in each["account"]["reset_channels"]
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
    view = await _progress(request, "code")
    return page(request, "public/reset_code.html", status=status, way=way_of(request), view=view, errors=errors)


async def _password_form(request: web.Request, errors: list[Fault], status: int = 200) -> web.Response:
    view = await _progress(request, "password")
    programme = await request.app[PEERS].programme(view["programme"])
    return page(request, "public/reset_password.html", status=status, programme=programme, errors=errors)


async def _programmes(request: web.Request) -> list[Json]:
    peers = request.app[PEERS]
    return [await peers.programme(each["id"]) for each in await peers.programmes()]


async def _progress(request: web.Request, *steps: str) -> Json:
    """How far this browser is. Leads to the page where it is when that is not this one."""
    way = way_of(request)
    try:
        view = await _ask(request, "/resets/progress", {"token": _token(request)})
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        raise web.HTTPSeeOther(f"{way.path}?why=expired") from error
    if view["goal"] != way.goal:
        raise web.HTTPSeeOther(way.path)
    if view["step"] not in steps:
        raise web.HTTPSeeOther(f"{way.path}/{view['step']}")
    return view


async def _call(request: web.Request, token: str, phone: str) -> None:
    body = {"token": token, "phone": phone[:LONGEST], "source": address_of(request)}
    await _ask(request, "/resets/phone", body)


async def _ask(request: web.Request, path: str, body: Mapping[str, Any]) -> Json:
    answer: Json = await request.app[PEERS].identity.json("POST", path, GATEWAY, body=body)
    return answer


def _token(request: web.Request) -> str:
    return request.cookies.get(COOKIE, "")[:LONGEST]


def _told(error: DomainError) -> list[Fault]:
    if error.kind is Kind.UNAVAILABLE:
        raise error
    return faults(error)


def _over(request: web.Request) -> web.Response:
    return redirect(f"{way_of(request).path}?why=expired")


def _done(response: web.Response) -> web.Response:
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return response


ROUTES = [
    web.get("/reset", choose),
    web.get(RESET.path, start),
    web.post(RESET.path, begin),
    web.get(f"{RESET.path}/phone", phone_page),
    web.post(f"{RESET.path}/phone", call_phone),
    web.get(f"{RESET.path}/password", password_page),
    web.post(f"{RESET.path}/password", set_password),
    web.post(f"{RESET.path}/password/check", check_password),
    web.get(LOGIN.path, start),
    web.post(LOGIN.path, begin),
    *(web.get(f"{way.path}/code", code_page) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/code", prove) for way in (RESET, LOGIN)),
    *(web.post(f"{way.path}/resend", resend) for way in (RESET, LOGIN)),
]
