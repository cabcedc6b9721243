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

_LEFT = (0.03, 0.04, 0.625, 0.84)
_NUMBER = (0.03, 0.70, 0.985, 0.975)
_BACK = (0.12, 0.58, 0.97, 0.96)
_REACH, _APART = 0.72, 14
"""How far a line may run on where the portrait begins late; pixels of nothing between what belongs together."""
_LABELS_END, _NUMBER_LABEL_ENDS = 0.16, 0.30
_NUMBER_WIDTH = 0.33
_NUMBER_SHARE, _NUMBER_BEGINS, _NUMBER_LEVEL = 0.535, 0.335, 0.865
"""How much of the card's width the digits take, where they begin, and how far down they stand."""
_ASTRAY, _SHARES = 0.11, (0.6, 1.25)
"""How far from there, and how much narrower or wider, other printers set them."""
_TOO_TALL = 100
_AROUND, _SIGN = 0.16, 0.75
"""How much around a line is cut out, and how wide its signs are, in heights."""
_PORTRAIT_EDGE = 26
"""A narrow strip at the end of the zone is the portrait's frame, not print."""
_SQUEEZE, _DIGIT = 0.65, 0.48
"""The number is printed wide: narrowed to this, at most, its digits are as wide as the recogniser was taught, a share
of the line's height."""


@dataclass(frozen=True)
class Crop:
    """One line to recognise, and where it is on the canonical card. `clipped`: print runs on beyond the zone."""

    image: Image
    corners: Corners
    clipped: bool = False


@stage("crop")
def number(card: Image, shades: Ink) -> Crop | None:
    """The line at the bottom with the most print, without its label: one that ends under the portrait spans more, one
    that is cut by the zone belongs to what is above."""
    x, y, part = _zone(shades, _NUMBER)
    found: list[tuple[Span, list[Span]]] = []
    for row in ink.lines(part)[0]:
        parts = _after_label(ink.groups(row.mask, 12), _NUMBER_LABEL_ENDS * WIDTH - x)
        whole = row.span.start > 1
        if whole and parts and parts[-1].end - parts[0].start > _NUMBER_WIDTH * WIDTH:
            found.append((row.span, parts))
    if not found:
        return None
    span, parts = max(found, key=lambda each: sum(part.length for part in each[1]))
    crop = _crop(card, span, parts, (x, y))
    return Crop(narrowed(crop.image), crop.corners)


def narrowed(number: Image) -> Image:
    """A line of wide digits as wide as the recogniser was taught."""
    height, width = number.shape[:2]
    size = (max(8, round(min(width, max(_SQUEEZE * width, layout.DIGITS * _DIGIT * height)))), height)
    return np.asarray(cv2.resize(number, size, interpolation=cv2.INTER_AREA), np.uint8)


@stage("crop")
def front(card: Image, shades: Ink, bottom: float) -> tuple[list[Crop], bool]:
    """Lines left of the portrait and above `bottom` (pixels), labels left out where they stand apart; and whether
    these explain all the print there."""
    x, y, part = _zone(shades, (*_LEFT[:3], min(_LEFT[3], (bottom - 4) / HEIGHT)))
    whole = shades[y : y + part.shape[0], x : round(_REACH * WIDTH)]
    whole = whole[:, : _portrait_begins(whole)]
    return _lines(card, part[:, : whole.shape[1]], whole, (x, y), _LABELS_END * WIDTH - x)


@stage("crop")
def back(card: Image, shades: Ink) -> tuple[list[Crop], bool]:
    """The two lines at the bottom of the emblem side, with their labels; and whether that is all the print."""
    x, y, part = _zone(shades, _BACK)
    return _lines(card, part, part, (x, y), 0)


def around(number: Item) -> Corners:
    """Where the card is when nothing but its number was found: a guess by where the digits begin and end, square to
    them, for what slants them may have been an outline that is not the card's."""
    begin, end = layout.digits(number)
    along, down = number.corners[1] - number.corners[0], number.corners[3] - number.corners[0]
    width = (end - begin) * along / _NUMBER_SHARE
    height = np.array((-width[1], width[0])) * HEIGHT / WIDTH
    top_left = number.corners[0] + down / 2 + begin * along - _NUMBER_BEGINS * width - _NUMBER_LEVEL * height
    return np.asarray((top_left, top_left + width, top_left + width + height, top_left + height), np.float32)


def placed(number: Item) -> bool:
    """Whether the number stands on the canonical card where numbers do; else the outline is not the card's."""
    begin, end = layout.digits(number)
    (left, _), (right, _) = number.corners[0], number.corners[1]
    share = (end - begin) * (right - left) / WIDTH / _NUMBER_SHARE
    begins, level = (left + begin * (right - left)) / WIDTH - _NUMBER_BEGINS, number.middle[1] / HEIGHT - _NUMBER_LEVEL
    return bool(_SHARES[0] < share < _SHARES[1] and abs(begins) < _ASTRAY and abs(level) < _ASTRAY)


def followed(shades: Ink, line: Corners) -> bool:
    """Whether there is print, or a portrait's edge, within a sign's width after a line."""
    (_, top), (right, bottom) = line.min(axis=0), line.max(axis=0)
    after = slice(max(0, round(right)), max(0, round(right + _SIGN * (bottom - top))))
    return bool(ink.print_mask(shades[max(0, round(top)) : max(0, round(bottom))])[:, after].any())


def _lines(card: Image, part: Ink, whole: Ink, origin: tuple[int, int], labels_end: float) -> tuple[list[Crop], bool]:
    """Crops of the lines of `part`, and whether these are all; what reaches its edge may run on in `whole`."""
    crops = []
    found, complete = ink.lines(part)
    edge = part.shape[1] - 2
    for number, row in enumerate(found):
        room = row.span.length
        parts = _after_label(ink.groups(row.mask, _APART), labels_end)
        if len(parts) > 1 and parts[-1].end > edge and _of_the_portrait(row.span, *parts[-2:]):
            parts = parts[:-1]
        if parts:
            end, clipped = parts[-1].end, parts[0].start < 2
            if end > edge - room:
                end = _runs_on(whole[row.span.start : row.span.end], end, _APART if number else max(_APART, room))
                # A long name may run on under the portrait: too little room for one more sign is the only trace of it.
                clipped = clipped or end > whole.shape[1] - (2 if number else room)
            parts[-1] = Span(parts[-1].start, end)
            crops.append(replace(_crop(card, row.span, parts, origin), clipped=clipped))
    return crops, complete


def _of_the_portrait(row: Span, before: Span, last: Span) -> bool:
    """At the edge, too narrow for a sign, or short and far from what is before it."""
    apart = last.start - before.end > row.length and last.length < 2 * row.length
    return last.length < _PORTRAIT_EDGE or apart


def _runs_on(band: Ink, end: int, gap: int) -> int:
    """Where a line ends that has print up to `end`, and perhaps more of it beyond."""
    return next((run.end for run in ink.groups(ink.print_mask(band), gap) if run.end >= end), end)


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
