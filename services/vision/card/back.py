"""The emblem side, from a judged picture to issuing authority and validity, in the same order as the portrait side."""

from __future__ import annotations

import numpy as np

from services.vision.card import fields, layout, locate, rectify, template
from services.vision.card.layout import Item, Raw
from services.vision.card.recognise import recognise
from services.vision.card.textual import read_lines
from services.vision.card.upright import (
    CARD_DETECTION,
    PICTURE_DETECTION,
    Reading,
    Upright,
    better,
    both_ways,
    located,
    unlocated,
    working,
)
from services.vision.decode import Image, Picture
from services.vision.models import Models
from services.vision.stages import each


def read_back(models: Models, picture: Picture) -> Reading:
    """Three fields, place and quality. Raises `BadPicture`."""
    work = working(picture)
    for corners in each("locate", locate.places(work.image)):
        for upright in both_ways(work.image, corners, _emblem_is_right):
            raw = _raw(models, upright)
            if raw.keys() >= {"issuing_authority", "validity"}:
                raw, used = _surer(models, upright, raw)
                return located(upright, work, raw, fields.back, used)
    reading = read_lines(models, work.image, PICTURE_DETECTION)
    return unlocated(work, reading, layout.back(reading.items, models.regions), fields.back)


def _raw(models: Models, upright: Upright) -> dict[str, Raw]:
    crops, complete = template.back(upright.card, upright.shades)
    lines = recognise(models, [crop.image for crop in crops])
    read = zip(lines, crops, strict=True)
    items = [Item(line.doubted() if crop.clipped or not complete else line, crop.corners) for line, crop in read]
    return layout.back(items, models.regions)


def _surer(models: Models, upright: Upright, raw: dict[str, Raw]) -> tuple[dict[str, Raw], int]:
    if fields.convincing(fields.back(raw)):
        return raw, 0
    detected = read_lines(models, upright.card, CARD_DETECTION, straight=True).items
    return better(fields.back, raw, layout.back(detected, models.regions)), 1


def _emblem_is_right(card: Image) -> bool:
    """The emblem is red and stands at the top left of an upright card."""
    return _redness(card[::-1, ::-1]) > _redness(card)


def _redness(card: Image) -> float:
    zone = card[: rectify.HEIGHT // 2 : 4, : rectify.WIDTH // 3 : 4].astype(np.int16)
    return float((zone[..., 2] - zone[..., 1]).clip(0).mean())
