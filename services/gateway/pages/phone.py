"""绑定手机号码, of candidates and of staff: the number, then the code that was sent there.

With the password, before the first number too: a phone is a way to sign in, and to a new password.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web

from services.gateway.forms import Fault, told, typed
from services.gateway.journey import bar_of
from services.gateway.pages.owner import home, owner
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from shared.errors import DomainError

OPERATIONS = {"candidate": "/accounts/phone", "staff": "/staff/phone"}


async def phone_page(request: web.Request) -> web.StreamResponse:
    """Ask for the new number."""
    return await _ask_number(request, {}, [])


async def send(request: web.Request) -> web.StreamResponse:
    """Have a code sent there."""
    who, values = owner(request), await typed(request)
    body = {name: values.get(name, "")[:128] for name in ("phone", "password")}
    try:
        await request.app[PEERS].identity.json("POST", f"{OPERATIONS[who.kind]}/code", who.actor, body=body)
    except DomainError as error:
        # Sent a moment ago: it is typed on the next page.
        ask = _ask_code if error.code == "code.too_soon" else _ask_number
        return await ask(request, values, told(error))
    return await _ask_code(request, values, [])


async def code_page(request: web.Request) -> web.StreamResponse:
    """Ask for the code once more."""
    return await _ask_code(request, {}, [])


async def prove(request: web.Request) -> web.StreamResponse:
    """Bind the number that the code proves."""
    who, values = owner(request), await typed(request)
    try:
        body = {"code": values.get("code", "")}
        await request.app[PEERS].identity.json("POST", f"{OPERATIONS[who.kind]}/proof", who.actor, body=body)
    except DomainError as error:
        wrong = told(error)
        if any(each.field == "phone" for each in wrong):
            return await _ask_number(request, values, wrong)
        return await _ask_code(request, values, wrong)
    return redirect(f"{home(who)}/account?done=phone")


async def _ask_number(request: web.Request, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    who = owner(request)
    account = await request.app[PEERS].identity.json("GET", "/accounts/own", who.actor)
    shown = {"account": account, "home": home(who), "values": values, "errors": errors, **await bar_of(request)}
    return page(request, "candidate/phone.html", status=400 if errors else 200, **shown)


async def _ask_code(request: web.Request, values: Mapping[str, str], errors: Sequence[Fault]) -> web.Response:
    way = f"{home(owner(request))}/phone"
    shown = {"way": way, "values": values, "errors": errors, **await bar_of(request)}
    return page(request, "candidate/phone_code.html", status=400 if errors else 200, **shown)


ROUTES = [
    *(web.get(f"{area}/phone", phone_page) for area in ("/mine", "/staff")),
    *(web.get(f"{area}/phone/code", code_page) for area in ("/mine", "/staff")),
    *(web.post(f"{area}/phone", send) for area in ("/mine", "/staff")),
    *(web.post(f"{area}/phone/code", prove) for area in ("/mine", "/staff")),
]
