"""Indexes, outboxes and sealed fields of the identity service's collections."""

from __future__ import annotations

from shared.store import Index

INDEXES = (
    Index("sessions", ("subject",)),
    Index("sessions", ("ends_at",)),
    Index("captchas", ("expires_at",)),
    Index("attempts", ("kept_until",)),
    Index("codes", ("expires_at",)),
    Index("codes", ("due_at",)),
    Index("counts", ("ends_at",)),
    Index("resets", ("ends_at",)),
    Index("tickets", ("ends_at",)),
    Index("tickets", ("check_due",)),
    Index("face_tries", ("last",)),
    Index("accounts", ("kind", "created_at")),
    Index("accounts", ("name_index",)),
    Index("accounts", ("programme", "school", "created_at")),
    Index("corrections", ("state", "asked_at")),
    Index("corrections", ("account_id",)),
    Index("corrections", ("ended_at",)),
    Index("sign_ons", ("expires_at",)),
    Index("newcomers", ("expires_at",)),
    Index("staff_requests", ("state", "asked_at")),
    Index("staff_requests", ("decided_at",)),
    Index("audit", ("event_id",)),
    Index("audit", ("at",)),
    Index("audit", ("object_id", "at")),
    Index("audit", ("actor_id", "at")),
    Index("audit", ("action", "at")),
)
OUTBOXES = ("accounts", "tickets", "staff_requests", "corrections")
ACCOUNT_SEALED = ("id_number", "name", "phone", "number", "second", "locking")
CORRECTION_SEALED = ("name", "remark")
# The greeting is part of a name.
SESSION_SEALED = ("display",)
CODE_SEALED = ("phone", "digits")
RESET_SEALED = ("phone",)
SIGN_ON_SEALED = ("verifier", "nonce")
NEWCOMER_SEALED = ("name",)
REQUEST_SEALED = ("name", "document_number", "phone")
