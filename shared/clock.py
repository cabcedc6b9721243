"""The one clock: composition roots hand it down, and nothing below them reads another."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def utc_now() -> datetime:
    """The present moment, with its zone."""
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """The day that this moment belongs to for the people of these exams."""
    return moment.astimezone(BEIJING).date()
