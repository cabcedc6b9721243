"""The portrait side, from a judged picture to fields: the cheap way first, the costly way where it does not convince.

places -> upright -> number and its check digit -> the other lines -> fields; then, only in doubt, text detection on
the upright card, and when no card was found, on the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.vision import regions
from services.vision.card import astray, fields, layout, locate, parse, rectify, second_look, template, unread
from services.vision.card.ink import Ink
from services.vision.card.layout import Item, Raw
from services.vision.card.recognise import Line, recognise
from services.vision.card.rectify import cut
from services.vision.card.template import Crop
from services.vision.card.textual import of_a_card, read_boxes, read_lines, text_on
from services.vision.card.upright import (
    CARD_DETECTION,
    PICTURE_DETECTION,
    Reading,
    Upright,
    better,
    both_ways,
    located,
    straightened,
    unlocated,
    with_margin,
    working,
)
from services.vision.decode import Image, Picture
from services.vision.models import Models
from services.vision.stages import each

_MARGIN = 0.1
"""How much around the card is looked at when its outline may have cut print off."""

_CLEAR, _NARROWER = 0.99, 0.9
"""A name between sure and this is read twice, the second time at this share of its width."""

Found = tuple[Upright, Item]
"""A straightened card and its number line."""


def read_front(models: Models, picture: Picture) -> Reading:
    """Six fields, place and quality. Raises `BadPicture`."""
    work = working(picture)
    found = _find(models, work.image)
    if found is not None:
        upright, raw, used = _raw(models, work.image, found)
        twice = second_look.likelier(models, upright, confirmed(models, upright, raw))
        return located(upright, work, twice, fields.front, used)
    boxes = text_on(models, work.image, PICTURE_DETECTION)
    number = astray.number(models, work.image, boxes)
    around = _around(work.image, number) if number else None
    raw = confirmed(models, around[0], _detected(models, work.image, around, _MARGIN)) if around else {}
    lacking = _lacking(models, raw)
    if around and not lacking:
        return located(around[0], work, raw, fields.front, 1)
    boxes = of_a_card(boxes)
    reading = read_boxes(models, work.image, boxes)
    whole = layout.front(reading.items, models.regions)
    # A number that is set narrower than usual makes the card too small.
    if around and not _lacking(models, whole) < lacking:
        return located(around[0], work, raw, fields.front, 1)
    seen = unread.why(work, boxes, reading) if "id_number" in fields.missing(fields.front(whole)) else None
    return unlocated(work, reading, whole, fields.front, seen)


def _find(models: Models, image: Image) -> Found | None:
    """The first place whose number has a right check digit and stands where numbers do, else the likeliest."""
    likeliest: Found | None = None
    for corners in each("locate", locate.places(image)):
        for upright in both_ways(image, corners, _portrait_is_left):
            crop = template.number(upright.card, upright.shades)
            if crop is None:
                continue
            line = recognise(models, [crop.image])[0]
            found = (upright, Item(line, crop.corners))
            if parse.id_number(line.text) and template.placed(found[1]):
                return found
            if parse.looks_like_number(line.text) and _surer(line, likeliest):
                likeliest = found
    return likeliest


def _surer(line: Line, than: Found | None) -> bool:
    return than is None or _proof(line) > _proof(than[1].line)


def _proof(line: Line) -> tuple[bool, float]:
    return parse.id_number(line.text) is not None, line.confidence


def _portrait_is_left(card: Image) -> bool:
    """Brightness varies more where the portrait is: on the right of an upright card."""
    return _variation(card[::-1, ::-1]) > _variation(card)


def _variation(card: Image) -> float:
    zone = card[int(0.12 * rectify.HEIGHT) : int(0.7 * rectify.HEIGHT) : 4, int(0.65 * rectify.WIDTH) :: 4, 1]
    return float(zone.std())


def _around(image: Image, number: Item) -> Found:
    """A card whose outline nobody saw, by the place of its number on the picture."""
    upright = straightened(image, template.around(number))
    return upright, Item(number.line, rectify.moved(number.corners, rectify.towards(upright.corners)))


def _raw(models: Models, image: Image, found: Found) -> tuple[Upright, dict[str, Raw], int]:
    """Raw fields by template and, where these do not convince, by detection; and how often that was needed."""
    upright, number = found
    crops, complete = template.front(upright.card, upright.shades, float(number.corners[0, 1]))
    lines = recognise(models, [crop.image for crop in crops])
    read = zip(lines, crops, strict=True)
    items = [Item(line.doubted() if crop.clipped or not complete else line, crop.corners) for line, crop in read]
    raw = _overlooked(layout.front([number, *items], models.regions), crops, upright.shades)
    if fields.convincing(fields.front(raw)):
        return upright, raw, 0
    cut_off = any(crop.clipped for crop in crops) or bool(_lacking(models, raw) & {"name", "address"})
    again = _detected(models, image, found, _MARGIN if cut_off else 0.0)
    raw = _overlooked(better(fields.front, raw, again), crops, upright.shades)
    lacking = _lacking(models, raw)
    if not lacking:
        return upright, raw, 1
    # The outline may have been another one that has the number in it: the number's own place tells better.
    back = np.linalg.inv(rectify.towards(upright.corners))
    moved = _around(image, Item(number.line, rectify.moved(number.corners, back)))
    other = _detected(models, image, moved, _MARGIN)
    return (moved[0], other, 2) if _lacking(models, other) < lacking else (upright, raw, 2)


def _lacking(models: Models, raw: dict[str, Raw]) -> frozenset[str]:
    """Fields that were not read though they are printed, and an address that does not begin as addresses do."""
    address = raw.get("address")
    begins = address is None or regions.begins(models.regions, "".join(address.text.split()))
    return fields.missing(fields.front(raw)) | (frozenset() if begins else frozenset({"address"}))


def _overlooked(raw: dict[str, Raw], crops: Sequence[Crop], shades: Ink) -> dict[str, Raw]:
    """An address is doubted when there is print below it, a name when there is some where one more sign would be:
    detection misses a digit that stands alone, and a sign half under the portrait."""
    name, address = raw.get("name"), raw.get("address")
    if address and any(crop.corners[:, 1].mean() > address.corners[:, 1].max() for crop in crops):
        raw = {**raw, "address": replace(address, confidence=address.confidence / 2)}
    if name and crops and crops[0].clipped and template.followed(shades, name.corners):
        raw = {**raw, "name": replace(name, confidence=name.confidence / 2)}
    return raw


def confirmed(models: Models, upright: Upright, raw: dict[str, Raw]) -> dict[str, Raw]:
    """A name that is sure, but not clear, is doubted when it reads otherwise a little narrower: the network may take a
    rare sign for the common one that is a part of it (郦 for 丽), and which one it takes hangs on the width."""
    name = raw.get("name")
    if name is None or not fields.sure("name") <= name.confidence < _CLEAR:
        return raw
    line = cut(upright.card, name.corners)
    size = (max(1, round(_NARROWER * line.shape[1])), line.shape[0])
    again = recognise(models, [np.asarray(cv2.resize(line, size, interpolation=cv2.INTER_AREA), np.uint8)])[0]
    if (parse.name(name.text) or "") in "".join(again.text.split()):
        return raw
    return {**raw, "name": replace(name, confidence=name.confidence / 2)}


def _whole(item: Item, view: Image) -> bool:
    """Whether a line ends before the view does: of one that runs over its edge the tops of signs may be missing, which
    makes others of them (办 of 苏)."""
    height, width = view.shape[:2]
    return bool((item.corners >= 0).all() and (item.corners <= (width, height)).all())


def _detected(models: Models, image: Image, found: Found, margin: float) -> dict[str, Raw]:
    """Raw fields by text detection on the card and a share of its size around it."""
    upright, number = found
    view = with_margin(image, upright, margin) if margin else upright.card
    corner = np.array((margin * rectify.WIDTH, margin * rectify.HEIGHT), np.float32)
    lines = read_lines(models, view, round(CARD_DETECTION * (1 + 2 * margin))).items
    items = [Item(item.line, item.corners - corner) for item in lines if not margin or _whole(item, view)]
    if not any(parse.id_number(item.line.text) for item in items):
        items = [number, *(item for item in items if not parse.looks_like_number(item.line.text))]
    return layout.front(items, models.regions)
