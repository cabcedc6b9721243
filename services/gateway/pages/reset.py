"""找回密码: every way there is, and on the way by SMS the phone and the new password (000.23, 003.6, 004.11)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from services.gateway.addresses import address_of
from services.gateway.forms import Fault, fault, told, typed
from services.gateway.pages.account import end_session
from services.gateway.pages.face_reset import offering
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.sms_ways import (
    LONGEST,
    OVER,
    RESET,
    Json,
    ask,
    call,
    ended,
    every_programme,
    mark_of,
    over,
    progress,
    token_of,
    token_sent,
)
from shared.errors import DomainError, FieldError


async def choose(request: web.Request) -> web.StreamResponse:
    """忘记密码: every way there is to get in again."""
    channels = {each for programme in await every_programme(request) for each in programme["account"]["reset_channels"]}
    return page(request, "public/reset.html", sms="sms" in channels, face=bool(await offering(request)))


async def phone_page(request: web.Request) -> web.StreamResponse:
    """Which phone gets the code; also to correct it."""
    await progress(request, "phone", "code")
    return _phone_form(request, {}, [])


def _phone_form(request: web.Request, values: Mapping[str, str], errors: list[Fault]) -> web.Response:
    status, mark = 400 if errors else 200, mark_of(token_of(request))
    return page(request, "public/reset_phone.html", status=status, values=values, errors=errors, mark=mark)


async def call_phone(request: web.Request) -> web.StreamResponse:
    """Have the code sent."""
    values = await typed(request)
    phone = values.get("phone", "")[:LONGEST]
    if not phone:
        return _phone_form(request, values, [fault(FieldError("/phone", "field.missing"))])
    try:
        await call(request, token_sent(request), phone)
    except DomainError as error:
        if error.code in OVER:
            return over(request, error)
        if error.code != "code.too_soon" or not (await progress(request, "phone", "code"))["resend_s"]:
            return _phone_form(request, values, told(error))
        # Sent a moment ago: it is typed on the next page.
    return redirect(f"{RESET.path}/code")


async def password_page(request: web.Request) -> web.StreamResponse:
    """The new password, twice."""
    return await _password_form(request, [])


async def check_password(request: web.Request) -> web.StreamResponse:
    """Whether the programme's policy takes the password just typed; nothing is kept."""
    values, view = await typed(request), await progress(request, "password")
    verdicts: dict[str, Json] = {}
    if values.get("new"):
        question = {"programme": view["programme"], "value": values["new"][:LONGEST]}
        verdicts["new"] = await ask(request, "/accounts/password-check", question)
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
        body = {"token": token_sent(request), "password": values["new"][:LONGEST], "source": address_of(request)[:64]}
        await ask(request, "/resets/password", body)
    except DomainError as error:
        if error.code in OVER:
            return over(request, error)
        # The field is named "new" here.
        named = [Fault("new" if each.field == "password" else each.field, each.text) for each in told(error)]
        return await _password_form(request, named, 400)
    await end_session(request)
    return ended(redirect("/login?done=password_reset"))


async def _password_form(request: web.Request, errors: list[Fault], status: int = 200) -> web.Response:
    view = await progress(request, "password")
    programme = await request.app[PEERS].programme(view["programme"])
    shown = {"programme": programme, "mark": view["mark"], "errors": errors}
    return page(request, "public/reset_password.html", status=status, **shown)


ROUTES = [
    web.get("/reset", choose),
    web.get(f"{RESET.path}/phone", phone_page),
    web.post(f"{RESET.path}/phone", call_phone),
    web.get(f"{RESET.path}/password", password_page),
    web.post(f"{RESET.path}/password", set_password),
    web.post(f"{RESET.path}/password/check", check_password),
]
