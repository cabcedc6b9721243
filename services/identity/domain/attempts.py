"""Failed proofs, counted where somebody might be guessing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import DomainError, Kind

FAILURES_BEFORE_CAPTCHA = 1
FAILURES_BEFORE_WAIT = 5
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=30)
FAILURES_FORGOTTEN_AFTER = timedelta(hours=24)


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
