"""A picture whose card is not read says what to do better: one sentence for each of the ways in which it can be bad."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.vision.card.detect import Corners
from services.vision.card.front import read_front
from services.vision.decode import Image, Picture
from services.vision.models import Models
from tests.support.portraits import sample
from tests.support.specimen import specimen


def hindrances(models: Models, image: Image) -> list[str]:
    card = read_front(models, Picture(cv2.imencode(".jpg", image)[1].tobytes())).report
    assert card.fields["id_number"].text is None
    assert card.quality
    assert not card.quality.ok
    return [finding.code.removeprefix("vision.card.") for finding in card.quality.findings]


def shot(seed: int = 1, side: str = "front") -> tuple[Image, Corners]:
    """A specimen on a desk and the corners of its card."""
    made = specimen(seed, "desk", side)
    return np.asarray(cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8), made.corners


def test_a_wall_is_no_card(models: Models) -> None:
    noise = np.random.default_rng(1).normal(0, 8, (900, 1200, 3))
    assert hindrances(models, (140 + noise).clip(0, 255).astype(np.uint8)) == ["not_found"]
    assert hindrances(models, np.full((900, 1200, 3), 140, np.uint8)) == ["not_found"]


@pytest.mark.parametrize("name", ["coffee", "rocket"])
def test_a_sharp_picture_of_something_else_is_no_card(models: Models, name: str) -> None:
    assert hindrances(models, sample(name)[..., ::-1]) == ["not_found"]


@pytest.mark.parametrize("share", [0.01, 0.02])
def test_a_card_that_is_all_smeared_is_blurred(models: Models, share: float) -> None:
    picture, _ = shot()
    smeared = cv2.GaussianBlur(picture, (0, 0), share * picture.shape[1])
    assert hindrances(models, np.asarray(smeared, np.uint8)) == ["blurred"]


def test_a_reflection_on_the_number_is_glare(models: Models) -> None:
    picture, corners = shot()
    spot = np.zeros_like(picture)
    middle, wide = corners[2:].mean(axis=0), float(np.linalg.norm(corners[1] - corners[0]))
    cv2.circle(spot, (round(middle[0]), round(middle[1])), round(0.35 * wide), (255, 255, 255), -1)
    burnt = cv2.GaussianBlur(spot, (0, 0), 0.02 * wide)
    assert hindrances(models, np.maximum(picture, np.asarray(burnt, np.uint8))) == ["glare"]


@pytest.mark.parametrize("side", ["left", "right", "bottom"])
def test_half_a_card_is_cut_off(models: Models, side: str) -> None:
    picture, corners = shot()
    x, y = (round(float(each)) for each in corners.mean(axis=0))
    half = {"left": picture[:, x:], "right": picture[:, :x], "bottom": picture[:y]}[side]
    assert hindrances(models, np.ascontiguousarray(half)) == ["cut_off"]


def test_a_card_of_a_hundred_pixels_is_too_small(models: Models) -> None:
    picture, _ = shot(2)
    small = cv2.resize(picture, None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA)
    assert hindrances(models, np.asarray(small, np.uint8)) == ["too_small"]


def test_the_emblem_side_is_the_other_one(models: Models) -> None:
    assert hindrances(models, shot(1, "back")[0]) == ["other_side"]
