"""Lines of text on a picture, from what the network says of every pixel; the network itself is in test_recognise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from services.vision.card.detect import ordered, text_boxes
from services.vision.card.rectify import frame
from services.vision.models import Models


class Seen:
    """A network that has seen these boxes, each with its certainty, on a picture 320 x 160 as it is given to it."""

    def __init__(self, *boxes: tuple[cv2.typing.RotatedRect, float]) -> None:
        self._heat = np.zeros((160, 320), np.float32)
        for box, sure in boxes:
            cv2.fillPoly(self._heat, [cv2.boxPoints(box).astype(np.int32)], (sure,))

    def run(self, names: None, feed: Mapping[str, npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
        """One heat map for one picture."""
        assert names is None
        assert feed["x"].shape == (1, 3, 160, 320)
        return [self._heat[None, None]]


LEVEL: cv2.typing.RotatedRect = ((160, 100), (200, 20), 0)
PICTURE = np.zeros((320, 640, 3), np.uint8)


def test_a_line_is_given_in_pixels_of_the_picture_a_little_wider_than_it_was_seen() -> None:
    (box,) = text_boxes(Seen((LEVEL, 0.9)), PICTURE, 320)
    (left, top), (right, bottom) = box.corners[0], box.corners[2]
    assert (left + right, top + bottom) == pytest.approx((640, 400), abs=4)
    # 1.5 times area by perimeter on each side: 200 * 20 * 1.5 / 440 = 13.6 pixels, and the picture is twice as large.
    assert (right - left, bottom - top) == pytest.approx((2 * 227, 2 * 47), abs=4)
    assert box.score == pytest.approx(0.9, abs=0.01)


def test_lines_come_from_the_top_and_a_slanted_one_keeps_its_slant() -> None:
    slanted: cv2.typing.RotatedRect = ((160, 40), (200, 16), 8)
    above, below = text_boxes(Seen((LEVEL, 0.9), (slanted, 0.9)), PICTURE, 320)
    along = above.corners[1] - above.corners[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(8, abs=1)
    assert above.corners[:, 1].mean() < below.corners[:, 1].mean()


@pytest.mark.parametrize("box", [(LEVEL, 0.5), (((160, 100), (200, 1), 0), 0.9)])
def test_what_is_unsure_or_a_hair_is_no_line(box: tuple[cv2.typing.RotatedRect, float]) -> None:
    assert text_boxes(Seen(box), PICTURE, 320) == []


@pytest.mark.parametrize("first", range(4))
def test_corners_are_ordered_from_the_top_left_whichever_comes_first(first: int) -> None:
    corners = frame(200, 30) + np.array((10, 20), np.float32)
    assert (ordered(np.roll(corners, first, axis=0)) == corners).all()
    assert (ordered(np.roll(corners, first, axis=0)[::-1]) == corners).all()


def test_an_empty_wall_has_no_text(models: Models) -> None:
    assert text_boxes(models.detection, np.full((300, 400, 3), 150, np.uint8)) == []
