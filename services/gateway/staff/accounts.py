"""Staff: issue accounts and print their codes; find, lock, unlock, reset; requests to correct the roll (ST.1, ST.2)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from services.gateway.bodies import form_of
from services.gateway.forms import Fault, fault, faults, note, typed
from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, FieldError, Kind
from shared.http.client import TABLE_TIMEOUT
from shared.tables import write_csv

ONE = "/staff/accounts/{id:[0-9a-f]{32}}"
DOCUMENTS = ("resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permanent")
EXPORTED = {"姓名": "name", "班级": "class_name", "账号": "login", "激活码": "code"}
ANSWERS = {"asked": ("passed_on", "refused"), "passed_on": ("corrected", "refused")}


async def desk(request: web.Request) -> web.StreamResponse:
    """Search, the accounts of a school, and the table to issue more."""
    return await _desk(request)


async def search(request: web.Request) -> web.StreamResponse:
    """One person's accounts; what is searched for travels in the body."""
    words = (await typed(request)).get("q", "")[:64]
    found = await _identity(request, "POST", "/candidates/search", body={"q": words}) if words else {"items": []}
    return await _desk(request, items=found["items"], words=words)


async def _desk(request: web.Request, errors: Sequence[Fault] = (), **context: Any) -> web.Response:
    who = require(request, "staff")
    programmes = [one for one in await request.app[PEERS].programmes() if one["sign_in"]["opened_by"] == "office"]
    own = who.scope.get("schools") or [""]
    asked = {
        "programme": request.query.get("programme") or (programmes[0]["id"] if programmes else ""),
        "school": request.query.get("school", own[0])[:20],
    }
    if request.query.get("cursor"):
        asked["cursor"] = request.query["cursor"]
    if "items" not in context and asked["school"]:
        listed = await _identity(request, "GET", "/candidates", query=asked)
        context |= {"items": listed["items"], "more": listed["next_cursor"]}
    return page(
        request,
        "staff/accounts.html",
        programmes=programmes,
        asked=asked,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
        **context,
    )


async def issue(request: web.Request) -> web.StreamResponse:
    """Check a table, or open the accounts and show the sheet to print: the codes are shown this once."""
    form = form_of(request)
    file, programme = form.get("file"), str(form.get("programme", ""))
    if not isinstance(file, web.FileField) or not file.filename:
        return await _desk(request, [fault(FieldError("/file", "upload.empty"))])
    dry, again = form.get("action") != "issue", form.get("again") == "yes"
    try:
        _, report = await request.app[PEERS].identity.raw(
            "POST",
            "/candidates/issue",
            require(request, "staff").actor,
            params={"programme": programme, "dry_run": str(dry).lower(), "again": str(again).lower()},
            data=file.file.read(),
            patience=TABLE_TIMEOUT,
        )
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.FORBIDDEN}:
            raise
        return await _desk(request, faults(error))
    failed = base64.b64encode(report["failed_csv"].encode()).decode()
    if dry or not report["slips"]:
        return await _desk(request, report={**report, "dry": dry}, failed=failed)
    return await _sheet(request, report["slips"], programme, report=report, failed=failed)


async def one(request: web.Request) -> web.StreamResponse:
    """One account and what may be done to it."""
    return await _one(request, [])


async def _one(request: web.Request, errors: Sequence[Fault]) -> web.Response:
    account = await _identity(request, "GET", _path(request))
    programme = await request.app[PEERS].programme(account["programme"])
    return page(
        request,
        "staff/account.html",
        account=account,
        programme=programme,
        documents=DOCUMENTS,
        errors=errors,
        done=note(request),
        status=400 if errors else 200,
    )


async def set_lock(request: web.Request) -> web.StreamResponse:
    """Lock one, with a reason, or unlock it."""
    values = await typed(request)
    locked = values.get("action") == "lock"
    body = {"locked": locked, "reason": values.get("reason", "")[:200] if locked else ""}
    try:
        await _identity(request, "POST", f"{_path(request)}/lock", body=body)
    except DomainError as error:
        if error.code not in {"actor.role_missing", "field.missing", "account.locked_already"}:
            raise
        # Two forms of the page ask for a reason.
        return await _one(request, [replace(one, field=one.field and "lock-reason") for one in faults(error)])
    return redirect(f"/staff/accounts/{request.match_info['id']}?done={'account_locked' if locked else 'unlocked'}")


async def reset(request: web.Request) -> web.StreamResponse:
    """A new one-time code, on a sheet to hand over; with a reason and a document for who stands at the desk."""
    values = await typed(request)
    account = await _identity(request, "GET", _path(request))
    try:
        if values.get("action") == "in_person":
            body = {"reason": values.get("reason", "")[:200], "document": values.get("document", "")}
            slip = await _identity(request, "POST", f"{_path(request)}/reset-in-person", body=body)
        else:
            slip = await _identity(request, "POST", f"{_path(request)}/reset")
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.NOT_FOUND, Kind.FORBIDDEN}:
            raise
        return await _one(request, [fault(FieldError("/reason", "field.missing"))])
    return await _sheet(request, [slip], account["programme"])


async def unlock_school(request: web.Request) -> web.StreamResponse:
    """Unlock a school, or one of its classes."""
    values = await typed(request)
    body = {name: values.get(name, "")[:64] for name in ("programme", "school", "class_name")}
    try:
        await _identity(request, "POST", "/candidates/unlock", body=body)
    except DomainError as error:
        if error.code != "actor.role_missing":
            raise
        return await _desk(request, faults(error))
    return redirect("/staff/accounts?done=unlocked")


async def corrections(request: web.Request) -> web.StreamResponse:
    """Requests to correct the roll, by what is to be done."""
    state = request.query.get("state", "asked")
    state = state if state in {*ANSWERS, "corrected", "refused"} else "asked"
    found = await _identity(request, "GET", "/corrections", query={"state": state})
    return page(
        request,
        "staff/corrections.html",
        items=found["items"],
        state=state,
        answers=ANSWERS.get(state, ()),
        done=note(request),
    )


async def answer(request: web.Request) -> web.StreamResponse:
    """Pass a request on, or answer it."""
    body = {"state": (await typed(request)).get("state", "")}
    await _identity(request, "POST", f"/corrections/{request.match_info['id']}", body=body)
    return redirect("/staff/corrections?done=correction_moved")


async def _sheet(request: web.Request, slips: list[dict[str, Any]], programme: str, **context: Any) -> web.Response:
    shown = await request.app[PEERS].programme(programme)
    return sheet(request, slips, back="/staff/accounts", programme=shown, **context)


def sheet(request: web.Request, slips: list[dict[str, Any]], *, back: str, **context: Any) -> web.Response:
    """One-time codes to print and hand over; without a programme they are for staff."""
    rows = [{title: slip[name] for title, name in EXPORTED.items()} for slip in slips]
    table = base64.b64encode(write_csv(list(EXPORTED), rows).encode()).decode()
    site = str(request.url.origin())
    return page(request, "staff/slips.html", slips=slips, site=site, table=table, back=back, **context)


async def _identity(
    request: web.Request, method: str, path: str, *, body: Any = None, query: dict[str, str] | None = None
) -> Any:
    who: Visitor = require(request, "staff")
    return await request.app[PEERS].identity.json(method, path, who.actor, body=body, query=query)


def _path(request: web.Request) -> str:
    return f"/candidates/{request.match_info['id']}"


ROUTES = [
    web.get("/staff/accounts", desk),
    web.post("/staff/accounts", search),
    web.post("/staff/accounts/issue", issue),
    web.post("/staff/accounts/unlock", unlock_school),
    web.get(ONE, one),
    web.post(ONE + "/lock", set_lock),
    web.post(ONE + "/reset", reset),
    web.get("/staff/corrections", corrections),
    web.post("/staff/corrections/{id:[0-9a-f]{32}}", answer),
]
