"""Child processes: ready, killed, restarted, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.local.child import Child, ChildFailed, connects, free_port
from deploy.local.mongo import Mongo
from deploy.local.rabbitmq import RabbitMQ

SLEEPER = """
import sys, time
from pathlib import Path
from deploy.local.child import Child

class Sleeper(Child):
    def command(self):
        return ["sleep", "600"]

Sleeper("sleeper", Path(sys.argv[1])).start()
print("started", flush=True)
time.sleep(600)
"""


class Failing(Child):
    def command(self) -> list[str]:
        return ["sh", "-c", "echo broken configuration; exit 3"]

    def ready(self) -> bool:
        return False


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def wait_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while exists(pid):
        assert time.monotonic() < deadline, f"process {pid} still runs"
        time.sleep(0.02)


def test_a_child_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match="broken configuration"):
        Failing("failing", tmp_path).start()


def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", SLEEPER, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"started\n"
    pid = int((tmp_path / "sleeper.pid").read_text())
    assert exists(pid)
    parent.kill()
    parent.communicate()
    wait_gone(pid)


@pytest.mark.parametrize("server", [Mongo, RabbitMQ])
def test_a_killed_server_restarts_on_its_port(tmp_path: Path, server: type[Mongo | RabbitMQ]) -> None:
    with server(tmp_path) as child:
        first = child.pid
        assert child.pid_file.read_text() == str(first)
        child.kill()
        wait_gone(first)
        assert not connects(child.port)
        child.restart()
        assert child.running
        assert child.pid != first
        last = child.pid
    wait_gone(last)
    assert not child.pid_file.exists()


def test_a_paused_child_goes_on_when_resumed(tmp_path: Path) -> None:
    with Mongo(tmp_path) as child:
        child.pause()
        deadline = time.monotonic() + 10
        while Path(f"/proc/{child.pid}/stat").read_text().split()[2] != "T":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        child.resume()
        child.wait_ready()
        child.signal(signal.SIGTERM)
        wait_gone(child.pid)


def test_free_ports_are_free() -> None:
    assert not connects(free_port())
