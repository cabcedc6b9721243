"""Text that runs another way than the page's tells where a card lies that has no outline."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from services.vision.card import astray
from services.vision.card.detect import TextBox
from services.vision.card.textual import text_on
from services.vision.decode import Image
from services.vision.models import Models

NUMBER = "11010519491231002X"


@pytest.mark.parametrize("degrees", [-80, -37, 12, 45, 90])
def test_lines_of_the_commonest_direction_that_is_not_the_pages(degrees: float) -> None:
    page = [box(300, 40 * k, 0.3, 500) for k in range(1, 12)]
    card = [box(150 + 10 * k, 100 + 40 * k, degrees + k, 90) for k in range(3)]
    stray = [box(500, 300, degrees + 40, 60)]
    assert astray.another_way([*page, *card, *stray]) == card
    assert astray.another_way(page) == []


@pytest.mark.parametrize("degrees", [0, 25, -75, 160])
def test_a_number_is_found_whichever_way_it_lies(models: Models, degrees: float) -> None:
    picture = page_with_number(degrees)
    found = astray.number(models, picture, text_on(models, picture, 960))
    assert found is not None and NUMBER in found.line.text
    along = found.corners[1] - found.corners[0]
    aside = math.degrees(math.atan2(along[1], along[0])) - degrees
    assert abs((aside + 180) % 360 - 180) < 4
    assert np.abs(found.corners.mean(axis=0) - (800, 600)).max() < 40


def test_a_page_without_a_number_has_none(models: Models) -> None:
    picture = page()
    assert astray.number(models, picture, text_on(models, picture, 960)) is None


def test_large_letters_do_not_make_a_large_view(models: Models) -> None:
    boxes = [box(800, 600, 0, 1500), box(400, 600, 40, 700, 300)]
    assert all(max(view.image.shape) <= 2560 for view in astray.views(models, page(), boxes))


def test_a_view_is_no_larger_than_the_picture_turned(models: Models) -> None:
    boxes = [box(100, 60, 0, 150), box(100, 100, 30, 60, 30)]
    small = np.asarray(cv2.resize(page(), (200, 150)), np.uint8)
    assert [max(view.image.shape) <= math.hypot(200, 150) for view in astray.views(models, small, boxes)] == [True]


def box(x: float, y: float, degrees: float, width: float, height: float = 24) -> TextBox:
    """A line seen at a place and at an angle."""
    return TextBox(np.asarray(cv2.boxPoints(((x, y), (width, height), degrees)), np.float32), 0.9)


def page() -> Image:
    """Level lines of words, 1,600 x 1,200."""
    sheet = np.full((1200, 1600, 3), 235, np.uint8)
    for y in range(50, 1200, 60):
        cv2.putText(sheet, "terms of taking part " * 3, (40, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 40), 2)
    return sheet


def page_with_number(degrees: float) -> Image:
    """A page, and in its middle a pale card with a number and two other lines at an angle."""
    card = np.full((400, 640, 3), 225, np.uint8)
    for text, y in ((NUMBER, 212), ("a line above", 100), ("another line", 320)):
        cv2.putText(card, text, (120, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 20, 20), 2)
    turn = cv2.getRotationMatrix2D((320, 200), -degrees, 1.0) + np.array(((0, 0, 480), (0, 0, 400)))
    sheet = page()
    shown = cv2.warpAffine(card, turn, (1600, 1200))
    cover = cv2.warpAffine(np.full((400, 640), 255, np.uint8), turn, (1600, 1200))
    return np.asarray(np.where(cover[..., None] > 127, shown, sheet), np.uint8)
