"""The emblem side, from a judged picture to issuing authority and validity, in the same order as the portrait side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from services.vision.card import astray, emblem, fields, locate, rectify, template
from services.vision.card.layout import Item, Raw
from services.vision.card.recognise import recognise
from services.vision.card.textual import TextReading, of_a_card, read_boxes, read_lines, text_on
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
from services.vision.domain import BACK_FIELDS
from services.vision.models import Models
from services.vision.stages import each


def read_back(models: Models, picture: Picture) -> Reading:
    """Three fields, place and quality. Raises `BadPicture`."""
    work = working(picture)
    for corners in each("locate", locate.places(work.image)):
        for upright in both_ways(work.image, corners, _emblem_is_right):
            raw = _raw(models, upright)
            if _complete(raw):
                raw, used = _surer(models, upright, raw)
                return located(upright, work, raw, fields.back, used)
    reading, raw = _by_text(models, work.image)
    return unlocated(work, reading, raw, fields.back)


def _by_text(models: Models, image: Image) -> tuple[TextReading, dict[str, Raw]]:
    """The first reading of a picture's text that has all in it, else the one with most."""
    found: list[tuple[TextReading, dict[str, Raw]]] = []
    for reading in _readings(models, image):
        found.append((reading, emblem.back(reading.items, models.regions)))
        if _told(found[-1][1]) == len(BACK_FIELDS):
            break
    return max(found, key=lambda each: _told(each[1]))


def _told(raw: dict[str, Raw]) -> int:
    """How many fields are values."""
    return sum(field.text is not None for field in fields.back(raw).values())


def _readings(models: Models, image: Image) -> Iterator[TextReading]:
    """What runs another way than the page; all as it lies; what made no sense so, as it may stand on its head."""
    boxes = text_on(models, image, PICTURE_DETECTION)
    for view in astray.views(models, image, boxes):
        reading = read_boxes(models, view.image, of_a_card(view.boxes))
        yield TextReading(reading.items, np.asarray(reading.matrix @ view.matrix))
    boxes = of_a_card(boxes)
    reading = read_boxes(models, image, boxes)
    yield reading
    both = zip(boxes, reading.items, strict=True)
    yield read_boxes(models, image, [box for box, item in both if item.line.confidence < astray.NONSENSE])


def _complete(raw: dict[str, Raw]) -> bool:
    return raw.keys() >= {"issuing_authority", "validity"}


def _raw(models: Models, upright: Upright) -> dict[str, Raw]:
    crops, complete = template.back(upright.card, upright.shades)
    lines = recognise(models, [crop.image for crop in crops])
    read = zip(lines, crops, strict=True)
    items = [Item(line.doubted() if crop.clipped or not complete else line, crop.corners) for line, crop in read]
    return emblem.back(items, models.regions)


def _surer(models: Models, upright: Upright, raw: dict[str, Raw]) -> tuple[dict[str, Raw], int]:
    if fields.convincing(fields.back(raw)):
        return raw, 0
    detected = read_lines(models, upright.card, CARD_DETECTION).items
    return better(fields.back, raw, emblem.back(detected, models.regions)), 1


def _emblem_is_right(card: Image) -> bool:
    """The emblem is red and stands at the top left of an upright card."""
    return _redness(card[::-1, ::-1]) > _redness(card)


def _redness(card: Image) -> float:
    zone = card[: rectify.HEIGHT // 2 : 4, : rectify.WIDTH // 3 : 4].astype(np.int16)
    return float((zone[..., 2] - zone[..., 1]).clip(0).mean())
