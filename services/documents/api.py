"""HTTP of the documents service."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from services.documents import handlers, typesetting
from services.documents.domain import Upload
from services.documents.handlers import MakeSafe
from shared.clock import utc_now
from shared.files import Files
from shared.http import Call, Route
from shared.store.repository import Repository
from shared.tokens import Tokens

CHUNK = 64 * 1024
Line = Annotated[str, StringConstraints(max_length=500)]


class UploadQuery(BaseModel):
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]


class ReadQuery(BaseModel):
    grant: str = ""


class UploadView(BaseModel):
    id: str
    object_key: str
    width: int
    height: int
    bytes: int
    content_type: str


class Sheet(BaseModel):
    title: Line
    subtitle: Line = ""
    rows: list[tuple[Line, Line]]
    notes: list[Line] = []
    foot: Line = ""


def routes(*, uploads: Repository[Upload], files: Files, make_safe: MakeSafe, tokens: Tokens) -> list[Route]:
    """Every operation of the service."""
    receiver = partial(receive, uploads=uploads, files=files, make_safe=make_safe)
    reader = partial(read, uploads=uploads, files=files, tokens=tokens)
    people = ("anonymous", "candidate", "staff")
    return [
        Route("POST", "/uploads", receiver, people, query=UploadQuery, returns=UploadView, status=201),
        Route("GET", "/uploads/{id}", reader, (*people, "service"), query=ReadQuery),
        Route("POST", "/pdf", pdf, ("service",), body=Sheet),
    ]


async def receive(call: Call, *, uploads: Repository[Upload], files: Files, make_safe: MakeSafe) -> UploadView:
    """Take in a JPEG or PNG picture (raw body), made safe"""
    upload = await handlers.receive(
        call.actor.id,
        call.query(UploadQuery).kind,
        call.request.content.iter_chunked(CHUNK),
        uploads=uploads,
        files=files,
        make_safe=make_safe,
        now=utc_now(),
    )
    return UploadView.model_validate(upload, from_attributes=True)


async def read(call: Call, *, uploads: Repository[Upload], files: Files, tokens: Tokens) -> web.Response:
    """A picture, for its owner or with a grant"""
    upload_id, grant = call.path["id"], call.query(ReadQuery).grant
    if grant:
        tokens.check_grant(grant, f"upload:{upload_id}")
    upload, content = await handlers.read(upload_id, call.actor.id, bool(grant), uploads=uploads, files=files)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=upload.content_type, headers=headers)


async def pdf(call: Call) -> web.Response:
    """A printable sheet as PDF"""
    content = await asyncio.to_thread(typesetting.typeset, call.body(Sheet).model_dump(mode="json"))
    return web.Response(body=content, content_type="application/pdf", headers={"Cache-Control": "no-store"})
