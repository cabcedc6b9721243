"""`./baokao bench vision`: one table of G1–G5, G9 and G10 in one run.

Specimens are drawn from seeds no test uses. CPU-seconds of whole processes, every thread; caches are off but in G9.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path

import cv2

from bench.face import rows as face_rows
from bench.rounds import ROUNDS, Side, compare
from bench.table import HEADER, Row, row
from bench.vision.candidate import candidate_row
from bench.vision.memory import memory_row
from bench.vision.readers import FOLDER, SETTINGS, Reader, ours, paddleocr, rapidocr
from services.vision.pool import Pool
from services.vision.worker import warm
from tests.support.specimen import Specimen, specimen

JUDGED, FIRST_SEED = 4, 9_000_000
AGAIN = 20
PEERS: tuple[tuple[str, Reader, float, float], ...] = (
    ("RapidOCR as it comes", partial(rapidocr, False), 5, 8),
    ("RapidOCR at its best", partial(rapidocr, True), 5, 8),
    ("PaddleOCR as it comes", partial(paddleocr, False), 5, 15),
    ("PaddleOCR at its best", partial(paddleocr, True), 5, 15),
)


def card_rows(rounds: int) -> Iterator[Row]:
    """G1 and G2 against both libraries, each at its default and at its best setting."""
    for goal, level in (("G1", "flat"), ("G2", "phone")):
        shown = [specimen(FIRST_SEED + number, level) for number in range(JUDGED)]
        mine = right(ours, shown)
        for name, reader, flat, phone in PEERS:
            one = shown[0].jpeg
            measured = asyncio.run(compare(Side("ours", partial(ours, one)), Side(name, partial(reader, one)), rounds))
            accuracy = f"fields right {mine}, peer {right(reader, shown)}"
            yield row(goal, f"card, {level}", name, flat if goal == "G1" else phone, measured, accuracy)


def right(reader: Reader, shown: Sequence[Specimen]) -> str:
    """How many fields of the specimens come out exactly as printed."""
    hits = [reader(one.jpeg).get(name) == text for one in shown for name, text in one.truth.items()]
    return f"{sum(hits)}/{len(hits)}"


async def cache_row() -> Row:
    """G9: the same picture again through the pool, by the clock, against a picture not seen before."""
    shown = specimen(FIRST_SEED, "phone").jpeg
    new = iter(range(1_000_000))
    async with Pool(1, FOLDER) as pool:
        # Bytes after a JPEG's end are not read, so that this is the same work on a picture with another hash.
        unseen = Side("unseen", lambda: pool.check(shown + str(next(new)).encode(), None, None, SETTINGS))
        again = Side("again", lambda: _often(pool, shown), AGAIN)
        measured = await compare(again, unseen, by="wall")
        same = await pool.check(shown, None, None, SETTINGS) == await pool.check(shown, None, None, SETTINGS)
    return row(
        "G9", "same 12-megapixel picture again", "first time", 100, measured, "the same report" * same, by="wall"
    )


async def _often(pool: Pool, shown: bytes) -> None:
    for _ in range(AGAIN):
        await pool.check(shown, None, None, SETTINGS)


def rows(rounds: int) -> Iterator[Row]:
    """Every line, as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        for level in ("flat", "phone"):
            picture = Path(folder) / f"{level}.jpg"
            picture.write_bytes(specimen(FIRST_SEED, level).jpeg)
            for how in ("default", "best"):
                yield memory_row(FOLDER, level, picture, how)
        yield asyncio.run(cache_row())
        for how in ("default", "best"):
            yield asyncio.run(candidate_row(Path(folder) / how, rounds, how))
    yield from chain(face_rows(), card_rows(rounds))


def main() -> None:
    """Print the table, line by line."""
    arguments = argparse.ArgumentParser(prog="./baokao bench vision", description=__doc__)
    arguments.add_argument("--rounds", type=int, default=ROUNDS)
    cv2.setNumThreads(1)
    warm(FOLDER)
    print(HEADER, flush=True)
    for line in rows(arguments.parse_args().rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
