"""What this service keeps: applications, found by person, by what waits for review, by number, name and deadline."""

from __future__ import annotations

from shared.store import Index

APPLICATIONS = "applications"
OUTBOXES = (APPLICATIONS,)
# Remarks of reviewers may name people, and so may the timeline that repeats them.
SEALED = ("values", "ocr", "review", "timeline")
INDEXES = (
    Index(APPLICATIONS, ("candidate_id", "created_at")),
    Index(APPLICATIONS, ("state", "school", "submitted_at")),
    Index(APPLICATIONS, ("state", "submitted_at")),
    Index(APPLICATIONS, ("id_number_index",)),
    Index(APPLICATIONS, ("name_index",)),
    Index(APPLICATIONS, ("check_due",)),
    Index(APPLICATIONS, ("claim_due",)),
    Index(APPLICATIONS, ("draft_due",)),
    Index(APPLICATIONS, ("pending", "retention_due")),
)
