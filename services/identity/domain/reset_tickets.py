"""Face resets (000.24): a one-time ticket on its way from a QR code on one screen to a new password set on a phone.

The ticket's id stands in the QR code and proves nothing: it belongs to the first phone session that opens it, with the
openid that WeChat gives. The screen that shows the code has a secret of its own, with which it may see how far it is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind, NotFound
from shared.events.base import Event
from shared.events.identity import FaceCheckRequested, FacePhotoSpent
from shared.events.vision import FaceCheckCompleted

OPEN_WITHIN = timedelta(minutes=5)
FINISH_WITHIN = timedelta(minutes=15)
KEPT_FOR = timedelta(hours=1)
CHECK_WITHIN = timedelta(seconds=40)
ASKED_AT_MOST = 2
PHOTOS_AT_MOST = 10
TRIES = 5
TRIES_WITHIN = timedelta(hours=24)

NOT_MATCHED = "face_reset.not_matched"
NO_ANSWER = "face_reset.no_answer"

State = Literal["waiting", "opened", "named", "checking", "verified", "proved", "done"]


@dataclass
class Target:
    """Whose password it is about. `account` and `portrait` are empty for a number that nobody has registered, or whose
    portrait is not verified: the way goes on all the same (security.md 4). `key` counts the tries."""

    key: str
    account: str = ""
    portrait: str = ""
    minor: bool = False


@dataclass
class Photo:
    """The photo being compared: its upload, its object, and the check that was asked for."""

    upload: str
    object_key: str
    check: str
    deadline: datetime
    asked: int = 1


@dataclass
class ResetTicket:
    """One face reset. `watch` is the hash of the screen's secret, `session` the phone's session, `openid` its blind
    index; `bound`: the match counted with it as the account's own; `phone`: the blind index of the number whose code
    counted in its place. `reasons` say why the last photo did not do;
    `check_due` repeats the photo's deadline for the sweep."""

    id: str
    programme: str
    watch: str
    created_at: datetime
    ends_at: datetime
    state: State = "waiting"
    session: str = ""
    openid: str = ""
    target: Target | None = None
    photo: Photo | None = None
    photos: int = 0
    reasons: list[str] = field(default_factory=list)
    check_due: datetime | None = None
    bound: bool = False
    phone: str = ""

    def shown(self, now: datetime) -> str:
        """What the screen with the code is told: waiting, opened, checking, refused, passed, done or expired."""
        if self.state == "done":
            return "done"
        if now >= self.ends_at:
            return "expired"
        if self.state in ("opened", "named"):
            return "refused" if self.reasons else "opened"
        return "passed" if self.state in ("verified", "proved") else self.state

    def require_watcher(self, secret: str) -> None:
        """Only the screen that asked for the code; for all others it does not exist."""
        if not hmac.compare_digest(self.watch, _hashed(secret)):
            raise NotFound("ticket")

    def require_openable(self, session: str, now: datetime) -> None:
        """Refuse a phone that comes too late, or second."""
        if self.session and self.session != session:
            raise DomainError("face_reset.opened_elsewhere", Kind.CONFLICT)
        if now >= self.ends_at or self.state == "done":
            raise DomainError("face_reset.expired", Kind.CONFLICT)

    def open(self, session: str, openid: str, now: datetime) -> None:
        """The first phone that opens it has it; the same one may come again."""
        self.require_openable(session, now)
        if not self.session:
            self.session, self.openid, self.state = session, openid, "opened"
            self.ends_at = now + FINISH_WITHIN

    def require_phone(self, session: str, now: datetime, *states: State) -> None:
        """Only the phone that opened it, in time, and at this step."""
        if not self.session or not hmac.compare_digest(self.session, session):
            raise NotFound("ticket")
        if self.state == "done" or now >= self.ends_at:
            raise DomainError("face_reset.expired", Kind.CONFLICT)
        if self.state not in states:
            raise DomainError("face_reset.not_this_step", Kind.CONFLICT)

    def name(self, target: Target) -> None:
        """Say whose password it is; may be corrected until a photo is under way, never after a match."""
        self.target, self.state, self.reasons = target, "named", []

    def ask(self, check: str, upload: str, object_key: str, now: datetime) -> list[Event]:
        """Have a photo compared. Raises `face_reset.photos_used`: such as cannot be compared cost no try, and must end
        all the same."""
        if self.photos >= PHOTOS_AT_MOST:
            raise DomainError("face_reset.photos_used", Kind.TOO_MANY, params={"limit": PHOTOS_AT_MOST})
        self.photos += 1
        self.photo = Photo(upload, object_key, check, now + CHECK_WITHIN)
        self.state, self.reasons, self.check_due = "checking", [], self.photo.deadline
        return [self._asking(self.photo, now)]

    def complete(self, event: FaceCheckCompleted, now: datetime, *, bound: bool) -> list[Event]:
        """Take in vision's answer; nothing but a match of somebody known goes on. `bound`: this openid is the
        account's own, which is the second factor. An answer to an older photo changes nothing."""
        if self.state != "checking" or self.photo is None or self.photo.check != event.subject:
            return []
        known = self.target is not None and self.target.account and self.target.portrait
        if event.decision == "match" and known:
            self.state, self.bound = "proved" if bound else "verified", bound
        else:
            self.state = "named"
            self.reasons = list(event.reasons) if event.decision == "unusable" else [NOT_MATCHED]
        return self._spend(now)

    def expire_check(self, now: datetime) -> list[Event]:
        """Past its deadline a check is asked for once more, and then the person takes another photo or another way."""
        if self.state != "checking" or self.photo is None or self.photo.deadline > now:
            return []
        if self.photo.asked < ASKED_AT_MOST and now < self.ends_at:
            self.photo.asked += 1
            self.photo.deadline = self.check_due = now + CHECK_WITHIN
            return [self._asking(self.photo, now)]
        self.state, self.reasons = "named", [NO_ANSWER]
        return self._spend(now)

    def _spend(self, now: datetime) -> list[Event]:
        photo, self.photo, self.check_due = self.photo, None, None
        return [FacePhotoSpent(subject=photo.upload, occurred_at=now)] if photo else []

    def _asking(self, photo: Photo, now: datetime) -> FaceCheckRequested:
        target = self.target or Target("")
        return FaceCheckRequested(
            subject=photo.check,
            occurred_at=now,
            ticket_id=self.id,
            programme=self.programme,
            portrait_key=target.portrait or None,
            photo_key=photo.object_key,
            minor=target.minor,
            deadline=photo.deadline,
        )


@dataclass
class Tries:
    """Photos compared for one login key in the last day, whether or not anybody is registered under it."""

    id: str
    at: list[datetime] = field(default_factory=list)
    last: datetime | None = None

    def spend(self, now: datetime) -> None:
        """Use one. Raises `face_reset.tries_used` at the sixth within a day."""
        self.at = [each for each in self.at if now - each < TRIES_WITHIN]
        if len(self.at) >= TRIES:
            raise DomainError("face_reset.tries_used", Kind.TOO_MANY)
        self.at.append(now)
        self.last = now

    def give_back(self) -> None:
        """The last one compared nothing."""
        self.at = self.at[:-1]


def new_ticket(programme: str, now: datetime) -> tuple[ResetTicket, str]:
    """A ticket, and the secret of the screen that shows it (256 random bits each)."""
    secret = secrets.token_urlsafe(32)
    return ResetTicket(secrets.token_urlsafe(32), programme, _hashed(secret), now, now + OPEN_WITHIN), secret


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
