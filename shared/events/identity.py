"""What the identity service tells."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from shared.events.base import Event


class AccountRegistered(Event):
    """A candidate has an account. `subject` is the candidate; `sealed_contact` is the phone number sealed with
    AAD `contact|phone|<candidate id>`."""

    TYPE: ClassVar[str] = "identity.account_registered.v1"
    programme: str
    sealed_contact: str


class ContactChanged(Event):
    """The candidate's phone number changed; sealed as in AccountRegistered."""

    TYPE: ClassVar[str] = "identity.contact_changed.v1"
    programme: str
    sealed_contact: str


class PasswordChanged(Event):
    """The candidate's password changed; other sessions ended."""

    TYPE: ClassVar[str] = "identity.password_changed.v1"
    programme: str


class WechatUnbound(Event):
    """The candidate has given up the WeChat that was the second factor of the face reset."""

    TYPE: ClassVar[str] = "identity.wechat_unbound.v1"
    programme: str


class StaffPhoneLeft(Event):
    """A phone number is no longer a member of staff's, because another took its place or the account was closed.
    `subject` is the account; `sealed_contact` is the number, sealed as in AccountRegistered."""

    TYPE: ClassVar[str] = "identity.staff_phone_left.v1"
    sealed_contact: str
    why: Literal["changed", "closed"]


class FaceCheckRequested(Event):
    """Somebody who wants a new password waits in WeChat: is this the person of the verified portrait? `subject` is the
    check; pictures are object keys (SHA-256). `portrait_key` None: there is nobody to compare with, and that must not
    show in how long the answer takes (security.md 4)."""

    TYPE: ClassVar[str] = "identity.face_check_requested.v1"
    ticket_id: str
    programme: str
    portrait_key: str | None
    photo_key: str
    minor: bool
    deadline: datetime


class FacePhotoSpent(Event):
    """The photo of a face check is no longer needed; `subject` is its upload, which is deleted with the object."""

    TYPE: ClassVar[str] = "identity.face_photo_spent.v1"
