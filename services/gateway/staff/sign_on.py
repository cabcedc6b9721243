"""Staff: out to the government's sign-on and back to the page they came from (003.11); the real-name form (003.12)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from services.gateway.addresses import client_of
from services.gateway.forms import Fault, faults, local_path, typed
from services.gateway.pages.account import SHOWN_ONLY, end_session, new_captcha
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import GATEWAY, remember
from shared.errors import DomainError, FieldError, Kind

BINDING_COOKIE, JOIN_COOKIE = "__Host-sso", "__Host-join"
BINDING_S, JOIN_S = 600, 1800
FIELDS = ("name", "document_kind", "document_number", "validity", "phone", "code")
DOCUMENTS = ("resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permanent")
VALIDITIES = ("5", "10", "20", "permanent")


async def out(request: web.Request) -> web.StreamResponse:
    """To the provider. A link, not a form: the content policy keeps forms on this site, redirects after them too."""
    target = local_path(request.query.get("next", ""), "/staff")
    begun = await request.app[PEERS].identity.json("POST", "/staff/sign-on", GATEWAY, body={"next": target})
    response = redirect(begun["address"])
    _set(response, BINDING_COOKIE, begun["binding"], BINDING_S)
    return response


async def back(request: web.Request) -> web.StreamResponse:
    """From the provider: signed in where they were; or on to the form."""
    answer = {name: request.query.get(name, "") for name in ("code", "state", "iss")}
    binding = request.cookies.get(BINDING_COOKIE, "")
    body = {**answer, "binding": binding, **client_of(request)}
    done = await request.app[PEERS].identity.json("POST", "/staff/sign-on/back", GATEWAY, body=body)
    if done["session"]:
        await end_session(request)
        response = redirect(local_path(done["next"], "/staff"))
        remember(response, done["session"]["token"])
    elif done["ticket"]:
        response = redirect("/staff/join")
        _set(response, JOIN_COOKIE, done["ticket"], JOIN_S)
    else:
        response = redirect("/staff/join/sent")
    response.del_cookie(BINDING_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def join_page(request: web.Request) -> web.StreamResponse:
    """The real-name form, with the name that the provider gave."""
    return await _form(request, {"name": await _name(request)}, [])


async def _name(request: web.Request) -> str:
    """As the provider told it. Raises `signon.expired` for who has no ticket to the form."""
    body = {"ticket": request.cookies.get(JOIN_COOKIE, "")}
    found = await request.app[PEERS].identity.json("POST", "/staff/newcomer", GATEWAY, body=body)
    return str(found["name"])


async def join(request: web.Request) -> web.StreamResponse:
    """Send the code, or the form."""
    values = await typed(request)
    if values.get("action") in SHOWN_ONLY:
        await _name(request)
        return await _form(request, values, [])
    sends = values.get("action") == "code"
    try:
        await (_send_code(request, values) if sends else _ask(request, values))
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE or error.code == "signon.expired":
            raise
        return await _form(request, values, faults(error))
    if sends:
        return await _form(request, values, [], sent=True)
    response = redirect("/staff/join/sent")
    response.del_cookie(JOIN_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


async def _send_code(request: web.Request, values: dict[str, str]) -> None:
    body = {name: values.get(name, "") for name in ("phone", "captcha_id", "captcha_text")}
    body |= {"ticket": request.cookies.get(JOIN_COOKIE, ""), "source": client_of(request)["source"]}
    await request.app[PEERS].identity.json("POST", "/staff/requests/code", GATEWAY, body=body)


async def _ask(request: web.Request, values: dict[str, str]) -> None:
    if not values.get("agreed"):
        raise DomainError("request.invalid", errors=[FieldError("/agreed", "staff.not_agreed")])
    body = {name: values.get(name, "") for name in FIELDS}
    body |= {"ticket": request.cookies.get(JOIN_COOKIE, ""), "source": client_of(request)["source"]}
    await request.app[PEERS].identity.json("POST", "/staff/requests", GATEWAY, body=body)


async def _form(
    request: web.Request, values: dict[str, str], errors: Sequence[Fault], *, sent: bool = False
) -> web.Response:
    return page(
        request,
        "staff/join.html",
        values=values,
        errors=errors,
        sent=sent,
        documents=DOCUMENTS,
        validities=VALIDITIES,
        captcha=await new_captcha(request),
        status=400 if errors else 200,
    )


async def sent(request: web.Request) -> web.StreamResponse:
    """The request waits for an administrator, or was turned down."""
    return page(request, "staff/join_sent.html")


def _set(response: web.StreamResponse, name: str, value: str, seconds: int) -> None:
    response.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="Lax", max_age=seconds)


ROUTES = [
    web.get("/staff/sso", out),
    web.get("/staff/sso/back", back),
    web.get("/staff/join", join_page),
    web.post("/staff/join", join),
    web.get("/staff/join/sent", sent),
]
