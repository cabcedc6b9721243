"""Work on hostile input in limited child processes: a job that crashes, hangs or eats memory loses only itself."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class WorkerDied(Exception):
    """The job ended its process: it crashed, ran past its time, or was killed for memory."""


class Workers:
    """`count` child processes, one job at a time each.

    `memory_bytes` bounds a child's address space (0: no bound), `seconds` the wall time of one job; children that
    `yield` run when nobody else on the machine wants the processor. `initialise` runs once in each child (loading
    models). `preload` names a module: children are then forked from a process that has imported it, and what it holds
    is in memory once; all `Workers` of a program that preload have the same one.
    """

    def __init__(
        self,
        count: int,
        *,
        memory_bytes: int = 0,
        seconds: float = 30,
        yields: bool = False,
        initialise: Callable[..., object] | None = None,
        arguments: tuple[Any, ...] = (),
        preload: str = "",
    ) -> None:
        self._limits = (memory_bytes, yields, initialise, arguments)
        self._seconds = seconds
        self._context = multiprocessing.get_context("forkserver" if preload else "spawn")
        if preload:
            self._context.set_forkserver_preload([preload])
        self._free: asyncio.Queue[ProcessPoolExecutor] = asyncio.Queue()
        for _ in range(count):
            self._free.put_nowait(self._start())

    def _start(self) -> ProcessPoolExecutor:
        # One executor a child: when one breaks, the jobs of the others go on.
        return ProcessPoolExecutor(1, self._context, _begin, self._limits)

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run a function of an importable module in a free child. Raises `WorkerDied`, or what the function raises."""
        return await self._run(self._seconds, function, arguments)

    async def _run(self, seconds: float, function: Callable[..., T], arguments: tuple[Any, ...] = ()) -> T:
        child = await self._free.get()
        try:
            return await asyncio.wrap_future(self._submit(child, seconds, function, arguments))
        except BrokenProcessPool as error:
            child.shutdown(wait=False)
            child = self._start()
            raise WorkerDied from error
        finally:
            self._free.put_nowait(child)

    def _submit(
        self, child: ProcessPoolExecutor, seconds: float, function: Callable[..., T], arguments: tuple[Any, ...]
    ) -> Future[T]:
        # A child that has no process yet gets it here.
        with _without_main():
            return child.submit(_timed, seconds, function, arguments)

    async def everywhere(self, function: Callable[[], T]) -> list[T]:
        """What a function returns in each child; to be asked while none has a job."""
        return await asyncio.gather(*(self._run(0, function) for _ in range(self._free.qsize())))

    async def __aenter__(self) -> Workers:
        """Begin with every child initialised, so that readiness means it."""
        await self.everywhere(_nothing)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._free.empty():
            await asyncio.to_thread(self._free.get_nowait().shutdown)


@contextmanager
def _without_main() -> Iterator[None]:
    """Have a process start without `__main__`: it would import the whole service again, some 60 MiB it never uses."""
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _nothing() -> None:
    """A job that only makes a child start."""


def _begin(
    memory_bytes: int, yields: bool, initialise: Callable[..., object] | None, arguments: tuple[Any, ...]
) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The default action ends the process even while C code decodes; a Python handler would wait for it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if yields and sys.platform == "linux":
        # Not a high niceness: the kernel lets such a one finish its slice before who wakes up beside it.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    if initialise:
        initialise(*arguments)


def _end_with_parent() -> None:
    """A service that is killed ends no child, and no child hears of it: the pipes to it are open in its siblings."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _timed(seconds: float, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    """Within `seconds`; 0 is without end."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
