"""G1, G2, G5, G9 and G10 of the vision goals in one run, G3 and G4 from bench.face: `python -m bench.vision`.

Same bytes, same PP-OCRv6 small weights, same ONNX Runtime. Peers run at their default and at the best setting found:
the picture decoded small, one thread, detection at 960 pixels. Fields are taken from the peers' lines by our own
layout rules, which is more than their users have. Specimens are drawn from seeds no test uses.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir

import cv2
import numpy as np

from bench.face import Row, _default, as_text
from bench.face import rows as face_rows
from bench.rounds import Comparison, Cost, compare
from bench.vision_memory import resident
from services.vision import models
from services.vision.card import fields, layout
from services.vision.card.layout import Item
from services.vision.card.recognise import Line
from services.vision.check import CheckSettings, check_identity
from services.vision.models import DETECTION, RECOGNITION
from services.vision.pool import Pool, warm
from tests.support.specimen import Specimen, specimen

os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

FOLDER = Path(gettempdir()) / "baokao-bench"
SETTINGS = CheckSettings(models=FOLDER)
TIMED, JUDGED, FIRST_SEED = 1, 4, 9_000_000
_SMALL = 1280
Reader = Callable[[bytes], dict[str, str | None]]


def ours(content: bytes) -> dict[str, str | None]:
    """Fields as the service reads them."""
    card = check_identity(content, None, None, SETTINGS).card
    return {name: field.text for name, field in card.fields.items()} if card else {}


def rapidocr(tuned: bool, content: bytes) -> dict[str, str | None]:
    """Fields from RapidOCR's lines."""
    found = _rapidocr(tuned)(_small(content) if tuned else content)
    if found.boxes is None:
        return {}
    return _by_label(list(zip(found.boxes, found.txts, found.scores, strict=True)))


def paddleocr(tuned: bool, content: bytes) -> dict[str, str | None]:
    """Fields from PaddleOCR's lines."""
    image = _small(content) if tuned else cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    found = _paddleocr(tuned).predict(image)[0]
    return _by_label(list(zip(found["rec_polys"], found["rec_texts"], found["rec_scores"], strict=True)))


def card_rows() -> Iterator[Row]:
    """G1 and G2 against both libraries, each at its default and at its best setting."""
    peers: tuple[tuple[str, Reader, float, float], ...] = (
        ("RapidOCR default", partial(rapidocr, False), 5, 8),
        ("RapidOCR best setting", partial(rapidocr, True), 5, 8),
        ("PaddleOCR default", partial(paddleocr, False), 5, 15),
        ("PaddleOCR best setting", partial(paddleocr, True), 5, 15),
    )
    for goal, level in (("G1", "flat"), ("G2", "phone")):
        shown = [specimen(FIRST_SEED + number, level) for number in range(JUDGED)]
        for peer, reader, flat, phone in peers:
            timed = shown[:TIMED]
            measured = compare(partial(_all, ours, timed), partial(_all, reader, timed))
            accuracy = f"fields right: ours {_right(ours, shown)}, peer {_right(reader, shown)}"
            wanted = flat if goal == "G1" else phone
            yield Row(goal, f"card, {level}", peer, wanted, measured, accuracy)


def candidate_row() -> Row:
    """G5 without the broker: both sides and the face pair against RapidOCR and face_recognition at their defaults."""
    front, back = specimen(FIRST_SEED, "desk"), specimen(FIRST_SEED, "desk", "back")
    portrait = specimen(FIRST_SEED + 1).jpeg

    def plain() -> None:
        rapidocr(False, front.jpeg), rapidocr(False, back.jpeg)
        _default(front.jpeg), _default(portrait)

    measured = compare(lambda: check_identity(front.jpeg, back.jpeg, portrait, SETTINGS), plain)
    return Row("G5", "one candidate, 3 MP (no broker)", "RapidOCR + face_recognition", 5, measured, "see G1, G2, G4")


async def cache_row() -> Row:
    """G9: the same picture again, through the pool."""
    shown = specimen(FIRST_SEED, "phone").jpeg
    async with Pool(1, FOLDER) as pool:
        await pool.check(b"", None, None, SETTINGS)
        first = await _wall(pool, shown)
        again = [await _wall(pool, shown) for _ in range(50)]
    ratios = [first / one for one in again]
    median = float(np.median(again))
    measured = Comparison(Cost(median, median), Cost(first, first), float(np.median(ratios)), min(ratios), max(ratios))
    return Row("G9", "same 12 MP picture again (wall)", "first time", 100, measured, "the same report")


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    warm(FOLDER)
    for row in card_rows():
        print(as_text(row), flush=True)
    for row in (candidate_row(), asyncio.run(cache_row()), *face_rows()):
        print(as_text(row), flush=True)
    print(_memory(), flush=True)


def _memory() -> str:
    """G10 after one card that fills the picture; a phone picture makes paddleocr six times as large."""
    picture = FOLDER / "flat.jpg"
    picture.write_bytes(specimen(FIRST_SEED, "flat").jpeg)
    return resident(FOLDER, [picture])


async def _wall(pool: Pool, content: bytes) -> float:
    begun = time.perf_counter()
    await pool.check(content, None, None, SETTINGS)
    return time.perf_counter() - begun


def _all(reader: Reader, shown: Sequence[Specimen]) -> None:
    for one in shown:
        reader(one.jpeg)


def _right(reader: Reader, shown: Sequence[Specimen]) -> str:
    right = [reader(one.jpeg).get(name) == text for one in shown for name, text in one.truth.items()]
    return f"{sum(right)}/{len(right)}"


def _by_label(lines: Sequence[tuple[object, str, float]]) -> dict[str, str | None]:
    items = [Item(Line(text, (score,) * len(text)), np.asarray(box, np.float32)) for box, text, score in lines]
    return {name: field.text for name, field in fields.front(layout.front(items)).items()}


def _small(content: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
    scale = min(1.0, _SMALL / max(image.shape))
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


@cache
def _rapidocr(tuned: bool):  # type: ignore[no-untyped-def]  # the library has no types
    from rapidocr import RapidOCR

    best = {"EngineConfig.onnxruntime.intra_op_num_threads": 1, "Det.limit_type": "max", "Det.limit_side_len": 960}
    return RapidOCR(params={"Global.log_level": "critical", **(best if tuned else {})})


@cache
def _paddleocr(tuned: bool):  # type: ignore[no-untyped-def]  # the library has no types
    from paddleocr import PaddleOCR

    best = {"text_det_limit_side_len": 960, "text_det_limit_type": "max", "cpu_threads": 1}
    models.prepare(FOLDER)
    return PaddleOCR(
        engine="onnxruntime",
        text_detection_model_name=DETECTION,
        text_detection_model_dir=str(FOLDER / DETECTION),
        text_recognition_model_name=RECOGNITION,
        text_recognition_model_dir=str(FOLDER / RECOGNITION),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        **(best if tuned else {}),
    )


if __name__ == "__main__":
    main()
