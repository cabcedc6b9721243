"""A card whose outline nobody saw, found by its text: the number that a check digit proves, or lines that run another
way than those of the page beneath it.

Detection sees text that is level and large enough, and little of what lies askew. But some of a card's lines it does
see, and these tell which way to turn the picture before it looks again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from services.vision.card import parse
from services.vision.card.detect import Corners, TextBox, text_boxes
from services.vision.card.layout import Item
from services.vision.card.recognise import recognise
from services.vision.card.rectify import Matrix, cut, frame, moved, upright
from services.vision.card.template import narrowed
from services.vision.card.textual import LONGEST_LINE, tilt
from services.vision.decode import Image
from services.vision.models import Models
from services.vision.stages import stage

_NUMBER_SHAPE = 6, LONGEST_LINE
"""How many times as long as high a number is, alone and with its label."""

_USUAL_NUMBER, _TRIED = 14.0, 24
"""How many times as long as high a number mostly is; so many lines of that shape, the likeliest, are read."""

NONSENSE = 0.9
"""Below this a line was perhaps read upside down."""

_OBLONG = 1.5
"""A box this many times as long as high has a direction."""

_ANOTHER_WAY, _ONE_WAY = 8.0, 5.0
"""Degrees from which on a direction is another than the page's, and up to which two boxes share one."""

_REACH, _NEARER = 20, 0.75
"""How far a card may reach beyond the few lines that were seen of it, in their heights; and beyond all that were
seen when it was level, in their width."""

_CLOSER, _LONGEST, _MOST = 0.75, 960, 2560
"""Looking again pays where this share of the view is enough; pixels of the longer side at which is looked, and which a
view has at most, for large letters would reach far."""


@dataclass(frozen=True)
class View:
    """A part of a picture turned so that some text is level, with its lines; `matrix` leads there from the picture."""

    image: Image
    boxes: list[TextBox]
    matrix: Matrix


@stage("fallback")
def number(models: Models, image: Image, boxes: Sequence[TextBox]) -> Item | None:
    """A valid number among the text of a picture, with its place there; the card may lie any way on a page."""
    for view in views(models, image, boxes):
        seen = _number_among(models, view.image, view.boxes)
        if seen:
            return Item(seen.line, moved(seen.corners, np.linalg.inv(view.matrix)))
    return _number_among(models, image, boxes)


def views(models: Models, image: Image, boxes: Sequence[TextBox]) -> Iterator[View]:
    """The part of a picture where text does not run as most of it does, levelled and looked at again, and then from
    nearer; none where all runs alike."""
    aside = another_way(boxes)
    if not aside:
        return
    reach = _REACH * float(np.median([min(_sides(box.corners)) for box in aside]))
    whole = frame(image.shape[1], image.shape[0])
    far = _view(models, image, _around(whole, aside, tilt(aside, _OBLONG), reach))
    yield far
    if far.boxes:
        wide = float(np.ptp([box.corners[:, 0] for box in far.boxes]))
        near = _around(moved(whole, far.matrix), far.boxes, tilt(far.boxes), _NEARER * wide)
        if max(_sides(near)) < _CLOSER * max(far.image.shape):
            yield _view(models, image, moved(near, np.linalg.inv(far.matrix)))


@stage("fallback")
def _view(models: Models, image: Image, corners: Corners) -> View:
    sides = _sides(corners)
    width, height = (max(1, round(side * min(1.0, _MOST / max(sides)))) for side in sides)
    part, matrix = upright(image, corners, width, height)
    level = [box for box in text_boxes(models.detection, part, _LONGEST) if _apart(tilt([box], 1.0), 0) < _ANOTHER_WAY]
    return View(part, level, matrix)


def another_way(boxes: Sequence[TextBox]) -> list[TextBox]:
    """The boxes of the commonest direction that is not that of most text."""
    common = tilt(boxes)
    ways = [(tilt([box], _OBLONG), box) for box in boxes if _oblong(box)]
    aside = [(way, box) for way, box in ways if _apart(way, common) > _ANOTHER_WAY]
    alike = [[box for other, box in aside if _apart(way, other) < _ONE_WAY] for way, _ in aside]
    return max(alike, key=lambda some: sum(max(_sides(box.corners)) for box in some), default=[])


def _around(whole: Corners, boxes: Sequence[TextBox], degrees: float, reach: float) -> Corners:
    """The rectangle that runs that way and has all of the boxes in it, and `reach` pixels on every side; but no more
    than one for all of the picture, whose corners are `whole`, would need.
    """
    turn = np.radians(degrees)
    along = np.array(((np.cos(turn), np.sin(turn)), (-np.sin(turn), np.cos(turn))))
    points = np.concatenate([box.corners for box in boxes]) @ along.T
    limits = whole @ along.T
    low = np.maximum(points.min(axis=0) - reach, limits.min(axis=0))
    high = np.minimum(points.max(axis=0) + reach, limits.max(axis=0))
    return np.asarray((frame(*(high - low)) + low) @ along, np.float32)


def _number_among(models: Models, image: Image, boxes: Sequence[TextBox]) -> Item | None:
    """Read what is as long as a number, and turned by 180 degrees what makes no sense so."""
    ways = sorted((way for way in (_along(box.corners) for box in boxes) if _like_a_number(way)), key=_unlike_a_number)
    ways = ways[:_TRIED]
    for _ in range(2):
        lines = recognise(models, [narrowed(cut(image, way)) for way in ways])
        read = [Item(line, way) for line, way in zip(lines, ways, strict=True)]
        found = next((item for item in read if parse.id_number(item.line.text)), None)
        if found:
            return found
        ways = [np.roll(item.corners, 2, axis=0) for item in read if item.line.confidence < NONSENSE]
    return None


def _like_a_number(corners: Corners) -> bool:
    long, high = _sides(corners)
    return _NUMBER_SHAPE[0] * high < long < _NUMBER_SHAPE[1] * high


def _unlike_a_number(corners: Corners) -> float:
    long, high = _sides(corners)
    return abs(float(np.log(long / high / _USUAL_NUMBER)))


def _along(corners: Corners) -> Corners:
    """The same corners, a long side first."""
    first, second = _sides(corners)
    return corners if first >= second else np.roll(corners, -1, axis=0)


def _sides(corners: Corners) -> tuple[float, float]:
    """How long the first side is, and the one after it."""
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[2] - corners[1]))


def _oblong(box: TextBox) -> bool:
    short, long = sorted(_sides(box.corners))
    return long > _OBLONG * short


def _apart(one: float, other: float) -> float:
    """Degrees between two directions of lines."""
    return abs((one - other + 90) % 180 - 90)
