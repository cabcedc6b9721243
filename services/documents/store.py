"""Indexes of the documents service's collections."""

from __future__ import annotations

from shared.store import Index

INDEXES = (Index("uploads", ("owner",)),)
