"""Starts a plan's processes, restarts what dies, and ends them in order on SIGTERM."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy.local.child import Child
from deploy.local.services import Plan
from deploy.local.state import State, StateFile

LOOK_S = 0.5
CALM_S = 30.0
LONGEST_PAUSE_S = 10.0

Say = Callable[[str], None]


@dataclass
class _Watched:
    child: Child
    started: float
    pause_s: float = 0.0


class Supervisor:
    """Runs until `stop` is set. `say` gets one line for everything that people should know."""

    def __init__(self, plan: Plan, file: StateFile, state: State, say: Say) -> None:
        self._plan = plan
        self._file = file
        self._state = state
        self._say = say
        self.stop = threading.Event()

    def run(self, prepare: Callable[[], None], when_ready: Callable[[], None]) -> None:
        """Start everything, `prepare` what runs, tell `when_ready`, watch, and end everything.

        Raises `ChildFailed` when a start fails.
        """
        try:
            self._start()
            if not self.stop.is_set():
                prepare()
                self._state.ready = True
                self._file.write(self._state)
                when_ready()
                for job in self._plan.jobs:
                    job.start(wait=False)
                self._watch()
        finally:
            self._end()

    def _start(self) -> None:
        for server in self._plan.servers:
            server.start(wait=False)
            self._await([server])
        for service in self._plan.services:
            service.start(wait=False)
        self._await(self._plan.services)

    def _await(self, children: Sequence[Child]) -> None:
        for position, child in enumerate(children):
            self._state.waiting_for = [waiting.name for waiting in children[position:]]
            self._file.write(self._state)
            started = time.monotonic()
            child.wait_ready(self.stop.is_set)
            self._say(f"✓ {child.name} ({time.monotonic() - started:.1f} s)")
        self._state.waiting_for = []

    def _watch(self) -> None:
        now = time.monotonic()
        watched = [_Watched(child, now) for child in (*self._plan.servers, *self._plan.services)]
        while not self.stop.wait(LOOK_S):
            for one in watched:
                if not one.child.running:
                    self._revive(one)
            for job in self._plan.jobs:
                if not job.running:
                    job.stop()

    def _revive(self, dead: _Watched) -> None:
        now = time.monotonic()
        if now - dead.started < dead.pause_s:
            return
        calm = now - dead.started > CALM_S
        dead.pause_s = 0.0 if calm else min(max(1.0, dead.pause_s * 2), LONGEST_PAUSE_S)
        dead.started = now
        self._say(f"! {dead.child.name} ended; starting it again")
        dead.child.revive()

    def _end(self) -> None:
        for child in (*self._plan.jobs, *self._plan.services):
            child.signal(signal.SIGTERM)
        for child in (*self._plan.jobs, *self._plan.services, *reversed(self._plan.servers)):
            child.stop()
        self._say("✓ ended")
