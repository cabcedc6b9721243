"""`./baokao up`, `status` and `down` on real processes, in both modes."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy import ROOT
from deploy.local.child import connects
from deploy.local.state import StateFile
from shared.settings import SERVICES
from tests.support.platform import free_base_port

Launcher = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    return free_base_port()


@pytest.fixture
def baokao(tmp_path: Path, port: int) -> Iterator[Launcher]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return launch({"BAOKAO_DATA": str(tmp_path), "BAOKAO_PORT": str(port)}, *arguments)

    yield run
    assert run("down").returncode == 0
    assert not StateFile(tmp_path).held()


def launch(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "deploy.local.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)


def pids(data: Path) -> dict[str, int]:
    return {file.stem: int(file.read_text()) for file in data.glob("*/*.pid")}


def home(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        assert answer.status == 200
        return str(answer.read().decode())


def test_up_alone_serves_the_site_and_keeps_its_secrets(baokao: Launcher, port: int, tmp_path: Path) -> None:
    started = baokao("up", "--detach")
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{port}" in started.stderr
    assert "NOT FOR PRODUCTION" in started.stderr
    assert "<html" in home(port)
    assert baokao("status").returncode == 0
    assert "is up already" in baokao("up").stderr
    other = launch({"BAOKAO_DATA": str(tmp_path / "other"), "BAOKAO_PORT": str(port)}, "up")
    assert other.returncode == 1
    assert f"BAOKAO_PORT={port + 1000} ./baokao up" in other.stderr
    secret = tmp_path / "secrets" / "service.key"
    first = secret.read_bytes()
    assert secret.stat().st_mode & 0o077 == 0

    assert baokao("down").returncode == 0
    assert not connects(port)
    assert baokao("status").returncode == 1
    assert baokao("up", "--detach").returncode == 0
    assert secret.read_bytes() == first


def test_up_full_revives_every_process_that_is_killed(baokao: Launcher, port: int, tmp_path: Path) -> None:
    started = baokao("up", "--full", "--detach")
    assert started.returncode == 0, started.stderr
    before = pids(tmp_path)
    assert {*SERVICES, "rabbitmq", "mongo", "wechat_pay"} <= set(before)

    for name in (*SERVICES, "wechat_pay", "mongo"):
        os.kill(before[name], signal.SIGKILL)
    deadline = time.monotonic() + 90
    while baokao("status").returncode:
        assert time.monotonic() < deadline, (tmp_path / "run" / "supervisor.log").read_text()
    after = pids(tmp_path)
    assert all(after[name] != before[name] for name in (*SERVICES, "wechat_pay", "mongo"))
    assert after["rabbitmq"] == before["rabbitmq"]
    assert "<html" in home(port)

    assert baokao("down").returncode == 0
    assert pids(tmp_path) == {}
    assert not any(Path(f"/proc/{pid}").exists() for pid in after.values())
