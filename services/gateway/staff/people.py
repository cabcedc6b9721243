"""Staff: who asks to work here, who does; and the accounts that administrators make (ST.2, 003.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from services.gateway.bodies import form_of
from services.gateway.forms import Fault, fault, faults, note, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.staff.accounts import sheet
from services.gateway.visitors import GATEWAY, require
from shared.errors import DomainError, FieldError, Kind

ROLES = ("school", "point", "city", "province", "reviewer", "finance", "auditor", "admin")
ID = "{id:[0-9a-f]{32}}"
PAGE, ONE, NEW = "/staff/people", f"/staff/people/{ID}", "/staff/people/new"
# Refusals that the page of the form shows; what is away, missing or not for this person is an error page.
BESIDE = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.FORBIDDEN})
PATHS = {"lock": "lock", "unlock": "unlock", "reset": "reset", "second": "reset-second"}
KINDS = ("schools", "regions")
DONE = {"lock": "account_locked", "unlock": "unlocked", "second": "totp_reset"}


async def people(request: web.Request) -> web.StreamResponse:
    """Requests that wait, then accounts."""
    return await _page(request, [])


async def search(request: web.Request) -> web.StreamResponse:
    """Accounts by name, login name, phone or place; what is searched for travels in the body."""
    return await _page(request, [], (await typed(request)).get("q", "")[:64])


async def _page(
    request: web.Request, errors: Sequence[Fault], words: str = "", asked: Mapping[str, Any] | None = None
) -> web.Response:
    """`asked`: what was given to one of the requests, by its `id`; the errors are its."""
    query = {"cursor": request.query["cursor"]} if request.query.get("cursor") else {}
    requests = await _identity(request, "GET", "/staff/requests")
    if words:
        members = await _identity(request, "POST", "/staff/search", {"q": words})
    else:
        members = await _identity(request, "GET", "/staff", query=query)
    return page(
        request,
        "staff/people.html",
        requests=requests["items"],
        members=members["items"],
        more=members["next_cursor"],
        **await _places(request, members["items"]),
        words=words,
        roles=ROLES,
        asked=asked or {},
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def approve(request: web.Request) -> web.StreamResponse:
    """Make the account with these roles and this scope."""
    return await _answer(request, "approve", await _powers(request), "staff_approved")


async def refuse(request: web.Request) -> web.StreamResponse:
    """Turn somebody down, with a reason."""
    return await _answer(request, "refuse", {"reason": (await typed(request)).get("reason", "")}, "staff_refused")


async def _answer(request: web.Request, to: str, body: Any, done: str) -> web.StreamResponse:
    one = request.match_info["id"]
    try:
        await _identity(request, "POST", f"/staff/requests/{one}/{to}", body)
    except DomainError as error:
        # Every request of the page has fields of these names.
        wrong = [replace(each, field=each.field and f"r{one}-{each.field}") for each in _beside(error)]
        return await _page(request, wrong, asked={"id": one, **body})
    return redirect(f"{PAGE}?done={done}")


async def new_page(request: web.Request) -> web.StreamResponse:
    """The form for somebody new."""
    require(request, "staff")
    return await _new(request, {}, {"roles": [], "scope": {}}, [])


async def _new(
    request: web.Request, values: Mapping[str, str], powers: Mapping[str, Any], errors: Sequence[Fault]
) -> web.Response:
    return page(
        request,
        "staff/new.html",
        **await _places(request, []),
        values=values,
        asked=powers,
        roles=ROLES,
        errors=errors,
        status=400 if errors else 200,
    )


async def make(request: web.Request) -> web.StreamResponse:
    """Make the account; its one-time code is shown this once."""
    require(request, "staff")
    values, powers = await typed(request), await _powers(request)
    given = {name: values.get(name, "") for name in ("login", "display")}
    wrong = [fault(FieldError(f"/{name}", "field.missing")) for name, text in given.items() if not text]
    try:
        made = await _identity(request, "POST", "/staff", given | powers) if not wrong else {}
    except DomainError as error:
        wrong = _beside(error)
    if wrong:
        return await _new(request, values, powers, wrong)
    slip = {"name": given["display"], "login": given["login"], "class_name": "", "code": made["code"]}
    return sheet(request, [slip], back=f"{PAGE}/{made['id']}")


async def one(request: web.Request) -> web.StreamResponse:
    """One account, and what may be done to it."""
    return await _one(request, {}, [])


async def _one(request: web.Request, values: Mapping[str, Any], errors: Sequence[Fault]) -> web.Response:
    member = await _identity(request, "GET", _path(request))
    return page(
        request,
        "staff/member.html",
        member=member,
        **await _places(request, [member]),
        roles=ROLES,
        values=values,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def set_roles(request: web.Request) -> web.StreamResponse:
    """Give somebody other roles; their sessions end."""
    powers = await _powers(request)
    try:
        await _identity(request, "PUT", f"{_path(request)}/roles", powers)
    except DomainError as error:
        return await _one(request, powers, _beside(error))
    return redirect(f"{PAGE}/{request.match_info['id']}?done=staff_roles")


async def act(request: web.Request) -> web.StreamResponse:
    """Lock, unlock, reset the password by a one-time code or the second factor: what was chosen, with the reason."""
    values = await typed(request)
    chosen, reason = values.get("action", ""), values.get("reason", "")[:200]
    wrong = [FieldError("/lock", "field.not_offered")] if chosen not in PATHS else []
    if not reason:
        wrong.append(FieldError("/reason", "field.missing"))
    if wrong:
        return await _one(request, values, [fault(each) for each in wrong])
    try:
        slip = await _identity(request, "POST", f"{_path(request)}/{PATHS[chosen]}", {"reason": reason})
    except DomainError as error:
        return await _one(request, values, _beside(error))
    if chosen == "reset":
        return sheet(request, [slip], back=f"{PAGE}/{request.match_info['id']}")
    return redirect(f"{PAGE}/{request.match_info['id']}?done={DONE[chosen]}")


async def _places(request: web.Request, members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The names of the places of these scopes by code, and whether codes can be checked: not before places have been
    imported. An outage leaves the codes without their names."""
    codes = {kind: sorted({one for each in members for one in each["scope"].get(kind, [])}) for kind in KINDS}
    try:
        found = await request.app[PEERS].registration.json("POST", "/places", GATEWAY, body=codes)
    except DomainError as error:
        if error.kind is not Kind.UNAVAILABLE:
            raise
        return {"names": {}, "unchecked": False}
    return {"names": found["names"] | found["regions"], "unchecked": not all(found["imported"].values())}


def _beside(error: DomainError) -> list[Fault]:
    if error.kind not in BESIDE or error.code == "actor.role_missing":
        raise error
    return faults(error)


async def _powers(request: web.Request) -> dict[str, Any]:
    """Roles as ticked; schools and regions as codes with spaces or commas between them."""
    form = form_of(request)
    scope = {name: re.split(r"[\s,，、;；]+", str(form.get(name, "")).strip()) for name in KINDS}
    return {
        "roles": [str(role) for role in form.getall("roles", [])],
        "scope": {name: codes for name, codes in scope.items() if codes != [""]},
    }


async def _identity(
    request: web.Request, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None
) -> Any:
    actor = require(request, "staff").actor
    return await request.app[PEERS].identity.json(method, path, actor, body=body, query=query)


def _path(request: web.Request) -> str:
    return f"/staff/{request.match_info['id']}"


ROUTES = [
    web.get(PAGE, people),
    web.post(PAGE, search),
    web.get(NEW, new_page),
    web.post(NEW, make),
    web.post(f"{PAGE}/requests/{ID}/approve", approve),
    web.post(f"{PAGE}/requests/{ID}/refuse", refuse),
    web.get(ONE, one),
    web.post(ONE, act),
    web.post(f"{ONE}/roles", set_roles),
]
