"""Operations of sessions."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from services.identity.api.common import (
    SERVICE,
    Agent,
    SessionOpened,
    SessionView,
    Short,
    binder,
    session_view,
    told,
)
from services.identity.handlers import login as signing
from services.identity.handlers import sessions
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from services.identity.handlers.login import Name
from services.identity.handlers.sessions import Client
from shared.clock import utc_now
from shared.http import Call, Route

OWNERS = ("candidate", "staff")


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
    agent: Agent = ""


class OwnSession(BaseModel):
    id: str
    current: bool
    device: str
    place: str
    created_at: datetime
    last_seen: datetime


class OwnSessions(BaseModel):
    items: list[OwnSession]


class Resolve(WithToken):
    """`attended`: a person has asked, not a page by itself."""

    attended: bool = True


class WhichSession(BaseModel):
    id: Short


def routes(deps: Deps) -> list[Route]:
    """Begin, sign in, resolve, end."""
    bound = binder(deps)
    return [
        Route("POST", "/sessions", bound(open_session), SERVICE, body=OpenSession, returns=SessionOpened, status=201),
        Route("POST", "/sessions/resolve", bound(resolve), SERVICE, body=Resolve, returns=SessionView),
        Route("POST", "/sessions/login", bound(login), SERVICE, body=Login, returns=SessionOpened, status=201),
        Route("POST", "/sessions/logout", bound(logout), SERVICE, body=WithToken),
        Route("GET", "/sessions/own", bound(own_sessions), OWNERS, returns=OwnSessions),
        Route("POST", "/sessions/own/end", bound(end_one), OWNERS, body=WhichSession),
        Route("POST", "/sessions/own/end-others", bound(end_others), OWNERS),
    ]


async def open_session(call: Call, *, deps: Deps) -> SessionOpened:
    """Begin an anonymous session"""
    return told(await sessions.open_anonymous(call.body(OpenSession).programme, deps=deps, now=utc_now()))


async def resolve(call: Call, *, deps: Deps) -> SessionView:
    """Who a session token belongs to"""
    asked = call.body(Resolve)
    session = await sessions.resolve(asked.token, deps=deps, now=utc_now(), attended=asked.attended)
    return session_view(session)


async def login(call: Call, *, deps: Deps) -> SessionOpened:
    """Sign in with a password"""
    asked = call.body(Login)
    proof = Proof(asked.captcha_id, asked.captcha_text)
    name, client = Name(asked.programme, asked.login), Client(asked.source, asked.agent)
    return told(await signing.login(name, asked.password, proof, client, deps=deps, now=utc_now()))


async def logout(call: Call, *, deps: Deps) -> None:
    """Sign out"""
    await sessions.close_session(call.body(WithToken).token, deps=deps)


async def own_sessions(call: Call, *, deps: Deps) -> OwnSessions:
    """Where one is signed in"""
    found = await sessions.sessions_of(call.actor.id, deps=deps, now=utc_now())
    return OwnSessions(
        items=[
            OwnSession(
                id=session.id,
                current=session.id == call.actor.session,
                device=session.device,
                place=session.place,
                created_at=session.created_at,
                last_seen=session.last_seen,
            )
            for session in found
        ]
    )


async def end_one(call: Call, *, deps: Deps) -> None:
    """Sign out elsewhere"""
    await sessions.end_session_of(call.actor, call.body(WhichSession).id, deps=deps, now=utc_now())


async def end_others(call: Call, *, deps: Deps) -> None:
    """Sign out everywhere else"""
    await sessions.end_others(call.actor, deps=deps, now=utc_now())
