"""Captchas of three kinds, each of which can be tried once: digits to read or hear, a slider puzzle, and a sum that
the device does by itself (altcha's proof of work, ADR 011)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CaptchaKind = Literal["digits", "slider", "work"]

# What a page that shows digits takes; and what comes before a message, for who cannot see or drag (ADR 011).
DIGITS: frozenset[CaptchaKind] = frozenset({"digits"})
BEFORE_A_MESSAGE: frozenset[CaptchaKind] = frozenset({"digits", "slider", "work"})

CAPTCHA_LIFE = timedelta(minutes=5)
SLIDER_LIFE = timedelta(minutes=2)
CAPTCHA_DIGITS = 4
# Pixels to either side that still count as right.
TOLERANCE = 5
# Half of these hashes on average: a second or so on a phone.
WORK_AT_MOST = 60_000


@dataclass
class Captcha:
    """One puzzle; `answer` is a keyed hash. It can be tried once."""

    id: str
    answer: str
    expires_at: datetime
    kind: CaptchaKind = "digits"

    def accepted(self, text: str) -> Iterator[str]:
        """The answers that are right if `text` is given."""
        if self.kind == "slider" and text.isascii() and text.isdigit() and len(text) < 4:
            near = range(int(text) - TOLERANCE, int(text) + TOLERANCE + 1)
            yield from map(str, near)
        else:
            yield text


def new_captcha_text() -> str:
    """Digits, because the spoken alternative has only digits."""
    return "".join(secrets.choice("0123456789") for _ in range(CAPTCHA_DIGITS))


@dataclass(frozen=True)
class Work:
    """Find the number of 0 to `at_most` whose SHA-256 after `salt`, in hexadecimal, is `challenge`."""

    number: int
    salt: str
    challenge: str
    at_most: int


def new_work() -> Work:
    """A sum for a device."""
    number, salt = secrets.randbelow(WORK_AT_MOST + 1), secrets.token_hex(12)
    return Work(number, salt, hashlib.sha256(f"{salt}{number}".encode()).hexdigest(), WORK_AT_MOST)
