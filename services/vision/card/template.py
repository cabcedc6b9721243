"""Field crops of an upright card by its template: zones of the layout, and inside them the rows that are there.

Places are shares of the card (85.6 x 54 mm), wide enough that a printer's shift or another hand's drawing does not
matter: within a zone the print itself says where its rows and groups are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.vision.card import ink
from services.vision.card.detect import Corners
from services.vision.card.ink import Ink, Span
from services.vision.card.rectify import HEIGHT, WIDTH
from services.vision.decode import Image
from services.vision.stages import stage

_LEFT = (0.03, 0.04, 0.625, 0.78)
_NUMBER = (0.03, 0.70, 0.985, 0.975)
_BACK = (0.12, 0.62, 0.97, 0.96)
_LABELS_END, _NUMBER_LABEL_ENDS = 0.16, 0.30
_NUMBER_WIDTH = 0.33
_AROUND = 0.16
_PORTRAIT_EDGE = 26
"""A narrow strip at the end of the zone is the portrait's frame, not print."""
_SQUEEZE = 0.65
"""The number is printed wide: narrowed to this its digits are as wide as the recogniser was taught."""


@dataclass(frozen=True)
class Crop:
    """One line to recognise, and where it is on the canonical card. `clipped`: print runs on beyond the zone."""

    image: Image
    corners: Corners
    clipped: bool = False


@stage("crop")
def number(card: Image, shades: Ink) -> Crop | None:
    """The widest line at the bottom, without its label."""
    x, y, mask = _zone(shades, _NUMBER)
    found: list[tuple[Span, list[Span]]] = []
    for row in ink.rows(mask, tallest=70):
        parts = _after_label(ink.groups(mask[row.start : row.end], 12), _NUMBER_LABEL_ENDS * WIDTH - x)
        if parts and parts[-1].end - parts[0].start > _NUMBER_WIDTH * WIDTH:
            found.append((row, parts))
    if not found:
        return None
    row, parts = max(found, key=lambda each: each[1][-1].end - each[1][0].start)
    crop = _crop(card, row, parts, (x, y))
    size = (max(8, round(crop.image.shape[1] * _SQUEEZE)), crop.image.shape[0])
    return Crop(np.asarray(cv2.resize(crop.image, size, interpolation=cv2.INTER_AREA), np.uint8), crop.corners)


@stage("crop")
def front(card: Image, shades: Ink, bottom: float) -> list[Crop]:
    """Lines left of the portrait and above `bottom` (pixels), labels left out where they stand apart."""
    x, y, mask = _zone(shades, (*_LEFT[:3], min(_LEFT[3], (bottom - 4) / HEIGHT)))
    return _lines(card, mask, (x, y), _LABELS_END * WIDTH - x)


@stage("crop")
def back(card: Image, shades: Ink) -> list[Crop]:
    """The two lines at the bottom of the emblem side, with their labels."""
    x, y, mask = _zone(shades, _BACK)
    return _lines(card, mask, (x, y), 0)


def _lines(card: Image, mask: Ink, origin: tuple[int, int], labels_end: float) -> list[Crop]:
    crops = []
    for row in ink.rows(mask):
        parts = _after_label(ink.groups(mask[row.start : row.end], 14), labels_end)
        edge = mask.shape[1] - 2
        if len(parts) > 1 and parts[-1].end > edge and parts[-1].length < _PORTRAIT_EDGE:
            parts = parts[:-1]
        if parts:
            crops.append(replace(_crop(card, row, parts, origin), clipped=parts[-1].end > edge))
    return crops


def _zone(shades: Ink, share: tuple[float, float, float, float]) -> tuple[int, int, Ink]:
    left, top = round(share[0] * WIDTH), round(share[1] * HEIGHT)
    part = shades[top : round(share[3] * HEIGHT), left : round(share[2] * WIDTH)]
    return left, top, ink.print_mask(part)


def _after_label(parts: list[Span], labels_end: float) -> list[Span]:
    """What is right of the label's column; everything when nothing is, so that no print is lost."""
    values = [part for part in parts if part.end > labels_end]
    return values or parts


def _crop(card: Image, row: Span, parts: list[Span], origin: tuple[int, int]) -> Crop:
    around = max(3, round(_AROUND * row.length))
    top, bottom = max(0, origin[1] + row.start - around), min(HEIGHT, origin[1] + row.end + around)
    shifted = [Span(part.start + origin[0], part.end + origin[0]) for part in parts]
    left, right = max(0, shifted[0].start - around), min(WIDTH, shifted[-1].end + around)
    image = ink.compacted(card[top:bottom], shifted, max(8, around))
    corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom)), np.float32)
    return Crop(image, corners)
