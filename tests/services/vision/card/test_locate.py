"""The card is found at any tilt on any ground, or the picture's own frame is it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.vision.card import locate
from services.vision.decode import Picture
from tests.support.specimen import specimen


@pytest.mark.parametrize(("level", "scale", "within"), [("flat", 1, 0.03), ("desk", 1, 0.025), ("phone", 2, 0.012)])
@pytest.mark.parametrize("seed", range(8))
def test_one_of_the_places_is_the_card(level: str, scale: int, within: float, seed: int) -> None:
    shown = specimen(seed, level)
    long_side = float(np.linalg.norm(shown.corners[1] - shown.corners[0]))
    found = [place * scale for place in locate.places(Picture(shown.jpeg).at(scale))]
    errors = [
        min(float(np.abs(np.roll(place, k, axis=0) - shown.corners).max()) for k in range(4)) / long_side
        for place in found
    ]
    assert min(errors, default=1.0) < within


def test_corners_run_clockwise_and_the_first_side_is_the_long_one() -> None:
    for place in locate.places(Picture(specimen(3, "desk").jpeg).at(1)):
        assert cv2.contourArea(place.astype(np.float32), oriented=True) > 0
        assert np.linalg.norm(place[1] - place[0]) > 0.9 * np.linalg.norm(place[2] - place[1])
        assert place[1, 0] >= place[0, 0]


def test_an_empty_table_has_no_card() -> None:
    assert list(locate.places(np.full((900, 1200, 3), 130, np.uint8))) == []
