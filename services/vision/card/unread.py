"""Why a card could not be read, for whoever takes the next picture: judged without its place, by the text that is seen.

Where there is no text of a card, the whole picture is judged: one without a single sharp edge is blurred, else there
is no card on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import cv2
import numpy as np

from services.vision.card import quality
from services.vision.card.detect import Corners, TextBox
from services.vision.card.ink import Ink
from services.vision.card.rectify import frame
from services.vision.card.textual import TextReading
from services.vision.card.upright import Working
from services.vision.decode import Image
from services.vision.domain import Finding, Quality
from services.vision.stages import stage

SHARP_ENOUGH = 12.0
"""The steepest steps of grey from pixel to pixel, in per cent of the contrast: sharp pictures have 19 and more."""
_LONGEST = 800
_PLAIN = 25
"""Grey levels between the darkest and the brightest: a wall has less, and noise on it is no edge."""
_EDGE = 0.005
_TEXT = 0.6
"""How much of a card's width its text takes at least."""
_PORTRAIT_SIDE = re.compile(r"姓\s*名|性\s*别|出\s*生|住\s*址|公民身份|\d{8}")
_EMBLEM_SIDE = re.compile(r"签发机关|有效期限|中华人民共和国")


@stage("quality")
def why(work: Working, boxes: Sequence[TextBox], reading: TextReading) -> Quality:
    """What hinders reading the portrait side, from its lines: `boxes` on the working picture, `reading` of them."""
    lines = [item.line.text for item in reading.items]
    if any(_EMBLEM_SIDE.search(line) for line in lines):
        return _quality(work.image, 0.0, _anywhere(["other_side"]))
    if any(_PORTRAIT_SIDE.search(line.replace(" ", "")) for line in lines):
        return _of_text(work, np.concatenate([box.corners for box in boxes]))
    codes = ["blurred"] if _blurred(work.image) else []
    if max(work.image.shape[:2]) * work.scale < quality.LARGE_ENOUGH:
        codes.append("too_small")
    return _quality(work.image, 0.0, _anywhere(codes or ["not_found"]))


def _of_text(work: Working, points: Corners) -> Quality:
    height, width = work.image.shape[:2]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    x, y = max(0, int(left)), max(0, int(top))
    part = work.image[y : int(bottom) + 1, x : int(right) + 1]
    card_px = float(max(part.shape[:2])) * work.scale / _TEXT
    edge = _EDGE * max(height, width)
    spots = quality.burnt(_grey(part))
    found = {
        "blurred": _blurred(part),
        "glare": float(spots.mean()) > quality.GLARE_AT_MOST,
        "cut_off": min(left, top) < edge or right > width - edge or bottom > height - edge,
    }
    found["too_small"] = card_px < quality.LARGE_ENOUGH and not found["cut_off"]
    all_of_it, spot = frame(part.shape[1], part.shape[0]), quality.largest(spots)
    place, glare = ((corners + np.array((x, y))) * work.scale for corners in (all_of_it, spot))
    codes = [code for code, so in found.items() if so]
    return _quality(part, card_px, quality.told(codes, place, {"glare": glare}))


def _anywhere(codes: Sequence[str]) -> tuple[Finding, ...]:
    """What is true of all of a picture, or of none of it, has no place."""
    return tuple(Finding(f"vision.card.{code}") for code in codes)


def _quality(part: Image, card_px: float, findings: tuple[Finding, ...]) -> Quality:
    return Quality(
        ok=False,
        sharpness=round(_sharpness(part), 2),
        glare=round(float(quality.burnt(_grey(part)).mean()), 4),
        card_px=round(card_px, 1),
        moire=0.0,
        findings=findings,
    )


def _blurred(part: Image) -> bool:
    return 0 < _sharpness(part) < SHARP_ENOUGH


def _sharpness(part: Image) -> float:
    """0 for a plain part."""
    scale = min(1.0, _LONGEST / max(part.shape[:2]))
    grey = _grey(np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8))
    dark, bright = np.percentile(grey, (1, 99))
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    steepest = float(np.percentile(cv2.magnitude(across, down), 99.5))
    return 100 * steepest / float(bright - dark) if bright - dark >= _PLAIN else 0.0


def _grey(part: Image) -> Ink:
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), np.uint8)
