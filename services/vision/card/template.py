"""Field crops of an upright card by its template: zones of the layout, and inside them the rows that are there.

Places are shares of the card (85.6 x 54 mm), wide enough that a printer's shift or another hand's drawing does not
matter: within a zone the print itself says where its rows and groups are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from services.vision.card import ink, layout
from services.vision.card.detect import Corners
from services.vision.card.ink import Ink, Span
from services.vision.card.layout import Item
from services.vision.card.rectify import HEIGHT, WIDTH
from services.vision.decode import Image
from services.vision.stages import stage

_LEFT = (0.03, 0.04, 0.625, 0.78)
_NUMBER = (0.03, 0.70, 0.985, 0.975)
_BACK = (0.12, 0.62, 0.97, 0.96)
_LABELS_END, _NUMBER_LABEL_ENDS = 0.16, 0.30
_NUMBER_WIDTH = 0.33
_NUMBER_SHARE, _NUMBER_BEGINS, _NUMBER_LEVEL = 0.535, 0.335, 0.865
"""How much of the card's width the digits take, where they begin, and how far down they stand."""
_ASTRAY = 0.11
_TOO_TALL = 100
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
    x, y, part = _zone(shades, _NUMBER)
    found: list[tuple[Span, list[Span]]] = []
    for row in ink.lines(part)[0]:
        parts = _after_label(ink.groups(row.mask, 12), _NUMBER_LABEL_ENDS * WIDTH - x)
        if parts and parts[-1].end - parts[0].start > _NUMBER_WIDTH * WIDTH:
            found.append((row.span, parts))
    if not found:
        return None
    span, parts = max(found, key=lambda each: each[1][-1].end - each[1][0].start)
    crop = _crop(card, span, parts, (x, y))
    size = (max(8, round(crop.image.shape[1] * _SQUEEZE)), crop.image.shape[0])
    return Crop(np.asarray(cv2.resize(crop.image, size, interpolation=cv2.INTER_AREA), np.uint8), crop.corners)


@stage("crop")
def front(card: Image, shades: Ink, bottom: float) -> tuple[list[Crop], bool]:
    """Lines left of the portrait and above `bottom` (pixels), labels left out where they stand apart; and whether
    these explain all the print there."""
    x, y, part = _zone(shades, (*_LEFT[:3], min(_LEFT[3], (bottom - 4) / HEIGHT)))
    return _lines(card, part[:, : _portrait_begins(part)], (x, y), _LABELS_END * WIDTH - x)


@stage("crop")
def back(card: Image, shades: Ink) -> tuple[list[Crop], bool]:
    """The two lines at the bottom of the emblem side, with their labels; and whether that is all the print."""
    x, y, part = _zone(shades, _BACK)
    return _lines(card, part, (x, y), 0)


def around(number: Item) -> Corners:
    """Where the card is when nothing but its number was found: a guess by where the digits begin and end."""
    begin, end = layout.digits(number)
    along, down = number.corners[1] - number.corners[0], number.corners[3] - number.corners[0]
    width = (end - begin) * along / _NUMBER_SHARE
    height = down / np.linalg.norm(down) * np.linalg.norm(width) * HEIGHT / WIDTH
    top_left = number.corners[0] + down / 2 + begin * along - _NUMBER_BEGINS * width - _NUMBER_LEVEL * height
    return np.asarray((top_left, top_left + width, top_left + width + height, top_left + height), np.float32)


def placed(number: Item) -> bool:
    """Whether the number stands on the canonical card where numbers do; else the outline is not the card's."""
    begin, end = layout.digits(number)
    (left, _), (right, _) = number.corners[0], number.corners[1]
    share = (end - begin) * (right - left) / WIDTH / _NUMBER_SHARE
    begins, level = (left + begin * (right - left)) / WIDTH - _NUMBER_BEGINS, number.middle[1] / HEIGHT - _NUMBER_LEVEL
    return bool(0.8 < share < 1.25 and abs(begins) < _ASTRAY and abs(level) < _ASTRAY)


def _lines(card: Image, part: Ink, origin: tuple[int, int], labels_end: float) -> tuple[list[Crop], bool]:
    crops = []
    found, complete = ink.lines(part)
    edge = part.shape[1] - 2
    for number, row in enumerate(found):
        # A long name may run on under the portrait: too little room for one more sign is the only trace of it.
        room = 0 if number else row.span.length
        parts = _after_label(ink.groups(row.mask, 14), labels_end)
        if len(parts) > 1 and parts[-1].end > edge and parts[-1].length < _PORTRAIT_EDGE:
            parts = parts[:-1]
        if parts:
            clipped = parts[-1].end > edge - room or parts[0].start < 2
            crops.append(replace(_crop(card, row.span, parts, origin), clipped=clipped))
    return crops, complete


def _portrait_begins(part: Ink) -> int:
    """Pixels from the left at which a portrait reaches into the zone: something far too tall for print."""
    start = part.shape[1] * 3 // 4
    _, _, found, _ = cv2.connectedComponentsWithStats(ink.print_mask(part)[:, start:])
    tall = [int(one[cv2.CC_STAT_LEFT]) for one in found[1:] if one[cv2.CC_STAT_HEIGHT] > _TOO_TALL]
    return int(start + min(tall, default=part.shape[1] - start))


def _zone(shades: Ink, share: tuple[float, float, float, float]) -> tuple[int, int, Ink]:
    left, top = round(share[0] * WIDTH), round(share[1] * HEIGHT)
    return left, top, shades[top : round(share[3] * HEIGHT), left : round(share[2] * WIDTH)]


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
