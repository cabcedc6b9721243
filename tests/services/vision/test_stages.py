"""Time is counted once, under the innermost stage, and only where somebody asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.vision.check import CheckSettings, check_identity
from services.vision.stages import batch, each, recorded, stage
from tests.support.specimen import specimen


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_stage_inside_another_is_counted_once(clock: Clock) -> None:
    @stage("inner")
    def inner() -> None:
        clock.pass_(2)

    with recorded() as spent:
        with stage("outer"):
            clock.pass_(1)
            inner()
            inner()
        inner()
    assert spent.seconds == {"outer": 1, "inner": 6}


def test_what_is_made_one_by_one_is_counted_while_it_is_made(clock: Clock) -> None:
    def numbers() -> Iterator[int]:
        for number in range(2):
            clock.pass_(1)
            yield number
        clock.pass_(0.5)

    with recorded() as spent:
        for _ in each("make", numbers()):
            clock.pass_(10)
    assert spent.seconds == {"make": 2.5}


def test_a_stage_that_fails_is_counted(clock: Clock) -> None:
    with recorded() as spent, pytest.raises(ValueError, match="bad"), stage("decode"):
        clock.pass_(3)
        raise ValueError("bad")
    assert spent.seconds == {"decode": 3}


def test_nothing_is_counted_where_nobody_asked() -> None:
    with stage("decode"):
        batch("recognise", 3)
    with recorded() as spent:
        pass
    assert (spent.seconds, spent.batches) == ({}, [])


def test_a_report_says_where_its_time_went(models_folder: Path) -> None:
    shown = specimen(75)
    report = check_identity(shown.jpeg, None, shown.jpeg, CheckSettings(models=models_folder))
    spent = dict(report.timings_ms)
    whole = spent.pop("total")
    assert {"decode", "locate", "rectify", "crop", "recognise", "parse", "quality", "face_detect"} <= spent.keys()
    assert sum(spent.values()) <= whole + 1  # rounding
    assert {network for network, _ in report.batches} == {"recognise"}
