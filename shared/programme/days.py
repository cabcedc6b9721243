"""Days as the people of these exams count them: they begin at midnight in Beijing."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))


def day_of(moment: datetime) -> date:
    """The day that this moment belongs to for the people of these exams."""
    return moment.astimezone(BEIJING).date()


def midnight_before(moment: datetime) -> datetime:
    """When that day began."""
    return moment.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
