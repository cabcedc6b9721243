"""What is read when no card is found."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from services.vision.card.back import read_back
from services.vision.card.detect import TextBox
from services.vision.card.front import read_front
from services.vision.card.textual import of_a_card
from services.vision.card.upright import Reading
from services.vision.decode import Picture
from services.vision.models import Models
from services.vision.stages import recorded


@pytest.mark.parametrize(("times", "kept"), [(8, True), (25, True), (27, False)])
@pytest.mark.parametrize("degrees", [0, 40, 90])
def test_lines_too_long_for_a_card_are_left_out(times: int, kept: bool, degrees: float) -> None:
    line = TextBox(np.asarray(cv2.boxPoints(((500, 500), (times * 20, 20), degrees)), np.float32), 0.9)
    assert of_a_card([line]) == ([line] if kept else [])


@pytest.mark.parametrize("reader", [read_front, read_back])
def test_a_page_of_print_is_not_read(models: Models, reader: Callable[[Models, Picture], Reading]) -> None:
    with recorded() as spent:
        reading = reader(models, Picture(page()))
    assert all(field.text is None for field in reading.report.fields.values())
    assert sum(size for network, size in spent.batches if network == "recognise") == 0


def page() -> bytes:
    """Lines of words, 1,600 x 1,200."""
    sheet = np.full((1200, 1600, 3), 235, np.uint8)
    for y in range(50, 1200, 60):
        cv2.putText(sheet, "terms of taking part " * 3, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 2)
    return cv2.imencode(".jpg", sheet)[1].tobytes()
