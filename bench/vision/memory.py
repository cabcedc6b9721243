"""G10: what a worker process adds in memory, against a process with paddleocr; each measured in a fresh process.

Run as `python -m bench.vision.memory ours|default|best FOLDER PICTURE` it is that process: ours, or PaddleOCR.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import psutil

from bench.table import Row

WANTED = 0.25
ROUNDS = 3


def memory_row(folder: Path, level: str, picture: Path, how: str) -> Row:
    """Unshared mebibytes of either process after the same picture. What is shared is there once for all workers."""
    measured: dict[str, list[tuple[float, float]]] = {"ours": [], how: []}
    ratios = []
    for _ in range(ROUNDS):
        for who in ("ours", how, how, "ours"):
            measured[who].append(_process(who, folder, picture))
        ours, theirs = (sum(unshared for unshared, _ in measured[who][-2:]) for who in ("ours", how))
        ratios.append(ours / theirs)
    (mine, resident), (peer, whole) = (map(median, zip(*measured[who], strict=True)) for who in ("ours", how))
    return Row(
        "G10",
        f"memory that a worker adds, after a card, {level}",
        f"{mine:.0f} MiB unshared ({resident:.0f} resident)",
        f"a paddleocr process {'as it comes' if how == 'default' else 'at its best'}, {peer:.0f} MiB ({whole:.0f})",
        f"{median(ratios):.3f} ({min(ratios):.3f}–{max(ratios):.3f})",
        f"≤ {WANTED}",
        median(ratios) <= WANTED,
        "",
    )


def _process(who: str, folder: Path, picture: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.vision.memory", who, str(folder), str(picture)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    unshared, whole = json.loads(answer.splitlines()[-1])
    return unshared, whole


def main() -> None:
    """Do the work of one of them and print its memory."""
    who, folder, picture = sys.argv[1:]
    content = Path(picture).read_bytes()
    if who == "ours":
        _ours(Path(folder), content)
    else:
        _paddleocr(content, tuned=who == "best")
    memory = psutil.Process().memory_full_info()
    print(json.dumps([memory.uss / 2**20, memory.rss / 2**20]))


def _ours(folder: Path, content: bytes) -> None:
    from services.vision.check import CheckSettings
    from services.vision.worker import look, warm

    warm(folder)
    look(content, None, content, CheckSettings(models=folder))


def _paddleocr(content: bytes, *, tuned: bool) -> None:
    from bench.vision.readers import paddleocr

    paddleocr(tuned, content)


if __name__ == "__main__":
    main()
