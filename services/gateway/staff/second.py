"""Staff: the second factor after the password, its enrolment, and signing in by a code sent to the phone."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import segno
from aiohttp import web

from services.gateway.addresses import client_of
from services.gateway.forms import Fault, local_path, note, told, typed
from services.gateway.pages.account import SHOWN_ONLY, end_session, new_captcha
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, Visitor, remember, require_staff_halfway
from shared.errors import DomainError

SPACED = 4


async def ask(request: web.Request) -> web.StreamResponse:
    """Ask for the code of the app."""
    require_staff_halfway(request)
    return page(request, "staff/second.html", errors=[])


async def prove(request: web.Request) -> web.StreamResponse:
    """Take the code."""
    who, values = require_staff_halfway(request), await typed(request)
    body = {"code": values.get("code", ""), **client_of(request)}
    try:
        opened = await request.app[PEERS].identity.json("POST", "/staff/second", who.actor, body=body)
    except DomainError as error:
        return page(request, "staff/second.html", errors=told(error), status=400)
    response = redirect(local_path(request.query.get("next", ""), "/staff"))
    remember(response, opened["token"])
    return response


async def enrolment(request: web.Request) -> web.StreamResponse:
    """The QR code for an app; or, for who has one, how to give it up."""
    return await _enrolment(request, require_staff_halfway(request), [])


async def _enrolment(request: web.Request, who: Visitor, errors: Sequence[Fault]) -> web.Response:
    identity = request.app[PEERS].identity
    standing = await identity.json("GET", "/staff/second", who.actor)
    made: dict[str, Any] = {}
    if not standing["enrolled"]:
        try:
            made = await identity.json("POST", "/staff/second/enrolment", who.actor)
        except DomainError as error:
            errors = told(error)
    return page(
        request,
        "staff/enrol.html",
        standing=standing,
        picture=_picture(made["address"]) if made else "",
        secret=_spaced(made["secret"]) if made else "",
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def confirm(request: web.Request) -> web.StreamResponse:
    """Take the app into use; the recovery codes are shown this once."""
    who, values = require_staff_halfway(request), await typed(request)
    body = {"code": values.get("code", ""), **client_of(request)}
    try:
        made = await request.app[PEERS].identity.json("POST", "/staff/second/confirmation", who.actor, body=body)
    except DomainError as error:
        return await _enrolment(request, who, told(error))
    response = page(request, "staff/recovery.html", codes=made["recovery_codes"])
    remember(response, made["session"]["token"])
    return response


async def remove(request: web.Request) -> web.StreamResponse:
    """Give the app up, for a code of it and the password."""
    who, values = require_staff_halfway(request), await typed(request)
    body = {name: values.get(name, "") for name in ("code", "password")}
    try:
        await request.app[PEERS].identity.json("POST", "/staff/second/removal", who.actor, body=body)
    except DomainError as error:
        return await _enrolment(request, who, told(error))
    return redirect("/staff/second/enrol?done=totp_removed")


async def sms_page(request: web.Request) -> web.StreamResponse:
    """Phone and captcha."""
    return await _sms(request, {}, [])


async def _sms(request: web.Request, values: dict[str, str], errors: Sequence[Fault]) -> web.Response:
    captcha = None if values.get("flow") else await new_captcha(request)
    status = 400 if errors else 200
    back = local_path(request.query.get("next", ""), "")
    return page(request, "staff/sms.html", values=values, errors=errors, captcha=captcha, next=back, status=status)


async def sms(request: web.Request) -> web.StreamResponse:
    """Send the code, then take it. The answer is the same for phones that are nobody's."""
    values, identity = await typed(request), request.app[PEERS].identity
    if values.get("action") in SHOWN_ONLY:
        return await _sms(request, values, [])
    if values.get("flow"):
        return await _sms_session(request, values)
    body = {name: values.get(name, "") for name in ("phone", "captcha_id", "captcha_text")}
    body["source"] = client_of(request)["source"]
    try:
        begun = await identity.json("POST", "/staff/sms", GATEWAY, body=body)
    except DomainError as error:
        return await _sms(request, values, told(error))
    return await _sms(request, {"phone": values.get("phone", ""), "flow": begun["flow"]}, [])


async def _sms_session(request: web.Request, values: dict[str, str]) -> web.StreamResponse:
    body = {"flow": values["flow"], "code": values.get("code", ""), **client_of(request)}
    try:
        opened = await request.app[PEERS].identity.json("POST", "/staff/sms/session", GATEWAY, body=body)
    except DomainError as error:
        return await _sms(request, values, told(error))
    await end_session(request)
    response = redirect(local_path(request.query.get("next", ""), "/staff"))
    remember(response, opened["token"])
    return response


def _picture(address: str) -> str:
    """The QR code as a data address."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, border=4)
    return f"data:image/svg+xml;base64,{base64.b64encode(out.getvalue()).decode()}"


def _spaced(secret: str) -> str:
    return " ".join(secret[at : at + SPACED] for at in range(0, len(secret), SPACED))


ROUTES = [
    web.get("/staff/second", ask),
    web.post("/staff/second", prove),
    web.get("/staff/second/enrol", enrolment),
    web.post("/staff/second/enrol", confirm),
    web.post("/staff/second/remove", remove),
    web.get("/staff/login/sms", sms_page),
    web.post("/staff/login/sms", sms),
]
