"""The supervisor: order of start, revival of what dies, nothing left at the end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.child import Child, ChildFailed
from deploy.local.services import Plan
from deploy.local.state import State, StateFile
from deploy.local.supervisor import Supervisor
from shared.settings import Platform


class Sleeper(Child):
    def command(self) -> Sequence[str]:
        return ["sleep", "600"]


class Broken(Child):
    def command(self) -> Sequence[str]:
        return ["sh", "-c", "echo no such table; exit 1"]

    def ready(self) -> bool:
        return False


def unreached() -> None:
    pytest.fail("nothing is ready when a start fails")


class Job(Child):
    def command(self) -> Sequence[str]:
        return ["sh", "-c", "echo done"]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def supervisor(folder: Path, services: list[Child], said: list[str]) -> tuple[Supervisor, StateFile]:
    file = StateFile(folder)
    assert file.take()
    plan = Plan(Platform(data=folder), [Sleeper("server", folder)], services)
    return Supervisor(plan, file, State(pid=1, port=8080, full=False), said.append), file


@contextmanager
def running(one: Supervisor, file: StateFile) -> Iterator[None]:
    prepared, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=one.run, args=(prepared.set, ready.set))
    thread.start()
    try:
        assert ready.wait(20)
        assert prepared.is_set()
        yield
    finally:
        one.stop.set()
        thread.join(20)
        file.give_back()
    assert not thread.is_alive()


def test_what_dies_is_started_again_and_the_others_are_left_alone(tmp_path: Path) -> None:
    first, second = Sleeper("first", tmp_path), Sleeper("second", tmp_path)
    said: list[str] = []
    one, file = supervisor(tmp_path, [first, second], said)
    with running(one, file):
        state = file.read()
        assert state is not None
        assert state.ready
        before, other = first.pid, second.pid
        first.signal(signal.SIGKILL)
        until(lambda: first.running and first.pid != before)
        assert second.pid == other
        assert "! first ended; starting it again" in said
    assert [line.split()[1] for line in said if line.startswith("✓")] == ["server", "first", "second", "ended"]
    assert not first.running
    assert not second.running
    assert list(tmp_path.glob("*.pid")) == []


def test_a_job_runs_once_when_all_is_ready(tmp_path: Path) -> None:
    file = StateFile(tmp_path)
    assert file.take()
    job = Job("job", tmp_path)
    plan = Plan(Platform(data=tmp_path), [], [Sleeper("service", tmp_path)], [job])
    with running(Supervisor(plan, file, State(pid=1, port=8080, full=False), lambda _text: None), file):
        until(lambda: job.log.exists() and job.output() == b"done\n")
        until(lambda: not job.pid_file.exists())


def test_a_failed_start_ends_what_had_started(tmp_path: Path) -> None:
    good = Sleeper("good", tmp_path)
    one, _ = supervisor(tmp_path, [good, Broken("broken", tmp_path)], [])
    with pytest.raises(ChildFailed, match="no such table"):
        one.run(unreached, unreached)
    assert not good.running
    assert list(tmp_path.glob("*.pid")) == []


def test_only_one_supervisor_has_a_data_folder(tmp_path: Path) -> None:
    first, second = StateFile(tmp_path), StateFile(tmp_path)
    assert not first.held()
    assert first.take()
    assert second.held()
    assert not second.take()
    first.give_back()
    assert second.take()
    second.give_back()
