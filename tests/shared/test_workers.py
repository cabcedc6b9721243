"""Limited child processes: one bad job loses only itself."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from shared.workers import WorkerDied, Workers


def double(number: int) -> int:
    return number * 2


def crash() -> None:
    os.abort()


def hang() -> None:
    threading.Event().wait()


def modules() -> set[str]:
    return set(sys.modules)


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


async def test_children_yield_to_everybody_only_when_they_are_told_to() -> None:
    async with Workers(1, yields=True) as patient, Workers(1) as others:
        assert await patient.run(os.sched_getscheduler, 0) == os.SCHED_IDLE
        assert await others.run(os.sched_getscheduler, 0) == os.SCHED_OTHER


async def test_every_child_is_asked_once() -> None:
    async with Workers(3) as workers:
        assert len(set(await workers.everywhere(os.getpid))) == 3


PROGRAM = """
import asyncio, wave
from shared.workers import WorkerDied, Workers
from tests.shared.test_workers import crash, modules

async def main():
    async with Workers(1) as workers:
        print("wave" in await workers.run(modules))
        try:
            await workers.run(crash)
        except WorkerDied:
            print("wave" in await workers.run(modules))

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_child_holds_what_its_job_needs_and_not_the_program_of_its_parent(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, str(program)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.split() == ["False", "False"]


SERVICE = """
import asyncio, os
from shared.workers import Workers

async def serve():
    async with Workers(2) as workers:
        print(await workers.run(os.getpid), await workers.run(os.getpid), flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(serve())
"""


def test_children_end_with_a_service_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        children = [psutil.Process(int(pid)) for pid in service.stdout.readline().split()]
        service.kill()
    _, alive = psutil.wait_procs(children, timeout=60)
    for left in alive:
        left.kill()
    assert not alive
