"""Which roles may call which operation: `python -m tests.architecture.roles` writes docs/reference/roles.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy import ROOT
from services.documents import api as documents
from services.identity import api as identity
from services.identity.domain.signon import ROLES
from services.notify import api as notify
from services.payment import api as payment
from services.registration.api import candidate, staff
from services.registration.reference.api import reference_routes
from shared.http import Route

TABLE = ROOT / "docs/reference/roles.md"
HEAD = """# Roles

Which role of staff may call which operation. `tests/architecture/test_roles.py` holds every service to this table, and
`python -m tests.architecture.roles` writes it. "own": every member of staff, about nobody but themselves. "place": only
for the schools and regions of the account's scope; for others the answer is the one for nothing there (404).

"""
# Every member of staff may call these: about themselves, or what everybody may see.
OWN = {
    "GET /accounts/own",
    "GET /accounts/sign-ins",
    "GET /sessions/own",
    "POST /sessions/own/end",
    "POST /sessions/own/end-others",
    "POST /accounts/password",
    "POST /accounts/own/password-check",
    "GET /staff/second",
    "POST /staff/second",
    "POST /staff/second/enrolment",
    "POST /staff/second/confirmation",
    "POST /staff/second/removal",
    "POST /staff/first/password",
    "POST /staff/phone/code",
    "POST /staff/phone/proof",
    "GET /staff/closing",
    "POST /staff/closing",
    "GET /regions",
    "GET /schools",
    "GET /rare-characters",
    "POST /roll/lookup",
    "GET /programmes",
    "GET /programmes/{id}",
    "POST /uploads",
    "GET /uploads/{id}",
    "GET /outbox",
}
# These look at the scope of the account; the others are not for roles that are bound to a place.
PLACED = ("/review/", "/orders/{id}/cash", "/candidates", "/corrections")


@dataclass(frozen=True)
class Operation:
    """One operation that staff may call."""

    service: str
    route: Route

    @property
    def name(self) -> str:
        return f"{self.route.method} {self.route.path}"

    @property
    def own(self) -> bool:
        return self.name in OWN

    @property
    def placed(self) -> bool:
        return self.route.path.startswith(PLACED)

    def allows(self, role: str) -> bool:
        return role in self.route.roles or (self.own and not self.route.roles)


def operations() -> list[Operation]:
    """Every operation of every service that takes staff, without opening anything."""
    return [Operation(service, route) for service, route in _routes() if "staff" in route.actors]


def table() -> str:
    """The page."""
    lines = [f"| operation | {' | '.join(ROLES)} | |", "|---|" + "---|" * (len(ROLES) + 1)]
    for each in sorted(operations(), key=lambda one: (one.service, one.route.path, one.route.method)):
        cells = ["✓" if each.allows(role) else "" for role in ROLES]
        kind = "place" if each.placed else "own" if each.own else ""
        lines.append(f"| {each.service} `{each.name}` | {' | '.join(cells)} | {kind} |")
    return HEAD + "\n".join(lines) + "\n"


def _routes() -> Iterator[tuple[str, Route]]:
    nothing: Any = None
    for route in identity.routes(*[nothing] * identity.routes.__code__.co_argcount):
        yield "identity", route
    for route in (*candidate.routes(nothing), *staff.routes(nothing), *reference_routes(nothing, nothing)):
        yield "registration", route
    for route in payment.routes(payment.Api(*[nothing] * 7)):
        yield "payment", route
    for route in documents.routes(uploads=nothing, files=nothing, make_safe=nothing, tokens=nothing):
        yield "documents", route
    for route in notify.routes(notify.Api(nothing), demo=True):
        yield "notify", route


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
