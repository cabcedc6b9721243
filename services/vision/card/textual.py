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

_GLANCE, _BLANK = 448, 3.0
_LONG = 2.5
"""A box this many times wider than high tells the direction of its line."""


@dataclass(frozen=True)
class TextReading:
    """Every line on the picture, level and the right way up; `matrix` leads from the picture to those places."""

    items: tuple[Item, ...]
    matrix: Matrix


@stage("fallback")
def read_lines(models: Models, image: Image, longest: int, straight: bool = False) -> TextReading:
    """Detect at `longest` pixels, level, read; upside-down pictures are turned, unless `straight` says all is well."""
    boxes = text_boxes(models.detection, image, longest) if straight or _any_text(models, image) else []
    if not boxes:
        return TextReading((), np.eye(3))
    level = np.eye(3) if straight else _levelling(image, tilt(boxes))
    if not straight and _upside_down(models, image, boxes, level):
        level = _turned(level, image)
    corners = [ordered(moved(box.corners, level)) for box in boxes]
    crops = [cut(image, moved(place, np.linalg.inv(level))) for place in corners]
    lines = recognise(models, crops)
    return TextReading(tuple(Item(line, place) for line, place in zip(lines, corners, strict=True)), level)


def _any_text(models: Models, image: Image) -> bool:
    """A quarter of the cost tells a wall, a face or noise from something written."""
    return float(image[::8, ::8].std()) > _BLANK and bool(text_boxes(models.detection, image, _GLANCE))


def tilt(boxes: Sequence[TextBox]) -> float:
    """Degrees that lines run clockwise of level, in (-90, 90]; a long line counts more."""
    east = north = 0.0
    for box in boxes:
        along, across = box.corners[1] - box.corners[0], box.corners[3] - box.corners[0]
        if np.linalg.norm(along) < np.linalg.norm(across):
            along, across = across, along
        length = float(np.linalg.norm(along))
        if length < _LONG * float(np.linalg.norm(across)):
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
    """Read the two longest lines both ways round: the wrong way reads badly."""
    places = [ordered(moved(box.corners, level)) for box in boxes]
    longest = sorted(places, key=lambda place: float(place[1, 0] - place[0, 0]), reverse=True)[:2]
    crops = [cut(image, moved(place, np.linalg.inv(level))) for place in longest]
    both = recognise(models, [*crops, *(_flip(crop) for crop in crops)])
    sure = [sum(line.scores) / max(1, len(line.scores)) * min(len(line.scores), 10) for line in both]
    return sum(sure[len(crops) :]) > sum(sure[: len(crops)])


def _flip(crop: Image) -> Image:
    return np.ascontiguousarray(crop[::-1, ::-1])


def upright_corners(corners: Corners, reading: TextReading) -> Corners:
    """Places of a reading back on the picture."""
    return moved(corners, np.linalg.inv(reading.matrix))
