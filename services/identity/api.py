"""HTTP of the identity service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Self

from aiohttp import web
from pydantic import BaseModel, StringConstraints, model_validator

from services.identity import captchas as drawing
from services.identity import domain
from services.identity.handlers import accounts, captchas, sessions
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps, programme_of
from services.identity.handlers.sessions import Opened
from shared.http import Call, Route
from shared.programme import id_number, passwords

Short = Annotated[str, StringConstraints(max_length=128)]
ScopeName = Annotated[str, StringConstraints(pattern="^(schools|regions)$")]
BOUND_ROLES = frozenset({"school", "point", "city"})


class OpenSession(BaseModel):
    programme: Short


class WithToken(BaseModel):
    token: Short


class Login(BaseModel):
    programme: Short = ""
    login: Short
    password: Short
    captcha_id: Short = ""
    captcha_text: Short = ""
    source: Short = ""


class NewAccount(BaseModel):
    token: Short
    id_number: Short
    name: Short
    phone: Short
    password: Short
    captcha_id: Short = ""
    captcha_text: Short = ""


class ChangePassword(BaseModel):
    old: Short
    new: Short


class ChangePhone(BaseModel):
    phone: Annotated[str, StringConstraints(pattern=r"^1[3-9]\d{9}$")]


class NewStaff(BaseModel):
    """An empty scope means everything, so it is not for roles that are bound to a place."""

    login: Annotated[str, StringConstraints(min_length=2, max_length=64)]
    display: Short
    password: Annotated[str, StringConstraints(min_length=10, max_length=128)]
    roles: list[Short]
    scope: dict[ScopeName, list[Short]] = {}

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if BOUND_ROLES & set(self.roles) and not any(self.scope.values()):
            raise ValueError("these roles need a scope")
        return self


class PasswordQuestion(BaseModel):
    programme: Short
    value: Short
    id_number: Short = ""
    phone: Short = ""


class Verdict(BaseModel):
    ok: bool
    code: str = ""


class SessionOpened(BaseModel):
    token: str
    csrf: str
    subject: str
    kind: str


class SessionView(BaseModel):
    id: str
    subject: str
    kind: str
    programme: str
    roles: list[str]
    scope: dict[str, list[str]]
    csrf: str
    display: str
    idle_left_s: int
    must_change_password: bool


class CaptchaView(BaseModel):
    id: str
    image: str


class StaffView(BaseModel):
    id: str


def routes(deps: Deps) -> list[Route]:
    """Every operation; `service` callers are the gateway before it knows who is there."""
    service = ("service",)

    def bound(
        function: Callable[..., Awaitable[BaseModel | web.StreamResponse | None]],
    ) -> Callable[..., Awaitable[BaseModel | web.StreamResponse | None]]:
        return partial(function, deps=deps)

    return [
        Route("POST", "/sessions", bound(open_session), service, body=OpenSession, returns=SessionOpened, status=201),
        Route("POST", "/sessions/resolve", bound(resolve), service, body=WithToken, returns=SessionView),
        Route("POST", "/sessions/login", bound(login), service, body=Login, returns=SessionOpened, status=201),
        Route("POST", "/sessions/logout", bound(logout), service, body=WithToken),
        Route("POST", "/captchas", bound(new_captcha), service, returns=CaptchaView, status=201),
        Route("GET", "/captchas/{id}/audio", bound(captcha_audio), service),
        Route("POST", "/accounts", bound(register), ("anonymous",), body=NewAccount, returns=SessionOpened, status=201),
        Route(
            "POST", "/accounts/password-check", bound(check_password), service, body=PasswordQuestion, returns=Verdict
        ),
        Route("POST", "/accounts/password", bound(change_password), ("candidate", "staff"), body=ChangePassword),
        Route("PUT", "/accounts/phone", bound(change_phone), ("candidate",), body=ChangePhone),
        Route(
            "POST",
            "/staff",
            bound(add_staff),
            ("service", "staff"),
            roles=("admin",),
            body=NewStaff,
            returns=StaffView,
            status=201,
        ),
    ]


async def open_session(call: Call, *, deps: Deps) -> SessionOpened:
    """Begin an anonymous session"""
    return _opened(await sessions.open_anonymous(call.body(OpenSession).programme, deps=deps, now=_now()))


async def resolve(call: Call, *, deps: Deps) -> SessionView:
    """Who a session token belongs to"""
    session = await sessions.resolve(call.body(WithToken).token, deps=deps, now=_now())
    return SessionView(
        id=session.id,
        subject=session.subject,
        kind=session.kind,
        programme=session.programme,
        roles=session.roles,
        scope=session.scope,
        csrf=session.csrf,
        display=session.display,
        idle_left_s=session.idle_left_s(_now()),
        must_change_password=session.must_change_password,
    )


async def login(call: Call, *, deps: Deps) -> SessionOpened:
    """Sign in with a password"""
    asked = call.body(Login)
    proof = Proof(asked.captcha_id, asked.captcha_text)
    opened = await sessions.login(
        asked.programme, asked.login, asked.password, proof, asked.source, deps=deps, now=_now()
    )
    return _opened(opened)


async def logout(call: Call, *, deps: Deps) -> None:
    """Sign out"""
    await sessions.close_session(call.body(WithToken).token, deps=deps)


async def new_captcha(_call: Call, *, deps: Deps) -> CaptchaView:
    """Make a captcha"""
    captcha_id, text = await captchas.new_captcha(deps=deps, now=_now())
    return CaptchaView(id=captcha_id, image=await drawing.draw(text))


async def captcha_audio(call: Call, *, deps: Deps) -> web.Response:
    """A captcha read aloud"""
    text = await captchas.captcha_text(call.path["id"], deps=deps)
    return web.Response(body=await drawing.speak(text), content_type="audio/wav")


async def register(call: Call, *, deps: Deps) -> SessionOpened:
    """Register a candidate's account"""
    given = call.body(NewAccount)
    new = accounts.NewAccount(given.id_number, given.name, given.phone, given.password)
    proof = Proof(given.captcha_id, given.captcha_text)
    return _opened(await accounts.register(call.actor.id, given.token, new, proof, deps=deps, now=_now()))


async def check_password(call: Call, *, deps: Deps) -> Verdict:
    """Whether a password would be accepted"""
    asked = call.body(PasswordQuestion)
    policy = programme_of(deps, asked.programme).account.password_policy
    broken = passwords.check(policy, asked.value, personal=(id_number.normalise(asked.id_number), asked.phone))
    return Verdict(ok=broken is None, code=broken or "")


async def change_password(call: Call, *, deps: Deps) -> None:
    """Change one's own password"""
    asked = call.body(ChangePassword)
    await accounts.change_password(call.actor.id, asked.old, asked.new, call.actor.session, deps=deps, now=_now())


async def change_phone(call: Call, *, deps: Deps) -> None:
    """Change one's own phone number"""
    await accounts.change_phone(call.actor.id, call.body(ChangePhone).phone, deps=deps, now=_now())


async def add_staff(call: Call, *, deps: Deps) -> StaffView:
    """Make a staff account"""
    asked = call.body(NewStaff)
    account = await accounts.add_staff(
        asked.login, asked.display, asked.password, asked.roles, asked.scope, deps=deps, now=_now()
    )
    return StaffView(id=account.id)


def _opened(opened: Opened) -> SessionOpened:
    session: domain.Session = opened.session
    return SessionOpened(token=opened.token, csrf=session.csrf, subject=session.subject, kind=session.kind)


def _now() -> datetime:
    return datetime.now(UTC)
