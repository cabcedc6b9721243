"""`./baokao up`: start everything, in the foreground or behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import typer
from rich.console import Console

from deploy import ROOT
from deploy.local.child import ChildFailed, connects
from deploy.local.commands import overview
from deploy.local.demo.seed import seed
from deploy.local.make_secrets import make_all
from deploy.local.services import Plan, plan
from deploy.local.state import State, StateFile
from deploy.local.supervisor import Supervisor
from shared.errors import DomainError
from shared.settings import Platform

POLL_S = 0.2
console = Console(stderr=True, highlight=False)


def run(platform: Platform, *, full: bool, detach: bool) -> None:
    """Start unless it is up already; print the overview when it is ready."""
    file = StateFile(platform.data)
    if file.held():
        console.print("baokao is up already.")
        overview.show(platform, console)
        return
    if detach:
        _behind(platform, file, full=full)
    else:
        _here(platform, file, full=full)


def _here(platform: Platform, file: StateFile, *, full: bool) -> None:
    if not file.take():
        raise typer.Exit(1)
    try:
        processes = plan(platform, full=full)
        _refuse_taken_ports(processes)
        make_all(platform.secrets_dir, platform.environment)
        state = State(pid=os.getpid(), port=platform.port, full=full)
        supervisor = Supervisor(processes, file, state, _say)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: supervisor.stop.set())
        with console.status("Starting. The first start takes longer …") as starting:

            def tell() -> None:
                starting.stop()
                overview.show(platform, console)
                console.print("Ctrl-C ends everything; data stay.")

            supervisor.run(lambda: seed(platform, mongo=full or bool(platform.mongo_url)), tell)
    except DomainError as failure:
        console.print(f"✗ The demo could not be filled: {failure.code}", markup=False)
        raise typer.Exit(1) from failure
    except ChildFailed as failure:
        console.print(f"✗ {failure}", markup=False)
        raise typer.Exit(1) from failure
    finally:
        file.give_back()


def _say(text: str) -> None:
    console.print(f"[dim]{datetime.now().astimezone():%H:%M:%S}[/] {text}")


def _behind(platform: Platform, file: StateFile, *, full: bool) -> None:
    log = platform.data / "run" / "supervisor.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-P", "-m", "deploy.local.cli", "up", *(["--full"] if full else [])],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "BAOKAO_DATA": str(platform.data)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _wait(supervisor, file, log)
    overview.show(platform, console)
    console.print("It runs on behind. ./baokao status · ./baokao down")


def _wait(supervisor: subprocess.Popen[bytes], file: StateFile, log: Path) -> None:
    with console.status("Starting …") as line:
        while supervisor.poll() is None:
            state = file.read()
            if state and state.ready:
                return
            if state and state.waiting_for:
                line.update(f"Waiting for {', '.join(state.waiting_for)} …")
            time.sleep(POLL_S)
    console.print(log.read_text(errors="replace"), markup=False)
    raise typer.Exit(1)


def _refuse_taken_ports(processes: Plan) -> None:
    taken = [str(port) for port in processes.ports if connects(port)]
    if taken:
        first = processes.platform.port + 1000
        raise ChildFailed(
            f"These ports are in use: {', '.join(taken)}.\n"
            f"  Fix: end what uses them, or choose others: BAOKAO_PORT={first} ./baokao up"
        )
