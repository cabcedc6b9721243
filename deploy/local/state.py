"""What is up: written by the supervisor, read by `status`, `down` and a second `up`."""

from __future__ import annotations

import fcntl
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO


@dataclass
class State:
    """`waiting_for` names the processes that are not ready yet."""

    pid: int
    port: int
    full: bool
    waiting_for: list[str] = field(default_factory=list)
    ready: bool = False


class StateFile:
    """`run/state.json` in the data folder, and a lock that its supervisor holds as long as it lives."""

    def __init__(self, data: Path) -> None:
        self._folder = data.absolute() / "run"
        self._file = self._folder / "state.json"
        self._lock: IO[str] | None = None

    def take(self) -> bool:
        """Become the only supervisor of this data folder; False when there is one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = (self._folder / "supervisor.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        self._file.unlink(missing_ok=True)
        return True

    def give_back(self) -> None:
        """Say that nothing is up any more."""
        self._file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def write(self, state: State) -> None:
        """Replace the state in one step, so that a reader never sees half of it."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(state)))
        fresh.replace(self._file)

    def read(self) -> State | None:
        """The state of the living supervisor, or None."""
        if not self.held() or not self._file.exists():
            return None
        return State(**json.loads(self._file.read_text()))

    def held(self) -> bool:
        """Whether a supervisor lives."""
        path = self._folder / "supervisor.lock"
        if not path.exists():
            return False
        with path.open() as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
