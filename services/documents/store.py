"""Indexes of the documents service's one collection."""

from __future__ import annotations

from shared.store import Index

INDEXES = (Index("uploads", ("kind", "created_at")), Index("uploads", ("object_key",)))
