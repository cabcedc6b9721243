"""`./baokao down`: end what `up` started, by process id."""

from __future__ import annotations

import os
import signal
import time

import typer
from rich.console import Console

from deploy.local.state import StateFile
from shared.settings import Platform

LONGEST_S = 120.0
POLL_S = 0.1
console = Console(stderr=True, highlight=False)


def run(platform: Platform) -> None:
    """Ask the supervisor to end everything and wait until it has."""
    file = StateFile(platform.data)
    state = file.read()
    if state is None:
        console.print("baokao is not up.")
        return
    os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + LONGEST_S
    with console.status("Ending; what is in hand is finished first …"):
        while file.held():
            if time.monotonic() > deadline:
                console.print(f"✗ Process {state.pid} did not end. Fix: kill -9 {state.pid}; its children end then.")
                raise typer.Exit(1)
            time.sleep(POLL_S)
    console.print("✓ Everything ended. Data stay in", str(platform.data))
