"""Captchas: a picture of digits (or the digits spoken) that can be tried once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

CAPTCHA_LIFE = timedelta(minutes=5)
CAPTCHA_DIGITS = 4


@dataclass
class Captcha:
    """One picture puzzle; `answer` is a keyed hash. It can be tried once."""

    id: str
    answer: str
    expires_at: datetime


def new_captcha_text() -> str:
    """Digits, because the spoken alternative has only digits."""
    return "".join(secrets.choice("0123456789") for _ in range(CAPTCHA_DIGITS))
