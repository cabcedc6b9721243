"""Signing on by a provider: what is kept between the two visits, and people we do not know yet (003.11, 003.12)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from shared.errors import DomainError, FieldError, Kind
from shared.programme import id_number, phone

SIGN_ON_LIFE = timedelta(minutes=10)
NEWCOMER_LIFE = timedelta(minutes=30)
REQUEST_LIFE = timedelta(days=30)

DocumentKind = Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permanent"]
Validity = Literal["5", "10", "20", "permanent"]
RequestState = Literal["pending", "approved", "refused"]
ROLES = ("school", "point", "city", "province", "reviewer", "finance", "auditor", "admin")
BOUND_ROLES = frozenset({"school", "point", "city"})
"""Roles that are worth nothing without a place."""


class Person(NamedTuple):
    """Somebody as the provider knows them; `issuer` and `subject` together never change and never move."""

    issuer: str
    subject: str
    name: str = ""


@dataclass
class SignOn:
    """One visit to the provider. `id` and `binding` are hashes: of the state, and of what only this browser has."""

    id: str
    binding: str
    nonce: str
    verifier: str
    next: str
    expires_at: datetime

    def check(self, binding: str, now: datetime) -> None:
        """Refuse an answer that comes too late, or to another browser than the one that asked."""
        if now >= self.expires_at or not hmac.compare_digest(self.binding, digest(binding)):
            raise DomainError("signon.refused", Kind.FORBIDDEN)


@dataclass
class Newcomer:
    """Somebody who has signed on and has no account; `id` is the hash of the ticket that the browser holds."""

    id: str
    link: str
    name: str
    next: str
    expires_at: datetime


@dataclass(frozen=True)
class RealName:
    """The form of 003.12 but for the proofs."""

    name: str
    document_kind: DocumentKind
    document_number: str
    validity: Validity
    phone: str

    def check(self, today: date) -> None:
        """Raises one error per field that breaks a rule."""
        resident = self.document_kind == "resident_id"
        broken = {
            "/name": None if self.name.strip() else "name.empty",
            "/document_number": id_number.problem(self.document_number, today) if resident else self._other(),
            "/phone": phone.problem(self.phone),
        }
        if errors := [FieldError(pointer, code) for pointer, code in broken.items() if code]:
            raise DomainError("request.invalid", Kind.INVALID, errors=errors)

    def _other(self) -> str | None:
        number = self.document_number.strip()
        good = 5 <= len(number) <= 20 and number.isascii() and number.isalnum()
        return None if good else "staff.document_wrong"


@dataclass
class StaffRequest:
    """Somebody asks to work here. The account, if an administrator makes one, gets this id; nobody gives themselves
    a role. Sealed at rest: `name`, `document_number`, `phone`."""

    id: str
    link: str
    name: str
    document_kind: DocumentKind
    document_number: str
    validity: Validity
    phone: str
    asked_at: datetime
    state: RequestState = "pending"
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    def decide(self, state: RequestState, by: str, now: datetime, reason: str = "") -> None:
        """Approve or refuse. Raises `staff.request_decided`, `staff.own_request`."""
        if self.state != "pending":
            raise DomainError("staff.request_decided", Kind.CONFLICT)
        if by == self.id:
            raise DomainError("staff.own_request", Kind.FORBIDDEN)
        self.state, self.decided_by, self.decided_at, self.reason = state, by, now, reason


def check_roles(roles: list[str], scope: dict[str, list[str]]) -> None:
    """Raises `staff.role_unknown`, `staff.roles_missing`, `staff.scope_missing` (a place's role without a place)."""
    if not roles:
        raise DomainError("staff.roles_missing", Kind.INVALID, "/roles")
    if set(roles) - set(ROLES):
        raise DomainError("staff.role_unknown", Kind.INVALID, "/roles")
    if BOUND_ROLES & set(roles) and not any(scope.values()):
        raise DomainError("staff.scope_missing", Kind.INVALID, "/scope")


def powers(roles: list[str], scope: dict[str, list[str]]) -> dict[str, str]:
    """Roles and scope as the audit log has them."""
    places = {name: ",".join(sorted(values)) for name, values in scope.items() if values}
    return {"roles": ",".join(sorted(roles)), **places}


def fresh() -> str:
    """256 random bits, as states, nonces, verifiers and tickets are made of."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret that a browser holds."""
    return hashlib.sha256(secret.encode()).hexdigest()
