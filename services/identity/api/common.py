"""What the operations of this service share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Opened
from shared.http.routes import Answer, Call

SERVICE = ("service",)
Short = Annotated[str, StringConstraints(max_length=128)]
Agent = Annotated[str, StringConstraints(max_length=512)]
Operation = Callable[..., Awaitable[Answer]]
Endpoint = Callable[[Call], Awaitable[Answer]]


class SessionOpened(BaseModel):
    """A fresh session; the token is told this once."""

    token: str
    csrf: str
    subject: str
    kind: str


def binder(deps: Deps) -> Callable[[Operation], Endpoint]:
    """Gives operations what they work with."""

    def bound(function: Operation) -> Endpoint:
        return partial(function, deps=deps)

    return bound


def told(opened: Opened) -> SessionOpened:
    """The answer that hands a session over."""
    session = opened.session
    return SessionOpened(token=opened.token, csrf=session.csrf, subject=session.subject, kind=session.kind)


def moment() -> datetime:
    """Now; the one place of this package that looks at the clock."""
    return datetime.now(UTC)
