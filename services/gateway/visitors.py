"""Who is looking at a page: the session behind the cookie, resolved by the identity service on each request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

from aiohttp import web

from shared.errors import DomainError, Kind
from shared.tokens import Actor, ActorKind

COOKIE = "__Host-baokao"
REVIEWERS = frozenset({"school", "point", "city", "province", "reviewer", "admin"})
GATEWAY = Actor("service", "gateway")
FIRST_OPEN = ("/first", "/language/", "/help", "/status", "/logout", "/session/stay", "/captcha", "/proof/", "/dev/")
STAFF_STEPS = {"totp": "/staff/second", "enrol": "/staff/second/enrol", "password": "/staff/first"}


@dataclass(frozen=True)
class Visitor:
    """One person's session; the default is somebody without one."""

    kind: str = "nobody"
    token: str = ""
    subject: str = ""
    programme: str = ""
    roles: tuple[str, ...] = ()
    scope: Mapping[str, list[str]] = field(default_factory=dict)
    csrf: str = ""
    display: str = ""
    idle_left_s: int = 0
    todo: tuple[str, ...] = ()
    session: str = ""
    source: str = ""
    person: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether this person has an account (an anonymous session holds a draft, not an account)."""
        return self.kind in {"candidate", "staff"}

    @property
    def reviews(self) -> bool:
        """Whether the review queue is for this member of staff; the services decide again on every call."""
        return bool(REVIEWERS & set(self.roles))

    @property
    def actor(self) -> Actor:
        """For whom the services are called."""
        if self.kind == "nobody":
            return GATEWAY
        kind = cast("ActorKind", self.kind)
        return Actor(kind, self.subject, self.programme, self.roles, self.scope, self.session, self.source, self.person)


NOBODY = Visitor()
VISITOR = web.RequestKey("visitor", Visitor)


def of_view(token: str, view: Mapping[str, Any]) -> Visitor:
    """The visitor of identity's SessionView."""
    return Visitor(
        kind=view["kind"],
        token=token,
        subject=view["subject"],
        programme=view.get("programme") or "",
        roles=tuple(view.get("roles") or ()),
        scope=view.get("scope") or {},
        csrf=view["csrf"],
        display=view.get("display") or "",
        idle_left_s=int(view.get("idle_left_s") or 0),
        todo=tuple(view.get("todo") or ()),
        session=view.get("id") or "",
        person=view.get("person") or "",
    )


def visitor(request: web.Request) -> Visitor:
    """Who asks."""
    found: Visitor = request.get(VISITOR, NOBODY)
    return found


def require(request: web.Request, *kinds: str) -> Visitor:
    """The visitor, if of one of these kinds. Raises `session.required`: the answer is the login page."""
    who = visitor(request)
    if who.kind not in kinds:
        raise DomainError("session.required", Kind.UNAUTHENTICATED)
    if who.kind == "staff" and who.todo:
        wanted = f"?next={quote(request.path)}" if request.method == "GET" and request.path != "/staff" else ""
        raise web.HTTPSeeOther(STAFF_STEPS[who.todo[0]] + wanted)
    return who


def require_staff_halfway(request: web.Request) -> Visitor:
    """Staff with something to do before anything else: the pages where they do it are for them too."""
    who = visitor(request)
    if who.kind != "staff":
        raise DomainError("session.required", Kind.UNAUTHENTICATED)
    return who


def must_wait(who: Visitor, path: str) -> bool:
    """Whether this address is not yet for somebody whose first login is not finished (003.4-6)."""
    return who.kind == "candidate" and bool(who.todo) and path != "/" and not path.startswith(FIRST_OPEN)


def remember(response: web.StreamResponse, token: str) -> None:
    """Set the session cookie. It ends with the browser; the session's own limits are identity's."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Lax")


def forget(response: web.StreamResponse) -> None:
    """Remove the session cookie."""
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
