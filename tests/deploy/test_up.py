"""`./baokao up`, `status` and `down` on real processes, in both modes."""

import asyncio
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
from deploy.local.demo.accounts import make_accounts
from deploy.local.demo.issued import issued_file, read_issued
from deploy.local.demo.journey import REVIEWER
from deploy.local.demo.people import cast
from deploy.local.demo.settings import is_populated
from deploy.local.peers import LAUNCHER, peer
from deploy.local.state import StateFile
from shared.settings import SERVICES, Platform
from tests.support.platform import free_base_port

Launcher = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port() -> int:
    return free_base_port()


@pytest.fixture
def people(request: pytest.FixtureRequest) -> str:
    """Whether the demo is filled with candidates, "true" or "false"."""
    return str(getattr(request, "param", "false"))


@pytest.fixture
def baokao(tmp_path: Path, port: int, people: str) -> Iterator[Launcher]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        settings = {"BAOKAO_DATA": str(tmp_path), "BAOKAO_PORT": str(port), "BAOKAO_DEMO__PEOPLE": people}
        return launch(settings, *arguments)

    yield run
    assert run("down").returncode == 0
    assert not StateFile(tmp_path).held()


def launch(settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "deploy.local.cli", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)


def pids(data: Path) -> dict[str, int]:
    return {file.stem: int(file.read_text()) for file in data.glob("*/*.pid")}


def states(platform: Platform) -> dict[str, int]:
    """How many applications stand in each state, as a reviewer sees it."""

    async def ask() -> dict[str, int]:
        async with peer(platform, "registration") as registration:
            summary = await registration.json("GET", "/review/summary", REVIEWER)
        found: dict[str, int] = summary["states"]
        return found

    return asyncio.run(ask())


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
    table = tmp_path / "regions.csv"
    table.write_text("代码,名称,上级代码\n1499,演示市,\n149901,无名区,9999\n")
    imported = baokao("import", "regions", str(table))
    assert imported.returncode == 1
    assert "1 of 2 rows were imported" in imported.stderr
    assert "149901" in (tmp_path / "regions.failed.csv").read_text()
    secret = tmp_path / "secrets" / "service.key"
    first = secret.read_bytes()
    assert secret.stat().st_mode & 0o077 == 0

    assert baokao("down").returncode == 0
    assert not connects(port)
    assert baokao("status").returncode == 1
    assert baokao("up", "--detach").returncode == 0
    assert secret.read_bytes() == first


@pytest.mark.parametrize("people", ["true"], indirect=True)
def test_the_demo_has_candidates_in_every_state_and_keeps_them_and_makes_lost_codes_anew(
    baokao: Launcher, port: int, tmp_path: Path
) -> None:
    platform = Platform(data=tmp_path, port=port)
    assert baokao("up", "--detach").returncode == 0
    deadline = time.monotonic() + 240
    while not is_populated(tmp_path, mongo=False):
        assert time.monotonic() < deadline, (tmp_path / "run" / "people.log").read_text()
        time.sleep(0.5)
    said = (tmp_path / "run" / "people.log").read_text()
    assert [line[0] for line in said.splitlines()] == ["✓"] * len(cast()), said
    before = states(platform)
    assert {"submitted", "under_review", "returned", "approved"} <= set(before)
    shown = baokao("demo").stdout
    assert all(pupil.id_number in shown for pupil in cast().values())

    assert baokao("down").returncode == 0
    file = issued_file(tmp_path, mongo=False)
    assert file.stat().st_mode & 0o077 == 0
    lost = read_issued(tmp_path, mongo=False)
    file.unlink()
    assert baokao("up", "--detach").returncode == 0
    assert states(platform) == before
    made = read_issued(tmp_path, mongo=False)
    assert [(one.name, one.login, one.locked) for one in made] == [(one.name, one.login, one.locked) for one in lost]
    assert [one.programme for one in made if one.locked] == ["quality-evaluation"]
    shown = baokao("demo").stdout
    assert all(one.login in shown and one.code in shown for one in made)


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


def test_the_demo_of_one_folder_is_filled_on_both_databases(baokao: Launcher, tmp_path: Path, port: int) -> None:
    password = {account.login: account.password for account in make_accounts(tmp_path)}["admin"]
    for full in ([], ["--full"]):
        assert baokao("up", "--detach", *full).returncode == 0
        platform = Platform(data=tmp_path, port=port)
        asyncio.run(staff_login(platform, "admin", password))
        assert baokao("down").returncode == 0
    codes = [{one.code for one in read_issued(tmp_path, mongo=mongo)} for mongo in (False, True)]
    assert [len(some) for some in codes] == [6, 6] and not codes[0] & codes[1]


async def staff_login(platform: Platform, login: str, password: str) -> None:
    """Sign a member of staff in; a refusal is raised."""
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/sessions/login", LAUNCHER, body={"login": login, "password": password})
