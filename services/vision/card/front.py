"""The portrait side, from a judged picture to fields: the cheap way first, the costly way where it does not convince.

places -> upright -> number and its check digit -> the other lines -> fields; then, only in doubt, text detection on
the upright card, and when no card was found, on the picture.
"""

from __future__ import annotations

from services.vision.card import fields, layout, locate, parse, rectify, template
from services.vision.card.layout import Item, Raw
from services.vision.card.recognise import Line, recognise
from services.vision.card.textual import read_lines
from services.vision.card.upright import (
    CARD_DETECTION,
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

Found = tuple[Upright, Item]
"""A straightened card and its number line."""


def read_front(models: Models, picture: Picture) -> Reading:
    """Six fields, place and quality. Raises `BadPicture`."""
    work = working(picture)
    found = _find(models, work.image)
    if found is None:
        return unlocated(models, work, layout.front, fields.front)
    raw, used = _raw(models, *found)
    return located(found[0], work, raw, fields.front, used)


def _find(models: Models, image: Image) -> Found | None:
    """The first place whose number has a right check digit, else the one that looks most like a number."""
    likeliest: Found | None = None
    for corners in each("locate", locate.places(image)):
        for upright in both_ways(image, corners, _portrait_is_left):
            crop = template.number(upright.card, upright.shades)
            if crop is None:
                continue
            line = recognise(models, [crop.image])[0]
            found = (upright, Item(line, crop.corners))
            if parse.id_number(line.text):
                return found
            if parse.looks_like_number(line.text) and _surer(line, likeliest):
                likeliest = found
    return likeliest


def _surer(line: Line, than: Found | None) -> bool:
    return than is None or line.confidence > than[1].line.confidence


def _portrait_is_left(card: Image) -> bool:
    """Brightness varies more where the portrait is: on the right of an upright card."""
    return _variation(card[::-1, ::-1]) > _variation(card)


def _variation(card: Image) -> float:
    zone = card[int(0.12 * rectify.HEIGHT) : int(0.7 * rectify.HEIGHT) : 4, int(0.65 * rectify.WIDTH) :: 4, 1]
    return float(zone.std())


def _raw(models: Models, upright: Upright, number: Item) -> tuple[dict[str, Raw], int]:
    """Raw fields by template and, where these do not convince, by detection; and how often that was needed."""
    crops = template.front(upright.card, upright.shades, float(number.corners[0, 1]))
    lines = recognise(models, [crop.image for crop in crops])
    read = zip(lines, crops, strict=True)
    items = [number, *(Item(line.doubted() if crop.clipped else line, crop.corners) for line, crop in read)]
    raw = layout.front(items)
    if fields.convincing(fields.front(raw)):
        return raw, 0
    detected = read_lines(models, upright.card, CARD_DETECTION, straight=True).items
    numbered = any(parse.id_number(item.line.text) for item in detected)
    again = layout.front(detected if numbered else (*detected, number))
    return better(fields.front, raw, again), 1
