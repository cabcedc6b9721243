"""Indexes, outboxes and sealed fields of the identity service's collections."""

from __future__ import annotations

from shared.store import Index

INDEXES = (
    Index("sessions", ("subject",)),
    Index("sessions", ("ends_at",)),
    Index("captchas", ("expires_at",)),
    Index("attempts", ("last_failure",)),
)
OUTBOXES = ("accounts",)
ACCOUNT_SEALED = ("id_number", "name", "phone", "number", "totp")
# The greeting is part of a name.
SESSION_SEALED = ("display",)
