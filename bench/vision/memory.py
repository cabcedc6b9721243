"""G10: what a worker process adds in memory beside another, against what a process with paddleocr adds.

Run as `python -m bench.vision.memory ours|default|best FOLDER PICTURE` it is that process: two workers as the service
has them, or PaddleOCR.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.table import Row

WANTED = 0.25
LOOKS = 3
DONE = "done\n"


def memory_row(folder: Path, level: str, picture: Path, how: str) -> Row:
    """Unshared mebibytes of a second process of either kind after looking at the same picture. Once: of three rounds
    each gave the same to a thousandth."""
    (mine, resident), (peer, whole) = (_process(who, folder, picture) for who in ("ours", how))
    ratio = mine / peer
    return Row(
        "G10",
        f"memory that a worker adds, {LOOKS} cards later, {level}",
        f"{mine:.0f} MiB unshared ({resident:.0f} resident)",
        f"a paddleocr process {'as it comes' if how == 'default' else 'at its best'}, {peer:.0f} MiB ({whole:.0f})",
        f"{ratio:.3f}",
        f"≤ {WANTED}",
        ratio <= WANTED,
        "",
    )


def _process(who: str, folder: Path, picture: Path) -> tuple[float, float]:
    """Unshared and resident mebibytes of the second of two: what both share is in memory without it."""
    with _working(who, folder, picture) as first:
        if who == "ours":
            return _mebibytes(_workers(first)[1])
        with _working(who, folder, picture) as second:
            return _mebibytes(psutil.Process(second.pid))


def _workers(service: subprocess.Popen[str]) -> list[psutil.Process]:
    """Its workers are forked from a child of it."""
    children = psutil.Process(service.pid).children()
    return next(workers for child in children if (workers := child.children()))


def _mebibytes(process: psutil.Process) -> tuple[float, float]:
    memory = process.memory_full_info()
    return memory.uss / 2**20, memory.rss / 2**20


@contextmanager
def _working(who: str, folder: Path, picture: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has done its work and waits."""
    command = [sys.executable, "-m", "bench.vision.memory", who, str(folder), str(picture)]
    environment = {**os.environ, "BAOKAO_VISION__MODELS": str(folder)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert any(line == DONE for line in process.stdout), "it has ended early"
        yield process
    finally:
        process.communicate()


def main() -> None:
    """Do the work of one of them, say so, and stay until nobody listens."""
    who, folder, picture = sys.argv[1:]
    content = Path(picture).read_bytes()
    if who == "ours":
        asyncio.run(_ours(Path(folder), content))
    else:
        _paddleocr(content, tuned=who == "best")


async def _ours(folder: Path, content: bytes) -> None:
    from services.vision.check import CheckSettings
    from services.vision.pool import Pool

    async with Pool(2, folder, remembered=0) as pool:
        checks = [pool.check(content, None, content, CheckSettings(models=folder)) for _ in range(2 * LOOKS)]
        await asyncio.gather(*checks)
        _stay()


def _paddleocr(content: bytes, *, tuned: bool) -> None:
    from bench.vision.readers import paddleocr

    for _ in range(LOOKS):
        paddleocr(tuned, content)
    _stay()


def _stay() -> None:
    print(DONE, end="", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
