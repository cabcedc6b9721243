"""A card that is found is called blurred, burnt, small, cut off or a screen where a person would say so, only there.

Each pair of pictures lies close on both sides of where people would begin to say it.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from services.vision.card import ink, quality, rectify
from services.vision.card.detect import Corners
from services.vision.card.front import read_front
from services.vision.decode import Image, Picture
from services.vision.models import Models
from tests.support.screen import on_a_screen
from tests.support.specimen import specimen


def found(models: Models, image: Image) -> list[str]:
    """What is said of a picture whose card is found and whose number is read."""
    card = read_front(models, Picture(cv2.imencode(".jpg", image)[1].tobytes())).report
    assert card.located
    assert card.fields["id_number"].text
    assert card.quality
    codes = [finding.code.removeprefix("vision.card.") for finding in card.quality.findings]
    assert card.quality.ok == (not set(codes) - {"maybe_a_screen"})
    return codes


@cache
def shot(seed: int = 5, level: str = "desk") -> tuple[Image, Corners, float]:
    """A specimen, the corners of its card, and how many pixels long that is."""
    made = specimen(seed, level)
    image = cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8), made.corners, float(np.linalg.norm(made.corners[1] - made.corners[0]))


def smeared(share: float, seed: int, level: str) -> Image:
    """Blurred by a share of the card's length."""
    image, _, long = shot(seed, level)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), share * long), np.uint8)


def burnt(share: float) -> Image:
    """With a round reflection between name and portrait on that share of the card."""
    image, corners, long = shot()
    x, y = 0.6 * corners[:2].mean(axis=0) + 0.4 * corners.mean(axis=0)
    spot = cv2.circle(np.zeros_like(image), (int(x), int(y)), int(long * (0.2 * share) ** 0.5), (255, 255, 255), -1)
    return np.maximum(image, np.asarray(cv2.GaussianBlur(spot, (0, 0), 3), np.uint8))


def shrunk(pixels: float) -> Image:
    """A card so many pixels long."""
    image, _, long = shot()
    scale = pixels / long
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
def test_a_good_picture_has_no_fault(models: Models, level: str) -> None:
    assert found(models, shot(1, level)[0]) == []


@pytest.mark.parametrize(("seed", "level"), [(1, "desk"), (5, "flat")])
def test_a_card_is_blurred_from_where_signs_run_together(models: Models, seed: int, level: str) -> None:
    assert found(models, smeared(0.003, seed, level)) == []
    assert found(models, smeared(0.006, seed, level)) == ["blurred"]


def test_a_reflection_on_a_tenth_of_the_card_is_glare(models: Models) -> None:
    assert found(models, burnt(0.08)) == []
    assert found(models, burnt(0.13)) == ["glare"]


@pytest.mark.parametrize("gain", [1.2, 1.35])
def test_a_card_whose_ground_is_white_all_over_has_no_reflection(models: Models, gain: float) -> None:
    image, _, _ = shot(1, "flat")
    assert found(models, np.asarray(cv2.convertScaleAbs(image, alpha=gain), np.uint8)) == []


def test_a_card_of_less_than_four_hundred_pixels_is_too_small(models: Models) -> None:
    assert found(models, shrunk(500)) == []
    assert found(models, shrunk(350)) == ["too_small"]


def test_a_card_that_reaches_over_the_edge_is_cut_off(models: Models) -> None:
    image, corners, _ = shot(2)
    left = int(corners[:, 0].min())
    assert found(models, image[:, left - 10 :]) == []
    assert found(models, image[:, left + 60 :]) == ["cut_off"]


@pytest.mark.parametrize(("beyond", "cut_off"), [(0.007, False), (0.013, True)])
@pytest.mark.parametrize("side", range(4))
def test_a_hundredth_of_the_picture_may_be_the_outlines_error(side: int, beyond: float, cut_off: bool) -> None:
    image, corners, _ = shot(1, "flat")
    card = rectify.upright(image, corners)[0]
    shifted = rectify.frame(900, 600) + np.array(((-1, 0), (1, 0), (0, -1), (0, 1))[side]) * beyond * 900
    seen = quality.judge(card, ink.contrast(card), shifted, (900, 600))
    assert ["vision.card.cut_off"] * cut_off == [finding.code for finding in seen.findings]


@pytest.mark.parametrize("seed", range(3))
def test_a_photographed_screen_is_hinted_at(models: Models, seed: int) -> None:
    image, corners, _ = shot(seed, "flat")
    card = rectify.upright(image, corners)[0]
    assert found(models, on_a_screen(card, seed)) == ["maybe_a_screen"]


@pytest.mark.parametrize(("seed", "level"), [(1, "flat"), (1, "desk")])
def test_a_card_that_is_a_little_out_of_focus_is_no_screen(models: Models, seed: int, level: str) -> None:
    assert found(models, smeared(0.002, seed, level)) == []
