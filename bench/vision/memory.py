"""G10: what a worker process adds in memory, against a process with paddleocr; each measured in a fresh process.

Run as `python -m bench.vision.memory ours|paddleocr FOLDER PICTURE...` it is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil

from bench.table import Row

WANTED = 0.25


def memory_row(folder: Path, level: str, pictures: list[Path]) -> Row:
    """Unshared mebibytes of either process after the same pictures. What is shared is there once for all workers."""
    ours, theirs = _process("ours", folder, pictures), _process("paddleocr", folder, pictures)
    ratio = ours[0] / theirs[0]
    return Row(
        "G10",
        f"memory that a worker adds, after a card, {level}",
        f"{ours[0]:.0f} MiB unshared ({ours[1]:.0f} resident)",
        f"a paddleocr process, {theirs[0]:.0f} MiB ({theirs[1]:.0f})",
        f"{ratio:.2f}",
        f"≤ {WANTED}",
        ratio <= WANTED,
        "",
    )


def _process(who: str, folder: Path, pictures: list[Path]) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.vision.memory", who, str(folder), *map(str, pictures)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    unshared, whole = json.loads(answer.splitlines()[-1])
    return unshared, whole


def main() -> None:
    """Do the work of one of the two and print its memory."""
    who, folder, *pictures = sys.argv[1:]
    contents = [Path(picture).read_bytes() for picture in pictures]
    (_ours if who == "ours" else _paddleocr)(Path(folder), contents)
    memory = psutil.Process().memory_full_info()
    print(json.dumps([memory.uss / 2**20, memory.rss / 2**20]))


def _ours(folder: Path, contents: list[bytes]) -> None:
    from services.vision.check import CheckSettings
    from services.vision.worker import look, warm

    warm(folder)
    for content in contents:
        look(content, None, contents[0], CheckSettings(models=folder))


def _paddleocr(_folder: Path, contents: list[bytes]) -> None:
    from bench.vision.readers import paddleocr

    for content in contents:
        paddleocr(False, content)


if __name__ == "__main__":
    main()
