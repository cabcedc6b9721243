"""The one clock: composition roots hand it down, and nothing below them reads another."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(UTC)
