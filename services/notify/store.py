"""What this service keeps."""

from __future__ import annotations

from shared.store import Index

CONTACTS, DELIVERIES, QUOTAS, TALLIES, OUTBOX = "contacts", "deliveries", "quotas", "tallies", "outbox"
INDEXES = (
    Index(DELIVERIES, ("due_at",)),
    Index(DELIVERIES, ("created_at",)),
    Index(QUOTAS, ("last",)),
    Index(TALLIES, ("day",)),
    Index(OUTBOX, ("at",)),
)
