"""Starting and ending the process that holds the networks (network_process.py), for as long as the service runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running(folder: Path, most: int, wait_s: float) -> AsyncIterator[str]:
    """The process, ready, with batches of `most` that wait `wait_s` at the longest; its address. Should it end by
    itself, so does this service after what is in hand: a GPU begins anew with its pod. Raises `ConnectionError`.
    """
    with TemporaryDirectory() as place:
        address = str(Path(place) / "networks")
        arguments = ("-m", "services.vision.network_process", address, str(folder), str(most), str(wait_s))
        child = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=PIPE, stdout=PIPE)
        try:
            if child.stdout is None or not await child.stdout.readline():
                raise ConnectionError("the networks could not be opened")
            watch = asyncio.create_task(_end_with(child))
            try:
                yield address
            finally:
                watch.cancel()
        finally:
            with suppress(ProcessLookupError):
                child.terminate()
            await child.wait()


async def _end_with(child: Process) -> None:
    log.error("networks_gone", status=await child.wait())
    os.kill(os.getpid(), signal.SIGTERM)
