"""Limited child processes: one bad job loses only itself."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from shared.workers import WorkerDied, Workers


def double(number: int) -> int:
    return number * 2


def crash() -> None:
    os.abort()


def hang() -> None:
    threading.Event().wait()


def eat_memory() -> int:
    return len(bytearray(2 << 30))


async def test_jobs_run_and_errors_come_back() -> None:
    async with Workers(1) as workers:
        assert await workers.run(double, 21) == 42
        with pytest.raises(ZeroDivisionError):
            await workers.run(divmod, 1, 0)


async def test_a_crash_or_a_hang_ends_one_job_and_the_next_one_runs() -> None:
    async with Workers(1, seconds=1) as workers:
        for bad in (crash, hang):
            with pytest.raises(WorkerDied):
                await workers.run(bad)
            assert await workers.run(double, 2) == 4


async def test_a_crash_does_not_touch_the_other_child() -> None:
    async with Workers(2) as workers:
        bad, good = await asyncio.gather(workers.run(crash), workers.run(double, 4), return_exceptions=True)
    assert isinstance(bad, WorkerDied)
    assert good == 8


async def test_memory_is_bounded() -> None:
    async with Workers(1, memory_bytes=1 << 30) as workers:
        with pytest.raises(MemoryError):
            await workers.run(eat_memory)
