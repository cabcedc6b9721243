"""What the identity service tells."""

from __future__ import annotations

from typing import ClassVar

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
