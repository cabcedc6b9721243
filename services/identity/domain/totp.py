"""One-time passwords by time (RFC 6238: SHA-1, 30 s, 6 digits) as the second factor of staff, and recovery codes."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
DRIFT = 1
"""Steps that a phone's clock may be off, either way."""
SECRET_BYTES = 20
RECOVERY_CODES = 10
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass
class Second:
    """Somebody's second factor, sealed as a whole. `pending` is a secret that no code has confirmed yet; `step` the
    last one whose code was used; `recovery` the keyed hashes of codes that are good once each."""

    secret: str = ""
    pending: str = ""
    step: int = 0
    recovery: list[str] = field(default_factory=list)

    def spend(self, code: str, now: datetime) -> bool:
        """Use a code; each is good once, and none of an earlier step after it (RFC 6238 5.2)."""
        step = matching(self.secret, code, now)
        if step is None or step <= self.step:
            return False
        self.step = step
        return True

    def confirm(self, code: str, now: datetime) -> bool:
        """Take the pending secret into use, for a code of it."""
        step = matching(self.pending, code, now)
        if step is None:
            return False
        self.secret, self.pending, self.step = self.pending, "", step
        return True


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one time step (RFC 4226 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_at(now: datetime) -> int:
    """The time step of a moment."""
    return int(now.timestamp()) // STEP_S


def matching(secret: str, code: str, now: datetime) -> int | None:
    """The step that the code is of, if it is near."""
    if not secret:
        return None
    near = range(step_at(now) - DRIFT, step_at(now) + DRIFT + 1)
    typed = code.replace(" ", "").encode()
    return next((step for step in near if hmac.compare_digest(code_at(secret, step).encode(), typed)), None)


def address(secret: str, name: str, issuer: str) -> str:
    """What the QR code says (the otpauth format that authenticator apps share)."""
    label = quote(f"{issuer}:{name}")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer)}&digits={DIGITS}&period={STEP_S}"


def new_recovery_codes() -> list[str]:
    """Ten codes of 40 bits, to be kept on paper."""
    return ["-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in "ab") for _ in range(RECOVERY_CODES)]
