"""Set the machine up for a command line of `./baokao`, then become the command."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy import ROOT
from deploy.setup import browser, doctor, environment, shapes, system
from deploy.setup.progress import say


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two set-ups of one checkout wait for each other; the lock goes with the process."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("· Waiting for another ./baokao that is setting up …")
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(folder)


def main(arguments: Sequence[str]) -> None:
    """Install what the arguments need and hand over to deploy/local/cli.py in the environment."""
    if arguments[:1] == ["doctor"]:
        raise SystemExit(doctor.report(doctor.findings()))
    with one_at_a_time():
        system.install(system.missing(arguments))
        environment.install()
        shapes.install()
        browser.install()
    python = str(environment.PYTHON)
    os.execve(python, [python, "-P", "-m", "deploy.local.cli", *arguments], environment.variables(os.environ))


if __name__ == "__main__":
    main(sys.argv[1:])
