"""What the operations of this service share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.domain.session import Session
from services.identity.handlers.deps import Deps
from services.identity.handlers.locks import Told
from services.identity.handlers.sessions import Opened
from shared.clock import utc_now
from shared.http.routes import Answer, Call

SERVICE = ("service",)
Short = Annotated[str, StringConstraints(max_length=128)]
Agent = Annotated[str, StringConstraints(max_length=512)]
Operation = Callable[..., Awaitable[Answer]]
Endpoint = Callable[[Call], Awaitable[Answer]]


class SessionView(BaseModel):
    """A session as the services know it; `person` is the keyed hash of the account's ID number."""

    id: str
    subject: str
    kind: str
    programme: str
    roles: list[str]
    scope: dict[str, list[str]]
    csrf: str
    display: str
    idle_left_s: int
    todo: list[str]
    person: str


class SessionOpened(SessionView):
    """A fresh session; the token is told this once."""

    token: str


class LockView(BaseModel, from_attributes=True):
    """Who locked an account, by name if it was a member of staff; when; why, empty where it was opened locked."""

    by: str
    at: datetime
    reason: str


def lock_view(told: Told | None) -> LockView | None:
    """A lock as it is shown to who may take it off."""
    return LockView.model_validate(told) if told else None


def binder(deps: Deps) -> Callable[[Operation], Endpoint]:
    """Gives operations what they work with."""

    def bound(function: Operation) -> Endpoint:
        return partial(function, deps=deps)

    return bound


def told(opened: Opened) -> SessionOpened:
    """The answer that hands a session over."""
    return SessionOpened(token=opened.token, **session_view(opened.session).model_dump())


def session_view(session: Session) -> SessionView:
    """What the gateway is told of a session."""
    return SessionView(
        id=session.id,
        subject=session.subject,
        kind=session.kind,
        programme=session.programme,
        roles=session.roles,
        scope=session.scope,
        csrf=session.csrf,
        display=session.display,
        idle_left_s=session.idle_left_s(utc_now()),
        todo=session.todo,
        person=session.person,
    )
