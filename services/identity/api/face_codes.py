"""Operations of the face reset's second factor, a code by SMS."""

from __future__ import annotations

from pydantic import BaseModel

from services.identity.api import faces
from services.identity.api.common import Short
from services.identity.handlers import face_codes
from services.identity.handlers.faces import Desk
from shared.clock import utc_now
from shared.http import Call, Route


class CodeWanted(BaseModel):
    source: Short = ""


class CodeTyped(BaseModel):
    code: Short


class CodeSent(BaseModel):
    resend_s: int


def routes(desk: Desk) -> list[Route]:
    """Send a code, and take it."""
    bound, phone = faces.binder(desk), ("anonymous",)
    one = "/face-resets/{id}"
    return [
        Route("POST", f"{one}/code", bound(send_code), phone, body=CodeWanted, returns=CodeSent),
        Route("POST", f"{one}/prove", bound(prove), phone, body=CodeTyped, returns=faces.ResetView),
    ]


async def send_code(call: Call, *, desk: Desk) -> CodeSent:
    """Send a code to the account's phone, the second factor"""
    source = call.body(CodeWanted).source
    sent = await face_codes.send(call.path["id"], call.actor.session, source, desk=desk, now=utc_now())
    return CodeSent(resend_s=sent.resend_s)


async def prove(call: Call, *, desk: Desk) -> faces.ResetView:
    """Give the code that came by SMS"""
    now = utc_now()
    ticket = await face_codes.prove(call.path["id"], call.actor.session, call.body(CodeTyped).code, desk=desk, now=now)
    return await faces.view(ticket, now, desk=desk)
