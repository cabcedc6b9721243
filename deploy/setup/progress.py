"""Shows what is being done, and for how long, while a set-up command runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from deploy import ROOT

LOG = ROOT / "var" / "log" / "setup.log"


class StepFailed(SystemExit):
    """A set-up command failed; the text names the command and ends with its last lines."""


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def step(title: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    """Run a command with its output in the log, showing the seconds. Raises `StepFailed`."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    say(f"· {title} …")
    started = time.monotonic()
    with LOG.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        _watch(process, started)
    if process.returncode:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise StepFailed(f"✗ {title} failed: {' '.join(command)}\n{tail}\n(all of it: {LOG})")
    say(f"✓ {title} ({time.monotonic() - started:.0f} s)")


def _watch(process: subprocess.Popen[bytes], started: float) -> None:
    live = sys.stderr.isatty()
    while True:
        try:
            process.wait(1 if live else 10)
            return
        except subprocess.TimeoutExpired:
            seconds = f"  {time.monotonic() - started:.0f} s"
            print(seconds, end="\r" if live else "\n", file=sys.stderr, flush=True)
