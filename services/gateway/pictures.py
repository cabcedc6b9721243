"""A picture on its way from the browser to the documents service and into the application."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.gateway.budgets import spend
from services.gateway.journey import Journey, ask
from services.gateway.peers import PEERS
from shared.errors import DomainError, Kind


async def attach(request: web.Request, way: Journey, kind: str, content: bytes) -> dict[str, Any]:
    """Store a picture and make it the application's `kind`. Raises the refusals of both services."""
    if not any(material["id"] == kind for material in way.programme["materials"]):
        raise DomainError("upload.kind", pointer=f"/{kind}")
    _require_place(way, kind)
    await spend(request, "uploads")
    _, upload = await request.app[PEERS].documents.raw(
        "POST", "/uploads", way.who.actor, params={"kind": kind}, data=content
    )
    body = {"upload_id": upload["id"], **{name: upload[name] for name in ("object_key", "width", "height")}}
    return await ask(request, way, "PUT", f"/attachments/{kind}", body)


def _require_place(way: Journey, kind: str) -> None:
    """What the application will not take is not stored. Raises as the registration service would refuse it."""
    form = way.of_type("form")
    if form is None or way.place(way.here) < way.place(form["id"]):
        raise DomainError("stage.not_reached", Kind.CONFLICT)
    if kind in way.application["locked_fields"]:
        decided = way.application["state"] in {"approved", "withdrawn"}
        raise DomainError("application.locked" if decided else "window.closed", Kind.CONFLICT)
