"""Printable documents: 报名登记表 once submitted, 准考证 once published; typeset by the documents service."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.gateway.formats import clock
from services.gateway.journey import Journey, journey
from services.gateway.locales import by_code, chosen, text
from services.gateway.peers import PEERS
from services.gateway.visitors import GATEWAY, require
from shared.errors import NotFound

Rows = list[tuple[str, str]]


async def registration_form(request: web.Request) -> web.StreamResponse:
    """报名登记表 of a submitted application."""
    require(request, "candidate")
    way = await journey(request)
    if not way.application["submitted_at"]:
        raise NotFound("application")
    rows = [*_data(way), (text("报考科目"), _subjects(way)), (text("状态"), by_code("state", way.application["state"]))]
    return await _pdf(request, way, "registration-form", text("报名登记表"), rows)


async def admission_ticket(request: web.Request) -> web.StreamResponse:
    """准考证."""
    require(request, "candidate")
    way = await journey(request)
    published = way.application["ticket"]
    if not published:
        raise NotFound("application")
    rows = [(text("准考证号"), published["number"])] if published.get("number") else []
    rows += [row for row in _data(way) if row[1]][:4]
    rows += [_seat(seat) for seat in published["seats"]]
    return await _pdf(request, way, "admission-ticket", text("准考证"), rows)


def _seat(seat: dict[str, Any]) -> tuple[str, str]:
    where = (seat["starts_at"], seat["centre"], seat["room"], seat["seat"])
    return chosen(seat["title"]) or seat["subject"], "  ".join(where)


def _data(way: Journey) -> Rows:
    """Title and value of every field that this candidate was asked, named as people know it."""
    view = way.application
    rows = []
    for field in way.programme["fields"]:
        if field["id"] in view["asked_fields"]:
            named = {option["id"]: chosen(option["title"]) for option in field["options"]}
            value = view["values"].get(field["id"], "")
            rows.append((chosen(field["title"]), view["shown"].get(field["id"]) or named.get(value, value)))
    return rows


def _subjects(way: Journey) -> str:
    options = way.application["subject_options"]
    return "、".join(chosen(one["title"]) for one in options if one["id"] in way.application["subjects"])


async def _pdf(request: web.Request, way: Journey, name: str, title: str, rows: Rows) -> web.Response:
    sheet = {
        "title": title,
        "subtitle": chosen(way.programme["title"]),
        "rows": rows,
        "foot": text("提交时间") + " " + clock(way.application["submitted_at"]),
    }
    _, content = await request.app[PEERS].documents.raw("POST", "/pdf", GATEWAY, json=sheet)
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return web.Response(body=content, content_type="application/pdf", headers=headers)


ROUTES = [
    web.get("/mine/registration-form.pdf", registration_form),
    web.get("/mine/ticket.pdf", admission_ticket),
]
