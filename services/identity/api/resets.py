"""Operations of proving by SMS who one is: for a new password, to sign in, and to bind a phone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import SERVICE, Agent, SessionOpened, Short, binder, told
from services.identity.handlers import accounts, resets
from services.identity.handlers.captchas import Proof
from services.identity.handlers.codes import send_code, spend_code
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client
from shared.clock import utc_now
from shared.errors import DomainError, Kind
from shared.http import Call, Route
from shared.programme import phone as phones
from shared.programme.phone import mask

Digits = Annotated[str, StringConstraints(max_length=16)]


class BeginReset(BaseModel):
    """`login`: ID number or 考生号; `goal`: what the proof is for."""

    programme: Short
    login: Short
    goal: Literal["reset", "login"] = "reset"
    captcha_id: Short = ""
    captcha_text: Short = ""


class ResetBegun(BaseModel):
    token: str


class WithToken(BaseModel):
    token: Short


class ResetProgress(BaseModel):
    """`phone` as typed, masked; `resend_s`: when the next code may be asked for."""

    goal: str
    step: str
    programme: str
    phone: str
    resend_s: int
    left_s: int


class CallPhone(BaseModel):
    """`phone` empty: the same one again."""

    token: Short
    phone: Short = ""
    source: Short = ""


class CodeSent(BaseModel):
    resend_s: int


class ProveCode(BaseModel):
    token: Short
    code: Digits


class LoginCode(ProveCode):
    source: Short = ""
    agent: Agent = ""


class NewPassword(BaseModel):
    token: Short
    password: Short
    source: Short = ""


class BindPhone(BaseModel):
    """`password`: asked for, but of a candidate whose first login has come to this step."""

    phone: Short
    password: Short = ""


class ProvePhone(BaseModel):
    code: Digits


def routes(deps: Deps) -> list[Route]:
    """The way from a login name to a proved phone; binding is for who is signed in."""
    bound, own = binder(deps), ("candidate",)
    return [
        Route("POST", "/resets", bound(begin), SERVICE, body=BeginReset, returns=ResetBegun, status=201),
        Route("POST", "/resets/progress", bound(progress), SERVICE, body=WithToken, returns=ResetProgress),
        Route("POST", "/resets/phone", bound(call_phone), SERVICE, body=CallPhone, returns=CodeSent),
        Route("POST", "/resets/code", bound(prove), SERVICE, body=ProveCode),
        Route("POST", "/resets/password", bound(finish), SERVICE, body=NewPassword),
        Route(
            "POST", "/sessions/login-code", bound(log_in), SERVICE, body=LoginCode, returns=SessionOpened, status=201
        ),
        Route("POST", "/accounts/phone/code", bound(call_own_phone), own, body=BindPhone, returns=CodeSent),
        Route("POST", "/accounts/phone/proof", bound(bind_phone), own, body=ProvePhone),
    ]


async def begin(call: Call, *, deps: Deps) -> ResetBegun:
    """Begin to prove by SMS who one is"""
    asked = call.body(BeginReset)
    proof = Proof(asked.captcha_id, asked.captcha_text)
    _, token = await resets.begin(asked.programme, asked.goal, asked.login, proof, deps=deps, now=utc_now())
    return ResetBegun(token=token)


async def progress(call: Call, *, deps: Deps) -> ResetProgress:
    """How far somebody is on the way"""
    now = utc_now()
    found = await resets.progress(call.body(WithToken).token, deps=deps, now=now)
    reset = found.reset
    return ResetProgress(
        goal=reset.goal,
        step=reset.step,
        programme=reset.programme,
        phone=mask(reset.phone) if reset.phone else "",
        resend_s=found.resend_s,
        left_s=int((reset.ends_at - now).total_seconds()),
    )


async def call_phone(call: Call, *, deps: Deps) -> CodeSent:
    """Have a code sent"""
    asked = call.body(CallPhone)
    sent = await resets.call(asked.token, asked.phone, asked.source, deps=deps, now=utc_now())
    return CodeSent(resend_s=sent.resend_s)


async def prove(call: Call, *, deps: Deps) -> None:
    """Bring the code for a new password"""
    asked = call.body(ProveCode)
    await resets.prove(asked.token, asked.code, deps=deps, now=utc_now())


async def finish(call: Call, *, deps: Deps) -> None:
    """Set the new password after a proof by SMS"""
    asked = call.body(NewPassword)
    await resets.finish(asked.token, asked.password, asked.source, deps=deps, now=utc_now())


async def log_in(call: Call, *, deps: Deps) -> SessionOpened:
    """Sign in with a code"""
    asked = call.body(LoginCode)
    client = Client(asked.source, asked.agent)
    return told(await resets.log_in(asked.token, asked.code, client, deps=deps, now=utc_now()))


async def call_own_phone(call: Call, *, deps: Deps) -> CodeSent:
    """Have a code sent to a phone that is to be bound"""
    asked, actor, now = call.body(BindPhone), call.actor, utc_now()
    phone = phones.normalise(asked.phone)
    if broken := phones.problem(phone):
        raise DomainError(broken, Kind.INVALID, "/phone")
    await accounts.may_change_phone(actor.id, asked.password, deps=deps, now=now)
    sent = await send_code(actor.id, "bind_phone", phone, actor.source, deps=deps, now=now, about=actor.id)
    return CodeSent(resend_s=sent.resend_s)


async def bind_phone(call: Call, *, deps: Deps) -> None:
    """Bind the phone that the code proves"""
    now = utc_now()
    phone = await spend_code(call.actor.id, "bind_phone", call.body(ProvePhone).code, deps=deps, now=now)
    await accounts.change_phone(call.actor, phone, deps=deps, now=now)
