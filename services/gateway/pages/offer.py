"""After the sign-in: the form whose session had ended is offered again, as far as it says what is not saved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.gateway import choices
from services.gateway.journey import Journey, show
from services.gateway.kept import FORM, PATH, SUBJECTS, Pairs, carried, fields
from services.gateway.peers import PEERS
from services.gateway.visitors import visitor
from shared.errors import DomainError, Kind


@dataclass(frozen=True)
class Entry:
    """One field as the form had it: `text` is sent again, `shown` is how people read it."""

    name: str
    text: str
    title: Any
    shown: Any


async def offered(request: web.Request) -> web.Response | None:
    """What somebody who has just signed in had sent and may send again; None where there is nothing of the kind."""
    kept = await carried(request)
    way = await _way(request) if kept else None
    if way is None:
        return None
    path, sent = dict(kept).get(PATH, ""), fields(kept)
    entries = await _typed(request, way, dict(sent)) if path == FORM else _ticked(way, sent)
    if path not in {FORM, SUBJECTS} or not entries:
        return None
    return show(request, way, "candidate/kept.html", target=path, entries=entries)


async def _way(request: web.Request) -> Journey | None:
    """The application of whoever has just signed in. None is begun for this, and none given up is begun anew."""
    who, peers = visitor(request), request.app[PEERS]
    if who.todo:
        return None
    programme, own = await asyncio.gather(
        peers.programme(who.programme), peers.registration.json("GET", "/applications", who.actor)
    )
    items = own["items"]
    return Journey(who, programme, items[-1]) if items and items[-1]["state"] != "withdrawn" else None


async def _typed(request: web.Request, way: Journey, texts: dict[str, str]) -> list[Entry]:
    saved, closed = way.application["values"], set(way.application["locked_fields"])
    lost = [
        field
        for field in way.programme["fields"]
        if texts.get(field["id"], "") not in {"", saved.get(field["id"], "")}
        and not (field["id"] in closed or field["derived_from"])
    ]
    try:
        names = await choices.options(request, Journey(way.who, way.programme, {"values": saved | texts}))
    except DomainError as error:
        if error.kind is Kind.UNAVAILABLE:
            raise
        return []  # places that no list of ours could have held
    return [
        Entry(field["id"], text, field["title"], _named(text, [*field["options"], *names.get(field["id"], [])]))
        for field in lost
        for text in [texts[field["id"]]]
    ]


def _ticked(way: Journey, sent: Pairs) -> list[Entry]:
    """The subjects ticked, unless they are those that are kept or submitted already."""
    application = way.application
    options = {option["id"]: option["title"] for option in application["subject_options"]}
    ticked = [text for name, text in sent if name == "subjects" and text in options]
    if application["locked_subjects"] or set(ticked) == set(application["choice"] or application["subjects"]):
        return []
    return [Entry("subjects", text, None, options[text]) for text in dict.fromkeys(ticked)]


def _named(text: str, options: Iterable[dict[str, Any]]) -> Any:
    return next((option["title"] for option in options if option["id"] == text), text)
