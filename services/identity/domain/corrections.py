"""更正申请: what the school roll says is wrong (003.9): pupil, then the school, then the roll's administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind

State = Literal["asked", "passed_on", "corrected", "refused"]
NEXT: dict[State, tuple[State, ...]] = {"asked": ("passed_on", "refused"), "passed_on": ("corrected", "refused")}
LONGEST = 500
ENDED_LIFE = timedelta(days=30)


@dataclass
class Correction:
    """One request; `school` is the account's, `claimed_school` the one the pupil names. Sealed: `name`, `remark`."""

    id: str
    account_id: str
    programme: str
    school: str
    name: str
    claimed_school: str
    remark: str
    asked_at: datetime
    state: State = "asked"
    ended_at: datetime | None = None

    def move(self, to: State, roles: tuple[str, ...], now: datetime) -> None:
        """The school passes on or refuses; who keeps the roll corrects or refuses. Raises `correction.order`."""
        if to not in NEXT.get(self.state, ()):
            raise DomainError("correction.order", Kind.CONFLICT)
        keepers = {"admin", "province", "city"}
        if self.state == "passed_on" and not keepers & set(roles):
            raise DomainError("actor.role_missing", Kind.FORBIDDEN)
        self.state = to
        self.ended_at = None if NEXT.get(to) else now
