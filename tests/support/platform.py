"""Services of the product running in a thread of the test process, on free ports and a folder of their own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.privacy import make_secrets
from shared.runtime import Factory, running
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, SIMULATOR_PORT_OFFSET, Platform

LOWEST_PORT, HIGHEST_PORT, STEP = 20_000, 32_000, 120
BACKING_PORT_OFFSETS = (30, 31)
START_S = 60


def free_base_port() -> int:
    """A port from which the platform's whole family (services, private ports, simulator, servers) is free.

    It stays this test process's own until that ends, so that tests running side by side never start on one family.
    """
    wanted = range(len(SERVICES))
    family = [*wanted, *(PRIVATE_PORT_OFFSET + n for n in wanted), SIMULATOR_PORT_OFFSET, *BACKING_PORT_OFFSETS]
    for base in range(LOWEST_PORT, HIGHEST_PORT, STEP):
        if _claim(base) and all(_is_free(base + offset) for offset in family):
            return base
    raise RuntimeError("no free ports")


def _claim(base: int) -> bool:
    # The lock goes with the process, so the descriptor is left open on purpose.
    claim = os.open(Path(tempfile.gettempdir(), f"baokao-test-port-{base}"), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(claim)
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def platform_in_thread(folder: Path, factories: Sequence[Factory]) -> Iterator[Platform]:
    """Run services until the block ends; errors of their start are raised here."""
    platform = Platform(data=folder, port=free_base_port())
    make_secrets(platform.secrets_dir)
    up, down = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    async def serve() -> None:
        async with running(platform, factories):
            up.set()
            await asyncio.to_thread(down.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            failures.append(error)
            up.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if not up.wait(START_S):
        raise TimeoutError("the services did not start")
    if failures:
        raise failures[0]
    try:
        yield platform
    finally:
        down.set()
        thread.join(START_S)
