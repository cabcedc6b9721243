"""Indexes and outboxes of the vision service's one collection."""

from __future__ import annotations

from shared.store import Index

INDEXES = (Index("answered", ("pending", "answered_at")),)
OUTBOXES = ("answered",)
