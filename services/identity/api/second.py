"""Operations of staff who prove more than a password, or something else: second factor, and codes by SMS."""

from __future__ import annotations

from pydantic import BaseModel

from services.identity.api.common import SERVICE, Agent, SessionOpened, Short, binder, told
from services.identity.domain import totp
from services.identity.handlers import second, staff_sms
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client
from shared.clock import utc_now
from shared.http import Call, Route

ISSUER = "baokao"


class SecondView(BaseModel):
    offered: bool
    password: bool
    enrolled: bool
    required: bool
    recovery_left: int


class Code(BaseModel):
    code: Short
    source: Short = ""
    agent: Agent = ""


class Removal(BaseModel):
    """`password`: asked for where there is one."""

    code: Short
    password: Short = ""


class Enrolment(BaseModel):
    """`address` is what the QR code says, `secret` the same to be typed."""

    secret: str
    address: str


class Enrolled(BaseModel):
    recovery_codes: list[str]
    session: SessionOpened


class SmsBegin(BaseModel):
    phone: Short
    captcha_id: Short = ""
    captcha_text: Short = ""
    source: Short = ""


class SmsBegun(BaseModel):
    flow: str


class SmsFinish(Code):
    flow: Short


def routes(deps: Deps) -> list[Route]:
    """One's own second factor, and signing in by a code."""
    bound, staff, path = binder(deps), ("staff",), "/staff/second"
    return [
        Route("GET", path, bound(standing), staff, returns=SecondView),
        Route("POST", path, bound(prove), staff, body=Code, returns=SessionOpened),
        Route("POST", path + "/enrolment", bound(begin), staff, returns=Enrolment),
        Route("POST", path + "/confirmation", bound(confirm), staff, body=Code, returns=Enrolled),
        Route("POST", path + "/removal", bound(remove), staff, body=Removal),
        Route("POST", "/staff/sms", bound(sms_begin), SERVICE, body=SmsBegin, returns=SmsBegun),
        Route("POST", "/staff/sms/session", bound(sms_finish), SERVICE, body=SmsFinish, returns=SessionOpened),
    ]


async def standing(call: Call, *, deps: Deps) -> SecondView:
    """How it stands with one's own second factor"""
    return SecondView.model_validate(vars(await second.standing(call.actor.id, deps=deps)))


async def prove(call: Call, *, deps: Deps) -> SessionOpened:
    """Bring the second factor after the first"""
    given = call.body(Code)
    client = Client(given.source, given.agent)
    return told(await second.prove(call.actor, given.code, client, deps=deps, now=utc_now()))


async def begin(call: Call, *, deps: Deps) -> Enrolment:
    """A secret for one's authenticator app"""
    secret = await second.begin(call.actor, deps=deps, now=utc_now())
    return Enrolment(secret=secret, address=totp.address(secret, call.actor.id[:8], ISSUER))


async def confirm(call: Call, *, deps: Deps) -> Enrolled:
    """Take the secret into use, for a code of it"""
    given = call.body(Code)
    client = Client(given.source, given.agent)
    codes, opened = await second.confirm(call.actor, given.code, client, deps=deps, now=utc_now())
    return Enrolled(recovery_codes=codes, session=told(opened))


async def remove(call: Call, *, deps: Deps) -> None:
    """Give one's second factor up"""
    given = call.body(Removal)
    await second.remove(call.actor, given.password, given.code, deps=deps, now=utc_now())


async def sms_begin(call: Call, *, deps: Deps) -> SmsBegun:
    """Send a code to the phone of a member of staff"""
    asked = call.body(SmsBegin)
    proof = Proof(asked.captcha_id, asked.captcha_text)
    return SmsBegun(flow=await staff_sms.begin(asked.phone, proof, asked.source, deps=deps, now=utc_now()))


async def sms_finish(call: Call, *, deps: Deps) -> SessionOpened:
    """Sign in with the code"""
    given = call.body(SmsFinish)
    client = Client(given.source, given.agent)
    return told(await staff_sms.finish(given.flow, given.code, client, deps=deps, now=utc_now()))
