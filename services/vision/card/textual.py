"""Reading without a template: detect every line, turn the picture so that lines are level, read them all.

This is the fallback when a card was not found or its template crops did not convince, and the plain way to do it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.vision.card.detect import Corners, TextBox, ordered, text_boxes
from services.vision.card.layout import Item
from services.vision.card.recognise import recognise
from services.vision.card.rectify import Matrix, cut, moved
from services.vision.decode import Image
from services.vision.models import Models
from services.vision.stages import stage

_ASKED, _TELLING = 3, 12
"""So many lines tell which way is up, those about so many times as long as high: longer ones only cost more."""
_GLANCE, _BLANK = 448, 3.0
LONGEST_LINE = 26
"""A card's line is less than this many times as long as high, its number with the label too; a page has longer ones."""
_LONG = 2.5
"""A box this many times wider than high tells the direction of its line."""


@dataclass(frozen=True)
class TextReading:
    """Every line on the picture, level and the right way up; `matrix` leads from the picture to those places."""

    items: tuple[Item, ...]
    matrix: Matrix


@stage("fallback")
def text_on(models: Models, image: Image, longest: int) -> list[TextBox]:
    """Lines of text on a picture of anything, looked for at `longest` pixels of its longer side."""
    return text_boxes(models.detection, image, longest) if _any_text(models, image) else []


def of_a_card(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Those a card could have: long lines cost most to read, and a full page of them seconds."""
    return [box for box in boxes if _oblong(box) < LONGEST_LINE]


@stage("fallback")
def read_boxes(models: Models, image: Image, boxes: Sequence[TextBox]) -> TextReading:
    """Level the picture by its lines, turn it where it is upside down, read them."""
    if not boxes:
        return TextReading((), np.eye(3))
    level = _levelling(image, tilt(boxes))
    if _upside_down(models, image, boxes, level):
        level = _turned(level, image)
    return _read(models, image, boxes, level)


@stage("fallback")
def read_lines(models: Models, image: Image, longest: int) -> TextReading:
    """All lines of a picture that is straight already; detection at `longest` pixels of its longer side."""
    return _read(models, image, text_boxes(models.detection, image, longest), np.eye(3))


def _read(models: Models, image: Image, boxes: Sequence[TextBox], level: Matrix) -> TextReading:
    corners = [ordered(moved(box.corners, level)) for box in boxes]
    crops = [cut(image, moved(place, np.linalg.inv(level))) for place in corners]
    lines = recognise(models, crops)
    return TextReading(tuple(Item(line, place) for line, place in zip(lines, corners, strict=True)), level)


def _any_text(models: Models, image: Image) -> bool:
    """A quarter of the cost tells a wall, a face or noise from something written."""
    return float(image[::8, ::8].std()) > _BLANK and bool(text_boxes(models.detection, image, _GLANCE))


def tilt(boxes: Sequence[TextBox], longer: float = _LONG) -> float:
    """Degrees that lines run clockwise of level, in (-90, 90]; only boxes that much `longer` than high are asked, and a
    long line counts more."""
    east = north = 0.0
    for box in boxes:
        along, across = box.corners[1] - box.corners[0], box.corners[3] - box.corners[0]
        if np.linalg.norm(along) < np.linalg.norm(across):
            along, across = across, along
        length = float(np.linalg.norm(along))
        if length < longer * float(np.linalg.norm(across)):
            continue
        double = 2 * math.atan2(float(along[1]), float(along[0]))
        east += length * math.cos(double)
        north += length * math.sin(double)
    return math.degrees(math.atan2(north, east) / 2)


def _levelling(image: Image, degrees: float) -> Matrix:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.vstack((matrix, (0.0, 0.0, 1.0)))


def _turned(level: Matrix, image: Image) -> Matrix:
    height, width = image.shape[:2]
    return np.asarray(np.array(((-1, 0, width), (0, -1, height), (0, 0, 1)), np.float64) @ level)


def _upside_down(models: Models, image: Image, boxes: Sequence[TextBox], level: Matrix) -> bool:
    """Read a few lines both ways round: the wrong way reads badly."""
    places = [ordered(moved(box.corners, level)) for box in boxes]
    telling = sorted(places, key=lambda place: min(_longer(place), 2 * _TELLING - _longer(place)), reverse=True)[
        :_ASKED
    ]
    crops = [cut(image, moved(place, np.linalg.inv(level))) for place in telling]
    both = recognise(models, [*crops, *(_flip(crop) for crop in crops)])
    sure = [sum(line.scores) / max(1, len(line.scores)) * min(len(line.scores), 10) for line in both]
    return sum(sure[len(crops) :]) > sum(sure[: len(crops)])


def _oblong(box: TextBox) -> float:
    """How many times as long as wide, whichever way it runs."""
    (_, sides, _) = cv2.minAreaRect(np.asarray(box.corners, np.float32))
    return max(sides) / max(1.0, min(sides))


def _longer(place: Corners) -> float:
    """How many times as long as high."""
    return float(np.linalg.norm(place[1] - place[0])) / max(1.0, float(np.linalg.norm(place[3] - place[0])))


def _flip(crop: Image) -> Image:
    return np.ascontiguousarray(crop[::-1, ::-1])


def upright_corners(corners: Corners, reading: TextReading) -> Corners:
    """Places of a reading back on the picture."""
    return moved(corners, np.linalg.inv(reading.matrix))
