"""What reviewers do: claim, approve, return with a reason, take a decision back within seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registration.domain import identity, settling
from services.registration.domain.application import WAITING, Application, Review, refused
from services.registration.domain.settling import Settled
from shared.errors import DomainError, FieldError, Kind
from shared.events.base import Event
from shared.events.registration import ApplicationApproved, ApplicationReopened, ApplicationReturned
from shared.programme.model import Programme


@dataclass(frozen=True)
class Staff:
    """Who decides."""

    id: str
    roles: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True)
class Ground:
    """Why an application is returned: a reason code of the programme, the field it concerns, words for the person."""

    reason_code: str
    field: str = ""
    remark: str = ""


def claim(application: Application, programme: Programme, staff: Staff, now: datetime) -> bool:
    """Take a waiting application into one's hands; whether anything changed. Raises `review.claimed`."""
    if application.state not in WAITING:
        return False
    _require_free(application, programme, staff, now)
    if application.review.claimed_by != staff.id:
        application.tell(now, "staff", "claimed", by=staff.id)
    application.state = "under_review"
    application.review.claimed_by, application.review.claimed_at = staff.id, now
    return True


def lapse(application: Application, programme: Programme, now: datetime) -> None:
    """A claim that nobody followed up ends: the file waits for everybody again."""
    held = application.review.claimed_at
    lasts = timedelta(minutes=programme.review.claim_minutes)
    if application.state == "under_review" and held and now - held >= lasts:
        _let_go(application)


def approve(
    application: Application, programme: Programme, staff: Staff, errors: Sequence[FieldError], now: datetime
) -> list[Event]:
    """Approve at the current level; the last level's approval is final. `errors` are what the form still lacks.

    Raises `review.identity_open` while the identity check is not settled.
    """
    _require_decidable(application, programme, staff, now)
    if programme.picture("card") and identity.status(application, programme) not in identity.SETTLED:
        raise DomainError("review.identity_open", Kind.CONFLICT)
    if errors:
        raise DomainError("application.incomplete", Kind.CONFLICT, errors=errors)
    review = application.review
    if review.level + 1 < len(programme.review.levels):
        application.review = Review(level=review.level + 1)
        application.state = "submitted"
        application.tell(now, "staff", "level_approved", by=staff.id)
        return []
    application.state = "approved"
    application.review = Review(review.level, decided_by=staff.id, decided_at=now)
    application.tell(now, "staff", "approved", by=staff.id)
    return [ApplicationApproved(subject=application.id, occurred_at=now, **_whose(application))]


def send_back(
    application: Application, programme: Programme, staff: Staff, ground: Ground, now: datetime
) -> list[Event]:
    """Return for changes, with a reason the programme knows."""
    _require_decidable(application, programme, staff, now)
    reason = next((each for each in programme.review.reasons if each.id == ground.reason_code), None)
    if reason is None:
        raise DomainError("review.reason_unknown", Kind.INVALID, "/reason_code")
    if ground.field and not (programme.field(ground.field) or programme.material(ground.field)):
        raise DomainError("field.unknown", Kind.INVALID, "/field")
    if reason.needs_remark and not ground.remark.strip():
        raise DomainError("review.remark_missing", Kind.INVALID, "/remark")
    application.state = "returned"
    application.review = Review(
        level=application.review.level,
        decided_by=staff.id,
        decided_at=now,
        reason_code=reason.id,
        field=ground.field or reason.field or "",
        remark=ground.remark.strip(),
    )
    application.tell(now, "staff", "returned", ground.remark.strip(), staff.id)
    return [ApplicationReturned(subject=application.id, occurred_at=now, reason_code=reason.id, **_whose(application))]


def undo(application: Application, programme: Programme, staff: Staff, now: datetime) -> list[Event]:
    """Take one's own decision back while the undo window lasts and the candidate has not answered it."""
    review = application.review
    if application.state not in ("approved", "returned") or review.decided_at is None:
        raise refused("review.nothing_to_undo", application)
    if review.decided_by != staff.id:
        raise DomainError("review.decided_by_other", Kind.FORBIDDEN)
    if now - review.decided_at > timedelta(seconds=programme.review.undo_seconds):
        raise refused("review.undo_too_late", application)
    application.state = "submitted"
    application.review = Review(level=review.level)
    application.tell(now, "staff", "undone", by=staff.id)
    return [ApplicationReopened(subject=application.id, occurred_at=now, **_whose(application))]


def decide_identity(
    application: Application,
    programme: Programme,
    decision: Settled,
    staff: Staff,
    remark: str,
    now: datetime,
) -> list[Event]:
    """Settle the identity check of a waiting file by hand. One that waits for a second person is let go."""
    _require_decidable(application, programme, staff, now)
    events = settling.decide(application, decision, staff.id, remark, now)
    if identity.status(application, programme) == "proposed":
        _let_go(application)
    return events


def ask_identity_again(
    application: Application, programme: Programme, staff: Staff, check_id: str, now: datetime
) -> list[Event]:
    """Have the pictures of a waiting file looked at once more, at once."""
    _require_decidable(application, programme, staff, now)
    application.tell(now, "staff", "identity_asked_again", by=staff.id)
    return identity.ask_again(application, programme, check_id, now)


def require_version(application: Application, version: int) -> None:
    """Refuse a decision on another version than the one the reviewer saw (`review.stale`)."""
    if application.version != version:
        raise DomainError("review.stale", Kind.CONFLICT, params={"version": application.version})


def _let_go(application: Application) -> None:
    application.state = "submitted"
    application.review.claimed_by, application.review.claimed_at = "", None


def _require_decidable(application: Application, programme: Programme, staff: Staff, now: datetime) -> None:
    if application.state not in WAITING:
        raise refused("review.not_waiting", application)
    if not set(staff.roles) & set(programme.review.levels[application.review.level].roles):
        raise DomainError("review.other_level", Kind.FORBIDDEN)
    _require_free(application, programme, staff, now)


def _require_free(application: Application, programme: Programme, staff: Staff, now: datetime) -> None:
    if application.review.held_by_other(staff.id, timedelta(minutes=programme.review.claim_minutes), now):
        raise refused("review.claimed", application)


def _whose(application: Application) -> dict[str, str]:
    return {"programme": application.programme, "candidate_id": application.candidate_id}
