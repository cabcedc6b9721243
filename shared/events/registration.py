"""What the registration service tells."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from shared.events.base import Event


class IdentityCheckRequested(Event):
    """Read this card and compare these pictures. `subject` is the check; pictures are object keys (SHA-256)."""

    TYPE: ClassVar[str] = "registration.identity_check_requested.v1"
    application_id: str
    programme: str
    card_key: str | None
    card_back_key: str | None = None
    portrait_key: str | None
    deadline: datetime


class UrgentIdentityCheckRequested(IdentityCheckRequested):
    """The same while a person waits for the answer (staff ask again): the interactive lane takes it."""

    TYPE: ClassVar[str] = "registration.urgent_identity_check_requested.v1"


class ApplicationSubmitted(Event):
    """The form is complete; payment is due when `amount_fen` > 0. `subject` is the application."""

    TYPE: ClassVar[str] = "registration.application_submitted.v1"
    programme: str
    candidate_id: str
    amount_fen: int
    description: str
    resubmitted: bool = False


class ApplicationApproved(Event):
    """Staff approved. `subject` is the application."""

    TYPE: ClassVar[str] = "registration.application_approved.v1"
    programme: str
    candidate_id: str


class ApplicationReturned(Event):
    """Staff sent it back for changes. `subject` is the application."""

    TYPE: ClassVar[str] = "registration.application_returned.v1"
    programme: str
    candidate_id: str
    reason_code: str


class ApplicationReopened(Event):
    """Staff took an approval or a return back within the undo window; what was told of it no longer holds."""

    TYPE: ClassVar[str] = "registration.application_reopened.v1"
    programme: str
    candidate_id: str


class ApplicationWithdrawn(Event):
    """The candidate gave up before approval. `subject` is the application; its order is closed or refunded."""

    TYPE: ClassVar[str] = "registration.application_withdrawn.v1"
    programme: str
    candidate_id: str


class IdentityDecided(Event):
    """Staff settled an identity check by hand. `subject` is the application."""

    TYPE: ClassVar[str] = "registration.identity_decided.v1"
    programme: str
    candidate_id: str
    decision: Literal["confirmed", "refused"]


class ReleasedPicture(BaseModel):
    """An upload, and its object (SHA-256), so that the event can be carried out again after a crash halfway."""

    model_config = ConfigDict(frozen=True)

    upload_id: str
    object_key: str


class PicturesReleased(Event):
    """Nobody needs these pictures any more: they were replaced, their draft was given up, or their days are over.
    `subject` is the application."""

    TYPE: ClassVar[str] = "registration.pictures_released.v1"
    pictures: tuple[ReleasedPicture, ...]


class PortraitVerified(Event):
    """The portrait of a registered candidate was matched with the ID card, by machine or by staff: later photos may be
    compared with it. `portrait_key` None: taken back (refused by staff, or withdrawn). `subject` is the application."""

    TYPE: ClassVar[str] = "registration.portrait_verified.v1"
    programme: str
    candidate_id: str
    portrait_key: str | None
