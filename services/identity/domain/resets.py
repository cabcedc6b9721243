"""Somebody proves by SMS who they are, to set a new password (000.23, 003.6, 004.11) or to sign in (003.3).

The way is the same for numbers that nobody has and for phones that are not theirs; only no message goes out then, and
no code is right.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind

LIFE = timedelta(minutes=30)
PHONES = 5
# A crash may come between claiming the last step and finishing it; after this the person may claim it again.
CLAIM = timedelta(seconds=30)

Goal = Literal["reset", "login"]
Step = Literal["phone", "code", "password"]


@dataclass
class Reset:
    """One person's way. `id` is the hash of the token in the browser; `about` the login key asked for; `account` is
    empty for a number nobody has. `phone`, as typed, is sealed at rest."""

    id: str
    programme: str
    goal: Goal
    about: str
    account: str
    ends_at: datetime
    step: Step = "phone"
    phone: str = ""
    phones: int = 0
    claimed_at: datetime | None = None

    def check(self, now: datetime, *steps: Step) -> None:
        """Only in time, and at one of these steps. Raises `reset.expired`, `reset.not_this_step`."""
        if now >= self.ends_at:
            raise expired()
        if steps and self.step not in steps:
            raise DomainError("reset.not_this_step", Kind.CONFLICT)

    def call(self, phone: str, now: datetime) -> None:
        """Say which phone gets the code. Another one a few times only: this is no way to search for the right one."""
        self.check(now, "phone", "code")
        if phone != self.phone:
            if self.phones >= PHONES:
                raise DomainError("reset.phones_used", Kind.TOO_MANY)
            self.phones += 1
            self.phone = phone
        self.step = "code"

    def proved(self, now: datetime) -> None:
        """The code was right."""
        self.check(now, "code")
        self.step = "password"

    def claim(self, now: datetime) -> None:
        """Take the last step, alone. Raises `reset.under_way` while another request has it."""
        self.check(now, "password")
        if self.claimed_at and now - self.claimed_at < CLAIM:
            raise DomainError("reset.under_way", Kind.CONFLICT)
        self.claimed_at = now


def new_reset(programme: str, goal: Goal, about: str, account: str, now: datetime) -> tuple[Reset, str]:
    """A fresh way, and its token (256 random bits)."""
    token = secrets.token_urlsafe(32)
    return Reset(token_hash(token), programme, goal, about, account, now + LIFE), token


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def expired() -> DomainError:
    """The way is over, used, or never was: one word for all."""
    return DomainError("reset.expired", Kind.CONFLICT)
