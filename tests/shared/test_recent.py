"""What is the same for everybody is asked once for a crowd, and a failure is not remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from shared.recent import MOST, Recent


async def test_a_crowd_costs_one_call_and_a_later_one_another() -> None:
    calls = 0

    async def ask() -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)
        return calls

    recent = Recent(seconds=60)
    assert await asyncio.gather(*(recent.get("a", ask) for _ in range(50))) == [1] * 50
    assert await recent.get("b", ask) == 2
    stale = Recent(seconds=0)
    assert [await stale.get("a", ask), await stale.get("a", ask)] == [3, 4]


async def test_a_failure_is_told_and_asked_again() -> None:
    answers: Iterator[Exception | int] = iter([ConnectionError(), 7])

    async def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    recent = Recent()
    with pytest.raises(ConnectionError):
        await recent.get("a", ask)
    assert await recent.get("a", ask) == 7


async def test_words_that_people_type_do_not_pile_up() -> None:
    async def ask() -> int:
        return 0

    recent = Recent()
    for number in range(3 * MOST):
        await recent.get(str(number), ask)
    assert len(recent) <= MOST
