"""Accounts, sessions, captchas and login attempts; pure, `now` passed in (aware UTC datetimes)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind

CAPTCHA_LIFE = timedelta(minutes=5)
CAPTCHA_DIGITS = 4
TOUCH_AFTER = timedelta(seconds=30)
ANONYMOUS_IDLE = timedelta(hours=24)
ABSOLUTE_LIFE = timedelta(hours=12)
ANONYMOUS_LIFE = timedelta(days=7)
FAILURES_BEFORE_CAPTCHA = 1
FAILURES_BEFORE_WAIT = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
FAILURES_FORGOTTEN_AFTER = timedelta(hours=24)

SessionKind = Literal["anonymous", "candidate", "staff"]


@dataclass
class Account:
    """One person's account in one programme (staff: programme ""). `id_number`, `name`, `phone` are sealed at rest."""

    id: str
    programme: str
    kind: Literal["candidate", "staff"]
    password_hash: str
    policy: str
    created_at: datetime
    id_number: str = ""
    name: str = ""
    phone: str = ""
    roles: list[str] = field(default_factory=list)
    scope: dict[str, list[str]] = field(default_factory=dict)
    must_change_password: bool = False

    @property
    def display(self) -> str:
        """How a page greets this person: the family name, the rest covered."""
        return self.name[:1] + "*" * (len(self.name) - 1)


@dataclass
class Session:
    """A signed-in (or anonymous) browser. `id` is the SHA-256 of the token; the token itself is never stored."""

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
    must_change_password: bool = False

    def check(self, now: datetime) -> None:
        """Refuse an ended session (security.md 13: idle and absolute limits)."""
        if now >= self.ends_at or now - self.last_seen >= timedelta(seconds=self.idle_s):
            raise DomainError("session.expired", Kind.UNAUTHENTICATED)

    def idle_left_s(self, now: datetime) -> int:
        """Seconds until the session ends if nothing more happens."""
        idle_end = self.last_seen + timedelta(seconds=self.idle_s)
        return max(0, int((min(idle_end, self.ends_at) - now).total_seconds()))

    def wants_touch(self, now: datetime) -> bool:
        """Whether `last_seen` is old enough to be worth a write."""
        return now - self.last_seen >= TOUCH_AFTER


def open_session(
    subject: str, programme: str, kind: SessionKind, idle: timedelta, now: datetime
) -> tuple[str, Session]:
    """A new session and its token (256 random bits)."""
    token = secrets.token_urlsafe(32)
    life = ANONYMOUS_LIFE if kind == "anonymous" else ABSOLUTE_LIFE
    session = Session(
        id=token_hash(token),
        subject=subject,
        kind=kind,
        programme=programme,
        csrf=secrets.token_urlsafe(24),
        created_at=now,
        last_seen=now,
        idle_s=int(idle.total_seconds()),
        ends_at=now + life,
    )
    return token, session


def open_account_session(account: Account, idle: timedelta, now: datetime) -> tuple[str, Session]:
    """A signed-in session that carries what pages and permissions need of the account."""
    token, session = open_session(account.id, account.programme, account.kind, idle, now)
    session.display = account.display
    session.roles = account.roles
    session.scope = account.scope
    session.must_change_password = account.must_change_password
    return token, session


def token_hash(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass
class Captcha:
    """One picture puzzle; `answer` is a keyed hash. It can be tried once."""

    id: str
    answer: str
    expires_at: datetime


def new_captcha_text() -> str:
    """Digits, because the spoken alternative has only digits."""
    return "".join(secrets.choice("0123456789") for _ in range(CAPTCHA_DIGITS))


@dataclass
class Attempts:
    """Failed logins for one login name or one source address, known or not (security.md 3 and 4)."""

    id: str
    failures: int = 0
    last_failure: datetime | None = None

    def check(self, now: datetime) -> None:
        """Refuse while the wait after too many failures lasts; it doubles from 30 s to 30 min."""
        ends = self.wait_ends()
        if ends and now < ends:
            left = int((ends - now).total_seconds()) + 1
            raise DomainError("login.locked_time", Kind.LOCKED, params={"seconds": left})

    def wait_ends(self) -> datetime | None:
        """When the next try is allowed; None when at once."""
        if self.last_failure is None or self.failures < FAILURES_BEFORE_WAIT:
            return None
        doublings = min(self.failures - FAILURES_BEFORE_WAIT, 10)
        wait: timedelta = min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
        return self.last_failure + wait

    def needs_captcha(self) -> bool:
        """Whether the next try must bring a captcha."""
        return self.failures >= FAILURES_BEFORE_CAPTCHA

    def fail(self, now: datetime) -> None:
        """Count one failure; old ones are forgotten after a day."""
        if self.last_failure and now - self.last_failure > FAILURES_FORGOTTEN_AFTER:
            self.failures = 0
        self.failures += 1
        self.last_failure = now
