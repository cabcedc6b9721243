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
from deploy.local.demo.issued import Issued, issued_file, read_issued
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
def baokao(tmp_path: Path, port: int) -> Iterator[Launcher]:
    def run(*arguments: str, people: bool = False) -> subprocess.CompletedProcess[str]:
        settings = {"BAOKAO_DATA": str(tmp_path), "BAOKAO_PORT": str(port), "BAOKAO_DEMO__PEOPLE": str(people).lower()}
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


def test_one_folder_alone_twice_and_in_full(baokao: Launcher, port: int, tmp_path: Path) -> None:
    """In one test, for a start costs ten seconds of both cores."""
    starts_alone(baokao, port, tmp_path)
    lost, before = stops(baokao, port, tmp_path)
    starts_again(baokao, port, tmp_path, lost, before)
    starts_on_the_other_database(baokao, port, tmp_path)
    revives_what_is_killed(baokao, port, tmp_path)


def starts_alone(baokao: Launcher, port: int, data: Path) -> None:
    """A site with candidates in every state, and help for what goes wrong beside it."""
    started = baokao("up", "--detach", people=True)
    assert started.returncode == 0, started.stderr
    assert f"http://127.0.0.1:{port}" in started.stderr
    assert "NOT FOR PRODUCTION" in started.stderr
    assert "<html" in home(port)
    assert baokao("status").returncode == 0
    assert "is up already" in baokao("up").stderr
    other = launch({"BAOKAO_DATA": str(data / "other"), "BAOKAO_PORT": str(port)}, "up")
    assert other.returncode == 1
    assert f"BAOKAO_PORT={port + 1000} ./baokao up" in other.stderr
    table = data / "regions.csv"
    table.write_text("代码,名称,上级代码\n1499,演示市,\n149901,无名区,9999\n")
    imported = baokao("import", "regions", str(table))
    assert imported.returncode == 1
    assert "1 of 2 rows were imported" in imported.stderr
    assert "149901" in (data / "regions.failed.csv").read_text()

    deadline = time.monotonic() + 240
    while not is_populated(data, mongo=False):
        assert time.monotonic() < deadline, (data / "run" / "people.log").read_text()
        time.sleep(0.5)
    said = (data / "run" / "people.log").read_text()
    assert [line[0] for line in said.splitlines()] == ["✓"] * len(cast()), said
    shown = baokao("demo").stdout
    assert all(pupil.id_number in shown for pupil in cast().values())


def stops(baokao: Launcher, port: int, data: Path) -> tuple[list[Issued], dict[str, int]]:
    """Nothing listens any more; the file of the codes is lost. What was in it, and how many stood in which state."""
    before = states(Platform(data=data, port=port))
    assert {"submitted", "under_review", "returned", "approved"} <= set(before)
    assert baokao("down").returncode == 0
    assert not connects(port)
    assert baokao("status").returncode == 1
    file = issued_file(data, mongo=False)
    assert file.stat().st_mode & 0o077 == 0
    lost = read_issued(data, mongo=False)
    file.unlink()
    return lost, before


def starts_again(baokao: Launcher, port: int, data: Path, lost: list[Issued], before: dict[str, int]) -> None:
    """The same secrets and people, and the lost codes made anew."""
    secret = data / "secrets" / "service.key"
    first = secret.read_bytes()
    assert secret.stat().st_mode & 0o077 == 0
    assert baokao("up", "--detach", people=True).returncode == 0
    assert secret.read_bytes() == first
    assert states(Platform(data=data, port=port)) == before
    made = read_issued(data, mongo=False)
    assert [(one.name, one.login, one.locked) for one in made] == [(one.name, one.login, one.locked) for one in lost]
    assert [one.programme for one in made if one.locked] == ["quality-evaluation"]
    shown = baokao("demo").stdout
    assert all(one.login in shown and one.code in shown for one in made)
    administrator_signs_in(data, port)
    assert baokao("down").returncode == 0


def starts_on_the_other_database(baokao: Launcher, port: int, data: Path) -> None:
    """The same accounts are made there, with codes of their own."""
    started = baokao("up", "--full", "--detach")
    assert started.returncode == 0, started.stderr
    administrator_signs_in(data, port)
    codes = [{one.code for one in read_issued(data, mongo=mongo)} for mongo in (False, True)]
    assert [len(some) for some in codes] == [6, 6] and not codes[0] & codes[1]


def revives_what_is_killed(baokao: Launcher, port: int, data: Path) -> None:
    """Every process but the broker, which was not, and `down` ends them all."""
    before = pids(data)
    assert {*SERVICES, "rabbitmq", "mongo", "wechat_pay"} <= set(before)
    for name in (*SERVICES, "wechat_pay", "mongo"):
        os.kill(before[name], signal.SIGKILL)
    deadline = time.monotonic() + 90
    while baokao("status").returncode:
        assert time.monotonic() < deadline, (data / "run" / "supervisor.log").read_text()
    after = pids(data)
    assert all(after[name] != before[name] for name in (*SERVICES, "wechat_pay", "mongo"))
    assert after["rabbitmq"] == before["rabbitmq"]
    assert "<html" in home(port)

    assert baokao("down").returncode == 0
    assert pids(data) == {}
    assert not any(Path(f"/proc/{pid}").exists() for pid in after.values())


def administrator_signs_in(data: Path, port: int) -> None:
    """With the password that the folder keeps; a refusal is raised."""
    password = {account.login: account.password for account in make_accounts(data)}["admin"]
    asyncio.run(staff_login(Platform(data=data, port=port), "admin", password))


async def staff_login(platform: Platform, login: str, password: str) -> None:
    """Sign a member of staff in; a refusal is raised."""
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/sessions/login", LAUNCHER, body={"login": login, "password": password})
