"""Times as texts: whichever way a time was written, a bound finds what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.store import time_text

START = datetime(2026, 6, 1, 8, 0, 5, tzinfo=UTC)
MOMENTS = st.integers(0, 3_000_000).map(lambda micro: START + timedelta(microseconds=micro))


def test_it_is_utc_to_the_second() -> None:
    beijing = timezone(timedelta(hours=8))
    assert time_text(datetime(2026, 6, 1, 16, 0, 5, 999_999, tzinfo=beijing)) == "2026-06-01T08:00:05Z"


@given(MOMENTS, MOMENTS)
def test_texts_compare_as_the_seconds_do(stored: datetime, now: datetime) -> None:
    written = TypeAdapter(datetime).dump_python(stored, mode="json")
    assert (written <= time_text(now)) == (stored.replace(microsecond=0) <= now)


@given(MOMENTS)
def test_a_fraction_does_not_hide_what_is_due(now: datetime) -> None:
    written = TypeAdapter(datetime).dump_python(now.replace(microsecond=0), mode="json")
    assert written <= time_text(now)
