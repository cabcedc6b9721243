"""Operations of one's own staff account: another phone, and giving the account up."""

from __future__ import annotations

from pydantic import BaseModel

from services.identity.api.common import Short, binder
from services.identity.api.resets import BindPhone, CodeSent, ProvePhone
from services.identity.handlers import own
from services.identity.handlers.deps import Deps
from shared.clock import utc_now
from shared.http import Call, Route


class ClosingView(BaseModel):
    """What closing asks for; `last_administrator`: it is refused, nobody else could let anybody in."""

    password: bool
    second: bool
    last_administrator: bool


class Close(BaseModel):
    """Each is asked for where there is one."""

    password: Short = ""
    code: Short = ""


def routes(deps: Deps) -> list[Route]:
    """All for the owner."""
    bound, staff = binder(deps), ("staff",)
    return [
        Route("POST", "/staff/phone/code", bound(send_code), staff, body=BindPhone, returns=CodeSent),
        Route("POST", "/staff/phone/proof", bound(prove), staff, body=ProvePhone),
        Route("GET", "/staff/closing", bound(closing), staff, returns=ClosingView),
        Route("POST", "/staff/closing", bound(close), staff, body=Close),
    ]


async def send_code(call: Call, *, deps: Deps) -> CodeSent:
    """Have a code sent to the phone that is to be bound to one's own staff account"""
    asked = call.body(BindPhone)
    sent = await own.send_phone_code(call.actor, asked.phone, asked.password, deps=deps, now=utc_now())
    return CodeSent(resend_s=sent.resend_s)


async def prove(call: Call, *, deps: Deps) -> None:
    """Bind the phone that the code proves to one's own staff account"""
    await own.change_phone(call.actor, call.body(ProvePhone).code, deps=deps, now=utc_now())


async def closing(call: Call, *, deps: Deps) -> ClosingView:
    """What giving one's own staff account up asks for"""
    return ClosingView.model_validate(vars(await own.closing(call.actor.id, deps=deps)))


async def close(call: Call, *, deps: Deps) -> None:
    """Give one's own staff account up"""
    given = call.body(Close)
    await own.close(call.actor, given.password, given.code, deps=deps, now=utc_now())
