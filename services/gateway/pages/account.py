"""Sign in and out, stay signed in, captchas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aiohttp import web

from services.gateway.addresses import address_of, client_of
from services.gateway.forms import Fault, faults, local_path, note, typed
from services.gateway.kept import Pairs, carried
from services.gateway.pages.offer import offered
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, VISITOR, forget, of_view, remember, visitor
from shared.audit import network_of
from shared.errors import DomainError, Kind

STAFF_PATHS = "/staff"
# Buttons that only show a form again: another captcha, digits in place of a puzzle, another way to sign in.
SHOWN_ONLY = frozenset({"captcha", "digits", "show"})


async def login_page(request: web.Request) -> web.StreamResponse:
    """The login form."""
    if visitor(request).kind == "candidate":
        return redirect("/mine")
    return await _login_form(request, {"programme": request.query.get("programme", "")}, [])


async def sign_in_again(request: web.Request, kept: Pairs) -> web.Response:
    """The login form in place of the answer to a form whose session has ended; it carries what was sent."""
    return await _login_form(request, {}, [], kept=kept, status=401)


async def login_fields(request: web.Request) -> web.StreamResponse:
    """What another programme asks for at the login."""
    return page(request, "public/login_fields.html", errors=[], values={}, **await _asked(request, dict(request.query)))


async def _asked(request: web.Request, values: Mapping[str, str], *, captcha: bool = False) -> dict[str, Any]:
    """The programme that is signed in to, and a captcha if it, or the moment, wants one."""
    staff = request.path.startswith(STAFF_PATHS)
    programmes = [] if staff else await request.app[PEERS].programmes()
    asked = [one for one in programmes if one["id"] == values.get("programme")]
    chosen = next(iter(asked or programmes), None)
    wanted = captcha or bool(chosen and chosen["sign_in"]["captcha"] == "always")
    return {
        "staff": staff,
        "programmes": programmes,
        "programme": chosen,
        "captcha": await new_captcha(request) if wanted else None,
    }


async def _login_form(
    request: web.Request,
    values: dict[str, str],
    errors: list[Fault],
    *,
    kept: Pairs = (),
    captcha: bool = False,
    status: int = 200,
) -> web.Response:
    return page(
        request,
        "public/login.html",
        status=status,
        errors=errors,
        values=values,
        done=note(request),
        kept=kept,
        ended=request.query.get("why") == "ended" and not errors,
        next=local_path(request.query.get("next", values.get("next", "")), ""),
        **await _asked(request, values, captcha=captcha),
    )


async def log_in(request: web.Request) -> web.StreamResponse:
    """Open a session; a captcha is asked for once the identity service wants one."""
    values, kept = await typed(request), await carried(request)
    staff = request.path.startswith(STAFF_PATHS)
    if values.get("action") in SHOWN_ONLY:
        return await _login_form(request, values, [], kept=kept, captcha=bool(values.get("captcha_id")))
    body = {key: values[key] for key in ("login", "password", "captcha_id", "captcha_text") if values.get(key)}
    body["programme"] = "" if staff else values.get("programme", "")
    try:
        opened = await request.app[PEERS].identity.json(
            "POST", "/sessions/login", GATEWAY, body=body | client_of(request)
        )
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        captcha = error.code.startswith(("captcha.", "login.")) or bool(values.get("captcha_id"))
        return await _login_form(request, values, faults(error), kept=kept, captcha=captcha, status=400)
    return await signed_in(request, opened, local_path(values.get("next", ""), "/staff" if staff else "/mine"))


async def signed_in(request: web.Request, opened: Mapping[str, Any], target: str) -> web.Response:
    """The first page of a new session: what had been sent when the last one was over, or `target`."""
    await end_session(request)
    who = of_view(opened["token"], opened)
    request[VISITOR] = replace(who, source=network_of(address_of(request)))
    response = (await offered(request) if who.kind == "candidate" else None) or redirect(target)
    remember(response, who.token)
    return response


async def log_out(request: web.Request) -> web.StreamResponse:
    """End the session here and at the identity service. Nobody could come back to a draft without an account: it
    goes as well."""
    anonymous = visitor(request).kind == "anonymous"
    if anonymous:
        await _give_up_draft(request)
    await end_session(request)
    response = redirect("/?done=left_nothing" if anonymous else "/?done=left")
    forget(response)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


async def _give_up_draft(request: web.Request) -> None:
    actor, registration = visitor(request).actor, request.app[PEERS].registration
    # What cannot be deleted now is deleted when its days are over.
    with suppress(DomainError):
        for draft in (await registration.json("GET", "/applications", actor))["items"]:
            await registration.json("POST", f"/applications/{draft['id']}/withdraw", actor)


async def end_session(request: web.Request) -> None:
    """End the visitor's session at the identity service; a copy of its cookie is worth nothing from here on."""
    token = visitor(request).token
    if token:
        await request.app[PEERS].identity.json("POST", "/sessions/logout", GATEWAY, body={"token": token})


async def stay(request: web.Request) -> web.StreamResponse:
    """Somebody is still there: resolving the cookie has moved the idle limit already."""
    who = visitor(request)
    if who.kind == "nobody":
        raise DomainError("session.required", Kind.UNAUTHENTICATED)
    return web.json_response({"idle_left_s": who.idle_left_s})


async def new_captcha(request: web.Request) -> dict[str, Any]:
    """{id, image} of a fresh captcha."""
    found: dict[str, Any] = await request.app[PEERS].identity.json("POST", "/captchas", GATEWAY)
    return found


async def captcha(request: web.Request) -> web.StreamResponse:
    """换一张: only the captcha's part of a form."""
    return page(request, "components/captcha_fragment.html", captcha=await new_captcha(request))


async def captcha_audio(request: web.Request) -> web.StreamResponse:
    """The characters read aloud."""
    path = f"/captchas/{request.match_info['captcha_id']}/audio"
    headers, sound = await request.app[PEERS].identity.raw("GET", path, GATEWAY)
    return web.Response(body=sound, content_type=headers.get("Content-Type", "audio/wav").partition(";")[0])


ROUTES = [
    web.get("/login", login_page),
    web.post("/login", log_in),
    web.get("/login/fields", login_fields),
    web.get("/staff/login", login_page),
    web.post("/staff/login", log_in),
    web.post("/logout", log_out),
    web.post("/session/stay", stay),
    web.get("/captcha", captcha),
    web.get("/captcha/{captcha_id:[0-9a-zA-Z_-]+}.wav", captcha_audio),
]
