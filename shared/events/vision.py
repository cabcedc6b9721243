"""What the vision service tells."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.events.base import Event
from shared.programme.identity_check import CheckedPicture

Outcome = Literal["matched", "unreadable", "needs_review", "read"]
FaceDecision = Literal["match", "review", "mismatch", "unusable"]


class PictureVerdict(BaseModel):
    """One rule on one picture. `region` is x, y, width, height as fractions of the picture (0..1)."""

    model_config = ConfigDict(frozen=True)

    picture: CheckedPicture
    rule: str
    ok: bool
    value: float | None = None
    message: str = ""
    region: tuple[float, float, float, float] | None = None


class IdentityCheckCompleted(Event):
    """The answer to IdentityCheckRequested; `subject` is the check.

    `sealed_fields` is the JSON of the card's fields ({name: {text, confidence, box, doubtful}}) sealed by
    shared.privacy with AAD `identity_check|fields|<check id>`; None when no card was read. `outcome` "read": card
    only, no portrait yet. `distance` is the face distance (0 same, > 0.6 different); None when not compared.
    """

    TYPE: ClassVar[str] = "vision.identity_check_completed.v1"
    application_id: str
    outcome: Outcome
    sealed_fields: str | None
    verdicts: tuple[PictureVerdict, ...] = ()
    distance: float | None = None
    face_decision: Literal["match", "review", "mismatch"] | None = None
    reasons: tuple[str, ...] = ()
    model_version: str
    seconds: float


class FaceCheckCompleted(Event):
    """The answer to FaceCheckRequested; `subject` is the check. A 1:1 comparison without liveness detection.

    `decision` "unusable": the photo cannot be compared, `reasons` say what to do better; nothing is said of the person.
    `distance` as in IdentityCheckCompleted. A minor's mismatch is a review (security.md 7).
    """

    TYPE: ClassVar[str] = "vision.face_check_completed.v1"
    ticket_id: str
    decision: FaceDecision
    distance: float | None
    reasons: tuple[str, ...] = ()
    model_version: str
    seconds: float
