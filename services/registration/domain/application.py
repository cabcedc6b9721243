"""The application: one candidate's registration in one programme (design.md 7).

Its state, the identity check and the payment are three axes. What may be edited is derived from them (locks.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind
from shared.programme.model import Programme
from shared.programme.stages import AFTER_SUBMISSION, Stage, StageType, first_of

State = Literal["draft", "submitted", "under_review", "approved", "returned", "withdrawn", "discarded"]
Who = Literal["candidate", "staff", "system"]
PaymentStatus = Literal["none", "due", "paid", "refunded", "closed"]
Outcome = Literal["", "matched", "unreadable", "needs_review", "read"]
Decision = Literal["", "confirmed", "refused"]

GONE = frozenset({"withdrawn", "discarded"})
"""States that leave their person and their number to another application. A discarded one is no more than the outbox
that tells of its pictures: for everybody it does not exist."""

WAITING = frozenset({"submitted", "under_review"})
"""States in which a reviewer may decide."""


@dataclass
class Attachment:
    """One picture: the upload shown to people, and the object (SHA-256 of its content) that vision reads."""

    upload_id: str
    object_key: str
    width: int
    height: int
    at: datetime


@dataclass
class Entry:
    """One line of the timeline. `by` is a staff member's id, shown to staff only."""

    at: datetime
    who: Who
    what: str
    detail: str = ""
    by: str = ""


@dataclass
class Payment:
    """What the payment service has told; `told_at` is when the event behind `status` happened."""

    status: PaymentStatus = "none"
    order_id: str = ""
    told_at: datetime | None = None


@dataclass
class Review:
    """Where the review stands. `level` counts the programme's levels from 0; a claim lasts for a while."""

    level: int = 0
    claimed_by: str = ""
    claimed_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    reason_code: str = ""
    field: str = ""
    remark: str = ""

    def held_by_other(self, staff_id: str, lasts: timedelta, now: datetime) -> bool:
        """Whether somebody else is at work on it."""
        return bool(self.claimed_by) and self.claimed_by != staff_id and now - (self.claimed_at or now) < lasts


@dataclass
class Seen:
    """One rule on one picture, as vision told it."""

    picture: str
    rule: str
    ok: bool
    value: float | None = None
    message: str = ""
    region: tuple[float, float, float, float] | None = None


@dataclass
class Check:
    """One attempt of the identity check, kept as evidence. `outcome` is empty while the answer is awaited; what the
    card says is in `Application.ocr` under the check's id, because it is sealed at rest. `proposed_by` is who wants to
    confirm against the machine's mismatch; a second person decides (security.md 18)."""

    id: str
    requested_at: datetime
    deadline: datetime
    card_key: str | None
    card_back_key: str | None
    portrait_key: str | None
    asked: int = 1
    outcome: Outcome = ""
    verdicts: list[Seen] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    distance: float | None = None
    face_decision: str | None = None
    model_version: str = ""
    completed_at: datetime | None = None
    person_asked: bool = False
    decision: Decision = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    proposed_by: str = ""
    proposed_until: datetime | None = None


@dataclass
class Read:
    """One field of the card. `text` is None when it could not be read; a `doubtful` one is only compared with."""

    text: str | None
    confidence: float = 0.0
    doubtful: bool = False


@dataclass
class Application:
    """The aggregate. `edited_at`: when its candidate last went on with it; `replaced`: earlier pictures of a registered
    application; `choice`: other subjects, chosen and not yet submitted. The fields after `version` repeat or hash
    others so that a database can find by them; the handlers set them at every write."""

    id: str
    programme: str
    candidate_id: str
    stage: str
    stage_since: datetime
    created_at: datetime
    state: State = "draft"
    accepted: dict[str, datetime] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    ocr: dict[str, dict[str, Read]] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    replaced: list[Attachment] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    choice: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    payment: Payment = field(default_factory=Payment)
    review: Review = field(default_factory=Review)
    timeline: list[Entry] = field(default_factory=list)
    edited_at: datetime | None = None
    registered_at: datetime | None = None
    submitted_at: datetime | None = None
    portrait_told: str = ""
    persons_typed: int = 0
    version: int = 1
    school: str = ""
    identity: str = "none"
    check_due: datetime | None = None
    claim_due: datetime | None = None
    draft_due: datetime | None = None
    retention_due: datetime | None = None
    id_number_index: str = ""
    name_index: str = ""

    def tell(self, at: datetime, who: Who, what: str, detail: str = "", by: str = "") -> None:
        """Add a line to the timeline."""
        self.timeline.append(Entry(at, who, what, detail, by))

    @property
    def check(self) -> Check | None:
        """The attempt that counts: the latest."""
        return self.checks[-1] if self.checks else None


def begin(application_id: str, programme: Programme, candidate_id: str, now: datetime) -> Application:
    """A new draft at the first stage. Refused outside the window (`window.closed`), and where there is nothing to
    apply for (`programme.no_stages`)."""
    if not programme.stages:
        raise DomainError("programme.no_stages", Kind.CONFLICT)
    if not programme.window.is_open(now):
        raise DomainError("window.closed", Kind.CONFLICT)
    started = Application(application_id, programme.id, candidate_id, programme.stages[0].id, now, now)
    started.tell(now, "candidate", "started")
    return started


def current_stage(application: Application, programme: Programme) -> Stage:
    """The stage a candidate stands at: a draft's own, else payment until it is paid, then the end."""
    if application.state == "draft":
        return next(stage for stage in programme.stages if stage.id == application.stage)
    if programme.fee.amount_fen and application.payment.status != "paid":
        return first_of(programme.stages, StageType.PAYMENT, StageType.DONE)
    return first_of(programme.stages, StageType.DONE)


def enter(application: Application, stage: Stage, now: datetime) -> bool:
    """Move a draft on to a stage; whether it is thereby complete and to be submitted."""
    application.stage = stage.id
    application.stage_since = application.edited_at = now
    return stage.type in AFTER_SUBMISSION


def refused(code: str, application: Application) -> DomainError:
    """A refusal because of the application's state."""
    return DomainError(code, Kind.CONFLICT, params={"state": application.state})
