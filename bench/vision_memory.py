"""G10: what a worker process adds in memory, against a process with paddleocr; each measured in a fresh process.

Run as `python -m bench.vision_memory ours|paddleocr FOLDER PICTURE...` it is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil


def resident(folder: Path, pictures: list[Path]) -> str:
    """One line: the unshared and resident mebibytes of either process after the same pictures, and the ratio."""
    ours, theirs = _process("ours", folder, pictures), _process("paddleocr", folder, pictures)
    return (
        f"G10  worker memory: {ours[0]:.0f} MiB unshared ({ours[1]:.0f} resident) against {theirs[0]:.0f} "
        f"({theirs[1]:.0f}) of a paddleocr process: {ours[0] / theirs[0]:.2f} (goal 0.25)"
    )


def _process(who: str, folder: Path, pictures: list[Path]) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.vision_memory", who, str(folder), *map(str, pictures)]
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
    from services.vision.pool import look, warm

    warm(folder)
    for content in contents:
        look(content, None, contents[0], CheckSettings(models=folder))


def _paddleocr(_folder: Path, contents: list[bytes]) -> None:
    from bench.vision import paddleocr

    for content in contents:
        paddleocr(False, content)


if __name__ == "__main__":
    main()
