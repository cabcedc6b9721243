"""Measures do what they say on pictures and faces whose truth is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.vision.face import measure
from services.vision.face.find import Box, Face, Image, region
from services.vision.face.tools import FaceTools
from tests.support.portraits import portrait

WHITE = (255, 255, 255)
shares = st.floats(0, 1)


def face(box: Box, tilt: float = 0, turn: float = 0) -> Face:
    """A face with eyes 100 apart, sloping by `tilt` degrees, its nose `turn` eye distances beside the middle."""
    along = np.array([np.cos(np.radians(tilt)), np.sin(np.radians(tilt))])
    down, left = np.array([-along[1], along[0]]), np.array([300.0, 300.0])
    right = left + 100 * along
    nose = (left + right) / 2 + turn * 100 * along + 70 * down
    points = [right + 15 * along, right - 15 * along, left - 15 * along, left + 15 * along, nose]
    return Face(box, np.array(points), 1.0)


@settings(deadline=None)
@given(tilt=st.floats(-60, 60), turn=st.floats(-0.5, 0.5))
def test_tilt_and_turn_are_told_apart(tilt: float, turn: float) -> None:
    seen = face((250, 250, 200, 200), tilt, turn)
    assert measure.tilt(seen) == pytest.approx(tilt, abs=1e-6)
    assert measure.turn(seen) == pytest.approx(turn, abs=1e-6)


def test_more_blur_is_less_sharp(tools: FaceTools) -> None:
    image = portrait()
    seen = tools.finder.find(image)[0]
    blurred = [image, *(np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8) for sigma in (1, 2, 3, 5, 8))]
    figures = [measure.sharpness(picture, seen) for picture in blurred]
    assert figures == sorted(figures, reverse=True)


@pytest.mark.parametrize("contrast", [0.4, 0.7])
def test_sharpness_does_not_depend_on_contrast(tools: FaceTools, contrast: float) -> None:
    image = portrait()
    seen = tools.finder.find(image)[0]
    pale = (image * contrast + 60 * (1 - contrast)).astype(np.uint8)
    assert measure.sharpness(pale, seen) == pytest.approx(measure.sharpness(image, seen), rel=0.1)


def test_brightness_of_known_greys() -> None:
    seen = face((20, 20, 60, 60))
    lightness, burnt = measure.brightness(np.full((100, 100, 3), 119, np.uint8), seen)
    assert lightness == pytest.approx(50, abs=0.5)
    assert burnt == 0
    assert measure.brightness(np.full((100, 100, 3), 255, np.uint8), seen)[1] == 1


@settings(max_examples=100, deadline=None)
@given(
    size=st.tuples(st.integers(40, 400), st.integers(40, 400)),
    centre=st.tuples(shares, shares),
    side=st.integers(10, 600),
)
def test_any_face_leaves_a_background_to_judge(size: tuple[int, int], centre: tuple[float, float], side: int) -> None:
    """Wherever the face lies and however large it is: white is white and black is not."""
    height, width = size
    box = (round(centre[0] * width - side / 2), round(centre[1] * height - side / 2), side, side)
    image: Image = np.full((height, width, 3), 255, np.uint8)
    share, worst = measure.background(image, face(box), WHITE, 5)
    assert share == 1
    assert worst is not None
    assert all(0 <= part <= 1 for part in worst)
    assert measure.background(image // 2, face(box), WHITE, 5)[0] == 0
    assert all(0 <= part <= 1 for part in region(box, image))
