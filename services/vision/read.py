"""One side of a card, from a judged picture to fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from services.vision import fields, layout
from services.vision.decode import Image, Picture
from services.vision.domain import CardReport, Field
from services.vision.layout import Item, Raw
from services.vision.models import Models
from services.vision.textual import read_lines, upright_corners

_WORKING = 1600
"""Pixels of the longer side that full text detection starts from."""


def read_front(models: Models, picture: Picture) -> CardReport:
    """The portrait side. Raises `BadPicture`."""
    return _by_text(models, picture, layout.front, fields.front)


def read_back(models: Models, picture: Picture) -> CardReport:
    """The emblem side. Raises `BadPicture`."""
    return _by_text(models, picture, layout.back, fields.back)


def _by_text(
    models: Models,
    picture: Picture,
    arrange: Callable[[Iterable[Item]], dict[str, Raw]],
    judge: Callable[[Mapping[str, Raw]], dict[str, Field]],
) -> CardReport:
    scale = reduction(picture, _WORKING)
    image: Image = picture.at(scale)
    reading = read_lines(models, image, 960)
    raw = {
        key: replace(found, corners=upright_corners(found.corners, reading) * scale)
        for key, found in arrange(reading.items).items()
    }
    judged = judge(raw)
    return CardReport(judged, None, None, fields.findings(judged), fallbacks=1)


def reduction(picture: Picture, longest: int) -> int:
    """The largest of 1, 2, 4, 8 that leaves at least `longest` pixels on the longer side."""
    side = max(picture.header.width, picture.header.height)
    return max((scale for scale in (1, 2, 4, 8) if side // scale >= longest), default=1)
