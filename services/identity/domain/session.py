"""Sessions: an opaque token in the browser, its hash here; idle and absolute limits."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.identity.domain.account import Account
from shared.errors import DomainError, Kind

TOUCH_AFTER = timedelta(seconds=30)
# Who has no password proves who they are by having signed in so lately.
FRESH = timedelta(minutes=10)

SessionKind = Literal["anonymous", "candidate", "staff"]


@dataclass(frozen=True)
class Limits:
    """How long a session lasts without use, and at all."""

    idle: timedelta
    absolute: timedelta


ANONYMOUS = Limits(timedelta(hours=24), timedelta(days=7))
STAFF = Limits(timedelta(hours=1), timedelta(hours=12))


@dataclass
class Session:
    """A signed-in (or anonymous) browser. `id` is the SHA-256 of the token; the token itself is never stored.

    `device` (family only) and `place` (network, not address) are for its owner to recognise it by; `person` is the
    keyed hash of the account's ID number, `code` that of the activation code that stood open when it was opened.
    `by_phone`: a code sent to the phone of a member of staff opened it, and nothing else. `proof`, while the second
    factor is to be brought, is the keyed hash of what the first one was held against.
    """

    id: str
    subject: str
    kind: SessionKind
    programme: str
    csrf: str
    created_at: datetime
    last_seen: datetime
    idle_s: int
    ends_at: datetime
    display: str = ""
    roles: list[str] = field(default_factory=list)
    scope: dict[str, list[str]] = field(default_factory=dict)
    todo: list[str] = field(default_factory=list)
    device: str = ""
    place: str = ""
    person: str = ""
    code: str = ""
    by_phone: bool = False
    proof: str = ""

    def check(self, now: datetime) -> None:
        """Refuse an ended session (security.md 13: idle and absolute limits)."""
        if not self.lives(now):
            raise DomainError("session.expired", Kind.UNAUTHENTICATED)

    def check_fresh(self, now: datetime) -> None:
        """Refuse one that was opened a while ago: whoever finds it open is not its owner (`session.not_fresh`)."""
        if now - self.created_at > FRESH:
            raise DomainError("session.not_fresh", Kind.CONFLICT)

    def lives(self, now: datetime) -> bool:
        """Whether neither limit has been reached."""
        return now < self.ends_at and now - self.last_seen < timedelta(seconds=self.idle_s)

    def idle_left_s(self, now: datetime) -> int:
        """Seconds until the session ends if nothing more happens."""
        idle_end = self.last_seen + timedelta(seconds=self.idle_s)
        return max(0, int((min(idle_end, self.ends_at) - now).total_seconds()))

    def wants_touch(self, now: datetime) -> bool:
        """Whether `last_seen` is old enough to be worth a write."""
        return now - self.last_seen >= TOUCH_AFTER


def open_session(subject: str, programme: str, kind: SessionKind, limits: Limits, now: datetime) -> tuple[str, Session]:
    """A new session and its token (256 random bits)."""
    token = secrets.token_urlsafe(32)
    session = Session(
        id=token_hash(token),
        subject=subject,
        kind=kind,
        programme=programme,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        last_seen=now,
        idle_s=int(limits.idle.total_seconds()),
        ends_at=now + limits.absolute,
    )
    return token, session


def open_account_session(account: Account, limits: Limits, now: datetime) -> tuple[str, Session]:
    """A signed-in session that carries what pages and permissions need of the account."""
    token, session = open_session(account.id, account.programme, account.kind, limits, now)
    session.display = account.display
    session.roles = account.roles
    session.scope = account.scope
    session.todo = account.todo
    session.code = account.code
    return token, session


def second_step(account: Account, required: frozenset[str]) -> str:
    """What is left after a password: `totp` for who has a second factor, `enrol` for whose roles need one."""
    if account.kind != "staff":
        return ""
    if account.second and account.second.secret:
        return "totp"
    return "enrol" if required & set(account.roles) else ""


def token_hash(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()
