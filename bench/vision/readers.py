"""Readers of a card: ours, and the two libraries at their defaults and at the best setting found.

Same bytes, same PP-OCRv6 small weights, same ONNX Runtime. Best means: the picture decoded small, one thread, detection
at 960 pixels. Fields are taken from the peers' lines by our own layout rules, which is more than their users have.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import cv2
import numpy as np

from services.vision import models
from services.vision.card import emblem, fields, layout
from services.vision.card.layout import Item
from services.vision.card.recognise import Line
from services.vision.check import CheckSettings, check_identity
from services.vision.models import DETECTION, RECOGNITION

os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

FOLDER = Path(gettempdir()) / "baokao-bench"
SETTINGS = CheckSettings(models=FOLDER)
_SMALL = 1280
Fields = dict[str, str | None]
Reader = Callable[[bytes], Fields]
Judge = Callable[[Sequence[Item]], Fields]


def portrait_side(items: Sequence[Item]) -> Fields:
    """The six fields of the portrait side."""
    return {name: field.text for name, field in fields.front(layout.front(items)).items()}


def emblem_side(items: Sequence[Item]) -> Fields:
    """The three fields of the emblem side."""
    return {name: field.text for name, field in fields.back(emblem.back(items)).items()}


def ours(content: bytes) -> Fields:
    """Fields as the service reads them."""
    card = check_identity(content, None, None, SETTINGS).card
    return {name: field.text for name, field in card.fields.items()} if card else {}


def rapidocr(tuned: bool, content: bytes, side: Judge = portrait_side) -> Fields:
    """Fields from RapidOCR's lines."""
    found = _rapidocr(tuned)(_small(content) if tuned else content)
    if found.boxes is None:
        return {}
    return side(_items(zip(found.boxes, found.txts, found.scores, strict=True)))


def paddleocr(tuned: bool, content: bytes, side: Judge = portrait_side) -> Fields:
    """Fields from PaddleOCR's lines."""
    image = _small(content) if tuned else cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    found = _paddleocr(tuned).predict(image)[0]
    return side(_items(zip(found["rec_polys"], found["rec_texts"], found["rec_scores"], strict=True)))


def _items(lines: Iterable[tuple[object, str, float]]) -> list[Item]:
    """The peers give a score for the line and no places of its signs: these are taken to be evenly apart."""
    return [Item(_line(text, score), np.asarray(box, np.float32)) for box, text, score in lines]


def _line(text: str, score: float) -> Line:
    count = len(text)
    return Line(text, (score,) * count, tuple((at + 0.5) / count for at in range(count)), ({},) * count)


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
