"""A candidate's way through a programme: what is known of it, and where each stage has its page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.gateway.peers import PEERS
from services.gateway.rendering import page, redirect
from services.gateway.visitors import Visitor, require, visitor
from shared.errors import DomainError

Json = dict[str, Any]


@dataclass(frozen=True)
class Journey:
    """One candidate, the programme, and the application as the registration service shows it."""

    who: Visitor
    programme: Json
    application: Json

    @property
    def here(self) -> str:
        """The id of the stage the application stands at."""
        return str(self.application["stage"])

    def stage(self, stage_id: str) -> Json:
        """A stage of the programme by id; the current one when there is no such stage."""
        stages: list[Json] = self.programme["stages"]
        found = [stage for stage in stages if stage["id"] == stage_id]
        return found[0] if found else next(stage for stage in stages if stage["id"] == self.here)

    def place(self, stage_id: str) -> int:
        """The position of a stage in the order of the programme."""
        return [stage["id"] for stage in self.programme["stages"]].index(stage_id)

    @property
    def form_path(self) -> str:
        """The address of the form."""
        form = self.of_type("form")
        return f"/apply/{form['id'] if form else ''}"

    @property
    def subjects_path(self) -> str:
        """The address of the subjects, with what is wrong with those that were chosen."""
        subjects = self.of_type("subjects")
        return f"/apply/{subjects['id'] if subjects else ''}?check=1"

    @property
    def subjects_due(self) -> bool:
        """Whether submitted subjects are wrong by now and the candidate can put them right."""
        return bool(self.application["subjects_wrong"]) and not self.application["locked_subjects"]

    def of_type(self, stage_type: str) -> Json | None:
        """The programme's first stage of a type."""
        return next((stage for stage in self.programme["stages"] if stage["type"] == stage_type), None)


async def journey(request: web.Request) -> Journey:
    """The visitor's journey; an application is begun when there is none yet."""
    who = require(request, "anonymous", "candidate")
    peers = request.app[PEERS]
    programme, application = await asyncio.gather(
        peers.programme(who.programme),
        peers.registration.json("POST", "/applications", who.actor, body={"programme": who.programme}),
    )
    return Journey(who, programme, application)


def show(request: web.Request, way: Journey, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A page of the journey, with the stage bar."""
    return page(
        request,
        template,
        status=status,
        programme=way.programme,
        application=way.application,
        stages=way.application["stages"],
        closes_at=(way.application.get("window") or {}).get("closes_at"),
        **context,
    )


async def bar_of(request: web.Request) -> Json:
    """The stage bar of a page that is beside the journey, as `show` gives it: nothing for staff, for whoever has not
    applied or has given up, and while the registration service is away, because these pages are identity's."""
    who = visitor(request)
    if who.kind != "candidate":
        return {}
    try:
        own = (await request.app[PEERS].registration.json("GET", "/applications", who.actor))["items"]
    except DomainError:
        return {}
    if not own or own[-1]["state"] == "withdrawn":
        return {}
    return {"stages": own[-1]["stages"], "closes_at": own[-1]["window"]["closes_at"]}


def onward(application: Json) -> web.Response:
    """To the stage an application has come to, as the answer to the last operation shows it."""
    return redirect(f"/apply/{application['stage']}")


async def ask(
    request: web.Request, way: Journey, method: str, path: str, body: Mapping[str, Any] | None = None
) -> Json:
    """An operation on the visitor's application; `path` follows `/applications/<id>`. Raises `DomainError`."""
    target = f"/applications/{way.application['id']}{path}"
    answer = await request.app[PEERS].registration.json(method, target, way.who.actor, body=body)
    return answer if isinstance(answer, dict) else {}
