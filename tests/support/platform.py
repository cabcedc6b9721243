"""Services of the product running in a thread of the test process, on free ports and a folder of their own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.privacy import make_secrets
from shared.runtime import Factory, running
from shared.settings import PRIVATE_PORT_OFFSET, SERVICES, SIMULATOR_PORT_OFFSET, Platform

LOWEST_PORT, HIGHEST_PORT, STEP = 20_000, 30_000, 300
START_S = 60


def free_base_port() -> int:
    """A port from which the platform's whole family (services, private ports, simulator) is free."""
    wanted = range(len(SERVICES))
    family = [*wanted, *(PRIVATE_PORT_OFFSET + n for n in wanted), SIMULATOR_PORT_OFFSET]
    for base in range(LOWEST_PORT, HIGHEST_PORT, STEP):
        if all(_is_free(base + offset) for offset in family):
            return base
    raise RuntimeError("no free ports")


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
