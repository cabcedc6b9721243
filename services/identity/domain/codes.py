"""One-time codes by SMS (security.md 5): six digits, five minutes, one use, five tries, for one flow."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Purpose = Literal["login", "reset", "bind_phone", "face_reset", "staff", "join", "withdraw"]
# Sent to a number that nobody has proved to be theirs.
UNPROVED: frozenset[Purpose] = frozenset({"bind_phone", "join"})
Verdict = Literal["right", "wrong", "expired", "tries_used"]

LIFE = timedelta(minutes=5)
TRIES = 5
RESEND_AFTER = timedelta(minutes=1)
# After a crash a code is handed over again, unless it would arrive too old to be typed.
WORTH_SENDING = timedelta(minutes=3)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass
class Code:
    """The live code of one flow and purpose. `phone` is sealed at rest; so is `digits`, which is kept only until it
    is handed to the channel (`due_at`: when to try to). `answer` is a keyed hash over flow, purpose, phone and digits.
    With an `owner` (an account's id, or "" for nobody's) they are sent only to the phone of that account."""

    id: str
    message_id: str
    phone: str
    answer: str
    sent_at: datetime
    expires_at: datetime
    digits: str | None
    due_at: datetime | None
    owner: str | None = None
    tries: int = 0
    used: bool = False

    def spend(self, answer: str, now: datetime) -> Verdict:
        """Judge an answer. Every one counts, the right one is the last."""
        if self.tries >= TRIES:
            return "tries_used"
        self.tries += 1
        if self.used or now >= self.expires_at:
            return "expired"
        if not secrets.compare_digest(self.answer, answer):
            return "wrong" if self.tries < TRIES else "tries_used"
        self.used = True
        return "right"

    def handed_over(self) -> None:
        """The channel has it, or it has become worthless: the digits are kept no longer."""
        self.digits, self.due_at = None, None


@dataclass
class Count:
    """How often something happened under a key since the window began. `ends_at`: when it is forgotten."""

    id: str
    ends_at: datetime
    count: int = 0
    last: datetime | None = None


def new_digits() -> str:
    """Six digits from the system's source of chance."""
    return f"{secrets.randbelow(1_000_000):06d}"
