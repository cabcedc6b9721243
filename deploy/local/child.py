"""A child process with a folder of its own: started, waited for, stopped, killed and restarted by process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy import ROOT

POLL_S = 0.05


class ChildFailed(RuntimeError):
    """A child ended or did not become ready in time; the text ends with the last lines of its log."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def connects(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class Child(ABC):
    """One process. `log` holds its output, `pid_file` its process id while it runs.

    A guard (a shell waiting for the end of a pipe) signals the child when this process dies without
    stopping it, so that a killed launcher or test run leaves nothing behind.
    """

    ready_s = 60.0
    stop_s = 30.0

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder.absolute()
        self.log = self.folder / f"{name}.log"
        self.pid_file = self.folder / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The program and its arguments."""

    def environment(self) -> Mapping[str, str]:
        """What is set for the child on top of our own environment."""
        return {}

    @property
    def ports(self) -> Sequence[int]:
        """The ports of 127.0.0.1 that it listens on."""
        return ()

    def ready(self) -> bool:
        """Whether it accepts work now."""
        return True

    @property
    def pid(self) -> int:
        """Process id of the running child; raises `ChildFailed` when there is none."""
        if self._process is None:
            raise ChildFailed(f"{self.name} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process exists and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> None:
        """Start the process; with `wait`, return when it is ready. Raises `ChildFailed`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard = subprocess.Popen(
            ["sh", "-c", f"read _; kill -TERM {self.pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.pid_file.write_text(str(self.pid))
        if wait:
            self.wait_ready()

    def wait_ready(self, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Return when `ready()` or `cancelled()`. Raises `ChildFailed` when it ends or `ready_s` pass."""
        deadline = time.monotonic() + self.ready_s
        while not self.ready() and not cancelled():
            if not self.running:
                raise ChildFailed(f"{self.name} ended while starting:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise ChildFailed(f"{self.name} was not ready after {self.ready_s:.0f} s:\n{self.tail()}")
            time.sleep(POLL_S)

    def output(self) -> bytes:
        """What the child has written since its last start."""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log since the last start."""
        return "\n".join(self.output().decode(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after `stop_s`; returns when it has ended."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            self._process.wait(self.stop_s)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
        self._ended()

    def kill(self) -> None:
        """kill -9, as a crash would; returns when it has ended."""
        self.signal(signal.SIGKILL)
        self._ended()

    def restart(self) -> None:
        """Start again on the same data, after a stop, a kill or a crash, and wait until it is ready."""
        if self.running:
            self.stop()
        self.revive()
        self.wait_ready()

    def revive(self) -> None:
        """Start again after the process ended by itself, without waiting."""
        self._ended()
        self.start(wait=False)

    def pause(self) -> None:
        """SIGSTOP: the process stalls but its connections stay open."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; does nothing when it has ended."""
        if self._process is not None:
            self._process.send_signal(number)

    def _ended(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._process is not None:
            self._process.wait()
            self._process = None
        self.pid_file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
