"""The recogniser's decoding, and that it agrees with paddleocr on the same weights."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.vision.card import ink, rectify, template
from services.vision.card.detect import text_boxes
from services.vision.card.recognise import Line, decoded, recognise
from services.vision.decode import Image
from services.vision.models import DETECTION, RECOGNITION, Models
from services.vision.stages import recorded
from tests.support.specimen import specimen


def test_repeats_and_blanks_are_dropped() -> None:
    chances = np.full((6, 3), 0.01, np.float32)
    for step, best in enumerate((0, 1, 1, 0, 1, 2)):
        chances[step, best] = 0.98
    line = decoded(chances, ("", "a", "b"))
    assert line.text == "aab"
    assert line.confidence == pytest.approx(0.98, abs=0.001)


def test_a_doubtful_space_does_not_make_a_line_doubtful() -> None:
    assert Line("10 月", (0.99, 0.98, 0.5, 0.97)).confidence == 0.97
    assert Line(" ", (0.9,)).confidence == 0.0


def test_order_is_kept_whatever_the_widths(models: Models) -> None:
    crops = card_lines()
    forwards = [line.text for line in recognise(models, crops)]
    assert forwards == [line.text for line in recognise(models, crops[::-1])][::-1]


def test_many_long_lines_are_not_read_at_once(models: Models) -> None:
    long, short = np.full((48, 1600, 3), 235, np.uint8), np.full((48, 320, 3), 235, np.uint8)
    with recorded() as spent:
        recognise(models, [long] * 5 + [short] * 9)
    assert [size for _, size in spent.batches] == [8, 1, 2, 2, 1]


def test_paddleocr_reads_the_same_lines(models: Models, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    from paddleocr import TextRecognition

    reference = TextRecognition(
        model_name=RECOGNITION, model_dir=str(models_folder / RECOGNITION), engine="onnxruntime"
    )
    crops = card_lines()
    theirs = [result["rec_text"] for result in reference.predict(crops, batch_size=1)]
    assert [line.text for line in recognise(models, crops)] == theirs


def test_paddleocr_finds_the_same_lines(models: Models, models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    from paddleocr import TextDetection

    reference = TextDetection(model_name=DETECTION, model_dir=str(models_folder / DETECTION), engine="onnxruntime")
    card = upright(7)
    theirs = reference.predict(card, limit_side_len=960, limit_type="max")[0]["dt_polys"]
    ours = text_boxes(models.detection, card, 960)
    assert len(ours) == len(theirs)
    centres = np.array([np.asarray(box).mean(axis=0) for box in theirs])
    for box in ours:
        assert np.abs(centres - box.corners.mean(axis=0)).max(axis=1).min() < 6


def upright(seed: int) -> Image:
    shown = specimen(seed)
    picture = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return rectify.upright(np.asarray(picture, np.uint8), shown.corners)[0]


def card_lines() -> list[Image]:
    card = upright(7)
    return [crop.image for crop in template.front(card, ink.contrast(card), 0.8 * rectify.HEIGHT)[0]]
