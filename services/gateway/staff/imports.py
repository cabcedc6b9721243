"""Staff: imports with a dry run, errors by row, and the failed rows as a file."""

from __future__ import annotations

import base64
from typing import Any

from aiohttp import web

from services.gateway.bodies import form_of
from services.gateway.forms import Fault, fault, faults
from services.gateway.peers import PEERS
from services.gateway.rendering import page
from services.gateway.visitors import Visitor, require
from shared.errors import DomainError, FieldError, Kind
from shared.http.client import TABLE_TIMEOUT

IMPORTS = ("roll", "regions", "schools", "results", "tickets", "scores")


async def imports(request: web.Request) -> web.StreamResponse:
    """Choose what to import."""
    _admin(request)
    return await _page(request, "roll", [], None)


async def _page(
    request: web.Request, what: str, errors: list[Fault], report: dict[str, Any] | None, programme: str = ""
) -> web.Response:
    failed = ""
    if report and report["failed_csv"]:
        failed = base64.b64encode(report["failed_csv"].encode()).decode()
    return page(
        request,
        "staff/imports.html",
        kinds=IMPORTS,
        what=what,
        programmes=await request.app[PEERS].programmes(),
        programme=programme,
        errors=errors,
        report=report,
        failed=failed,
        status=400 if errors else 200,
    )


async def run(request: web.Request) -> web.StreamResponse:
    """Check a file, or take it in; what is wrong is told by row and column."""
    who = _admin(request)
    form = form_of(request)
    what, programme, file = str(form.get("what", "")), str(form.get("programme", "")), form.get("file")
    if what not in IMPORTS:
        raise DomainError("http.404", Kind.NOT_FOUND)
    if not isinstance(file, web.FileField) or not file.filename:
        return await _page(request, what, [fault(FieldError("/file", "upload.empty"))], None, programme)
    dry = form.get("action") != "import"
    try:
        _, report = await request.app[PEERS].registration.raw(
            "POST",
            f"/imports/{what}",
            who.actor,
            params={"programme": programme, "dry_run": "true" if dry else "false"},
            data=file.file.read(),
            headers={"Content-Type": file.content_type},
            patience=TABLE_TIMEOUT,
        )
    except DomainError as error:
        if error.kind in {Kind.UNAVAILABLE, Kind.FORBIDDEN}:
            raise
        return await _page(request, what, faults(error), None, programme)
    return await _page(request, what, [], {**report, "dry": dry}, programme)


def _admin(request: web.Request) -> Visitor:
    who = require(request, "staff")
    if "admin" not in who.roles:
        raise DomainError("actor.role_missing", Kind.FORBIDDEN)
    return who


ROUTES = [web.get("/staff/imports", imports), web.post("/staff/imports", run)]
