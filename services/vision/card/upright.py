"""A card straightened, either way up, and what is said of it whichever side it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from services.vision.card import fields, ink, quality, rectify
from services.vision.card.detect import Corners
from services.vision.card.ink import Ink
from services.vision.card.layout import Raw
from services.vision.card.textual import TextReading, upright_corners
from services.vision.decode import Image, Picture
from services.vision.domain import CardReport, Field, Quality, Size

WORKING = 1600
"""Pixels of the longer side that are decoded: a card half as wide still has 30 pixels a character."""
PICTURE_DETECTION = 960
CARD_DETECTION = 640

Judge = Callable[[Mapping[str, Raw]], dict[str, Field]]


@dataclass(frozen=True)
class Upright:
    """A card straightened, with its print; `corners` are its places on the working picture."""

    card: Image
    shades: Ink
    corners: Corners


@dataclass(frozen=True)
class Reading:
    """What was read of one side, and the picture of the card for whoever compares faces (None when not found)."""

    report: CardReport
    card: Image | None


@dataclass(frozen=True)
class Working:
    """The picture at 1/`scale` of its size."""

    image: Image
    scale: int

    @property
    def size(self) -> Size:
        """Of the picture itself, to within `scale` pixels."""
        height, width = self.image.shape[:2]
        return width * self.scale, height * self.scale


def working(picture: Picture) -> Working:
    """Decode no more than reading needs. Raises `BadPicture`."""
    side = max(picture.header.width, picture.header.height)
    scale = max((scale for scale in (1, 2, 4, 8) if side // scale >= WORKING), default=1)
    return Working(picture.at(scale), scale)


def both_ways(image: Image, corners: Corners, turned_first: Callable[[Image], bool]) -> Iterator[Upright]:
    """Upright and turned by 180 degrees; `turned_first` looks at the card and says which is the likelier."""
    one = straightened(image, corners)
    turned = turned_first(one.card)
    yield _turned(one) if turned else one
    yield one if turned else _turned(one)


def located(found: Upright, work: Working, raw: Mapping[str, Raw], judge: Judge, fallbacks: int) -> Reading:
    """The report on a card that was found; places are those of the whole picture."""
    back = np.linalg.inv(rectify.towards(found.corners))
    judged = judge(
        {key: replace(one, corners=rectify.moved(one.corners, back) * work.scale) for key, one in raw.items()}
    )
    corners = found.corners * work.scale
    seen = quality.judge(found.card, found.shades, corners, work.size)
    told = fields.findings(judged)
    return Reading(
        CardReport(judged, fields.quad(corners), seen, told, fallbacks=fallbacks, size=work.size), found.card
    )


def straightened(image: Image, corners: Corners) -> Upright:
    """What lies inside `corners`, top left first."""
    card, _ = rectify.upright(image, corners)
    return Upright(card, ink.contrast(card), corners)


def with_margin(image: Image, upright: Upright, share: float) -> Image:
    """The card with a share of its width and height around it, for print that the outline cut off."""
    wide, high = share * rectify.WIDTH, share * rectify.HEIGHT
    around = rectify.frame(rectify.WIDTH + 2 * wide, rectify.HEIGHT + 2 * high) - np.array((wide, high), np.float32)
    corners = rectify.moved(around, np.linalg.inv(rectify.towards(upright.corners)))
    return rectify.upright(image, corners, round(rectify.WIDTH + 2 * wide), round(rectify.HEIGHT + 2 * high))[0]


def unlocated(
    work: Working, reading: TextReading, raw: Mapping[str, Raw], judge: Judge, seen: Quality | None = None
) -> Reading:
    """No card found: labels and order of all text on the picture tell what is what. `seen`: why it is not read."""
    judged = judge(
        {key: replace(one, corners=upright_corners(one.corners, reading) * work.scale) for key, one in raw.items()}
    )
    return Reading(CardReport(judged, None, seen, fields.findings(judged), fallbacks=1, size=work.size), None)


def better(judge: Judge, first: Mapping[str, Raw], second: Mapping[str, Raw]) -> dict[str, Raw]:
    """Field by field: the first reading where it is sure, else the one that is a value at all, then the surer one.

    The second is detection's, which sees all that is written: beside a field also what does not belong to it. Where two
    values contradict each other the chosen one is doubted, however sure it is, but not so far that it is not given.
    """
    return {**first, **second, **{key: _chosen(judge, key, first[key], second[key]) for key in first.keys() & second}}


def _chosen(judge: Judge, key: str, first: Raw, second: Raw) -> Raw:
    chosen = first if _stands(judge, key, first, second) else second
    one, other = ("".join(raw.text.split()) for raw in (first, second))
    values = all(_rank(judge, key, raw)[0] for raw in (first, second))
    contradicted = values and one not in other and other not in one and fields.many_signs(key)
    doubted = max(chosen.confidence / 2, min(chosen.confidence, fields.UNREADABLE))
    return replace(chosen, confidence=doubted) if contradicted else chosen


def _stands(judge: Judge, key: str, first: Raw, second: Raw) -> bool:
    one, other = _rank(judge, key, first), _rank(judge, key, second)
    return one >= other or (one[0] >= other[0] and first.confidence >= fields.sure(key))


def _rank(judge: Judge, key: str, raw: Raw) -> tuple[int, float]:
    judged = [field for field in judge({key: raw}).values() if field.text is not None]
    return len(judged), raw.confidence


def _turned(one: Upright) -> Upright:
    card, shades = np.ascontiguousarray(one.card[::-1, ::-1]), np.ascontiguousarray(one.shades[::-1, ::-1])
    return Upright(card, shades, np.roll(one.corners, 2, axis=0))
