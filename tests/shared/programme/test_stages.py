"""The order of stages, the seconds of a notice, the stage bar (000.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import DomainError
from shared.programme.stages import bar, following, require_current, require_read, stage_of
from tests.shared.programme.examples import qualification

STAGES = qualification().stages
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def states(current: str, *, needs_change: bool = False) -> list[str]:
    return [mark.state for mark in bar(STAGES, current, needs_change=needs_change)]


def test_the_bar_shows_the_five_stages_of_the_manual() -> None:
    assert [mark.id for mark in bar(STAGES, "violations")] == ["violations", "pledge", "fill", "payment", "done"]


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("violations", ["current", "todo", "todo", "todo", "todo"]),
        ("fill", ["done", "done", "current", "todo", "todo"]),
        ("subjects", ["done", "done", "done", "current", "todo"]),
        ("payment", ["done", "done", "done", "current", "todo"]),
        ("done", ["done"] * 5),
    ],
)
def test_passed_current_and_to_do(current: str, expected: list[str]) -> None:
    assert states(current) == expected


def test_a_returned_application_needs_a_change_of_the_form() -> None:
    assert states("payment", needs_change=True) == ["done", "done", "needs_change", "current", "todo"]


def test_stages_follow_the_file_and_the_last_stays() -> None:
    assert following(STAGES, "fill").id == "subjects"
    assert following(STAGES, "done").id == "done"
    with pytest.raises(DomainError, match=r"stage\.not_found"):
        following(STAGES, "exam")


def test_order_is_enforced_both_ways() -> None:
    require_current(STAGES, "fill", stage_of(STAGES, "fill"))
    with pytest.raises(DomainError, match=r"stage\.passed"):
        require_current(STAGES, "fill", stage_of(STAGES, "pledge"))
    with pytest.raises(DomainError, match=r"stage\.not_reached"):
        require_current(STAGES, "fill", stage_of(STAGES, "payment"))


def test_a_notice_can_be_accepted_when_its_seconds_have_passed_and_not_before() -> None:
    require_read(10, NOW - timedelta(seconds=10), NOW)
    with pytest.raises(DomainError, match=r"notice\.too_soon") as caught:
        require_read(10, NOW - timedelta(seconds=7), NOW)
    assert caught.value.params == {"seconds_left": 3}
