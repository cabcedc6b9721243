"""Can this card be read by anyone: sharp, free of glare, all of it there, large enough. Numbers a person can check.

Sharpness is judged on print only (a blank part of a card is never sharp), so it does not depend on the pattern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.card import fields, rectify
from services.vision.card.detect import Corners
from services.vision.card.ink import Ink
from services.vision.decode import Image
from services.vision.domain import Finding, Quality, Size
from services.vision.stages import stage

SHARP_ENOUGH = 8.0
"""Steepest steps of print, grey levels per pixel of the canonical card, as a share of the print's darkness (%): good
pictures have 20 and more, and at this signs begin to be taken for others."""
GLARE_AT_MOST = 0.10
"""Share of the card that is burnt out."""
LARGE_ENOUGH = 420.0
"""Pixels of the card's long side on the picture: digits are then 12 pixels high."""
MOIRE_HINT = 13.0
"""How many times a frequency stands out above those near it: print reaches 10, screens 18 and more."""
_BURNT = 253
_BETWEEN_LINES, _MOST = 61, 0.5
"""Pixels of ground from line to line at most; and from which share on it is most of the print."""
_RIM, _PORTRAIT = 24, (slice(0, 440), slice(620, None))
"""Pixels of the canonical card: its edge, and the portrait, are darker than what is beside them, but no print."""
_SOME = (slice(None, None, 3), slice(None, None, 3))
"""Of the pixels, enough for a percentile."""
_GROUND = (slice(44, 300), slice(36, 548))
"""Where a screen's pattern is looked for: left of the portrait, much ground and little print."""
_AROUND, _STEPS = 15, 12
"""Pixels that are smoothed away, and grey levels that a pixel counts for at most: so much print counts like ground."""
_NEAR, _SLOWEST = 25, 0.1
"""Frequencies that are near each other, in steps of the spectrum; slower ones, in waves a pixel, are the card's own."""


@stage("quality")
def judge(card: Image, shades: Ink, located: Corners, size: Size) -> Quality:
    """Quality of a canonical card found at `located` (pixels) on a picture of `size`."""
    grey = np.asarray(cv2.cvtColor(card, cv2.COLOR_BGR2GRAY), np.uint8)
    sharpness, spots = _sharpness(grey, shades), burnt(grey)
    card_px = float(np.linalg.norm(located[1] - located[0]) + np.linalg.norm(located[2] - located[3])) / 2
    moire, glare = _moire(grey), float(spots.mean())
    if glare > GLARE_AT_MOST and _is_ground(spots, shades):
        glare = 0.0
    found = {
        "blurred": sharpness < SHARP_ENOUGH,
        "glare": glare > GLARE_AT_MOST,
        "too_small": card_px < LARGE_ENOUGH,
        "cut_off": _cut_off(located, size),
    }
    back = np.linalg.inv(rectify.towards(located))
    places = {"glare": rectify.moved(largest(spots), back)} if found["glare"] else {}
    findings = told([code for code, so in found.items() if so], located, places)
    hint = told(["maybe_a_screen"], located) if moire > MOIRE_HINT else ()
    return Quality(
        ok=not findings,
        sharpness=round(sharpness, 2),
        glare=round(glare, 4),
        card_px=round(card_px, 1),
        moire=round(moire, 3),
        findings=findings + hint,
    )


def _sharpness(grey: Ink, shades: Ink) -> float:
    """Steps at the edges of print against how dark the print is, in per cent per pixel."""
    shades, grey = _of_print(shades), grey[_RIM:-_RIM, _RIM:-_RIM]
    print_is = _print(shades)
    at, around = (np.flatnonzero(mask) for mask in (print_is, cv2.dilate(print_is, np.ones((3, 3), np.uint8))))
    if at.size < 200:
        return 0.0
    across, down = (cv2.Sobel(grey, cv2.CV_16S, *way).ravel()[around] / 8 for way in ((1, 0), (0, 1)))
    depth = float(np.percentile(shades.ravel()[at], 90)) * float(np.percentile(grey[_SOME], 80)) / 255
    return 100 * float(np.percentile(np.hypot(across, down), 75)) / max(1.0, depth)


def _is_ground(spots: Ink, shades: Ink) -> bool:
    """Whether print is seen all over what is burnt out: a reflection hides it, white paper in bright light does not."""
    signs = _print(_of_print(shades)) > 0
    kernel = np.ones((_BETWEEN_LINES, _BETWEEN_LINES), np.uint8)
    around = cv2.morphologyEx(spots, cv2.MORPH_CLOSE, kernel)[_RIM:-_RIM, _RIM:-_RIM]
    return bool(around[signs].sum() > _MOST * signs.sum())


def _of_print(shades: Ink) -> Ink:
    """The card without its rim, and nothing where the portrait is."""
    part = shades[_RIM:-_RIM, _RIM:-_RIM].copy()
    part[_PORTRAIT] = 0
    return part


def _print(shades: Ink) -> Ink:
    least = max(30.0, float(np.percentile(shades[_SOME], 97)))
    return np.asarray(cv2.threshold(shades, least, 255, cv2.THRESH_BINARY)[1], np.uint8)


def told(codes: Iterable[str], place: Corners, places: Mapping[str, Corners] | None = None) -> tuple[Finding, ...]:
    """What was found at `place` (pixels of the picture), or at a place of its own."""
    boxes = {code: fields.quad((places or {}).get(code, place)) for code in codes}
    return tuple(Finding(f"vision.card.{code}", None, box) for code, box in boxes.items())


def burnt(grey: Ink) -> Ink:
    """1 in burnt-out spots at least 9 pixels wide, else 0: white paper that is merely bright has noise in it."""
    bright = (grey >= _BURNT).astype(np.uint8)
    return np.asarray(cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)), np.uint8)


def largest(spots: Ink) -> Corners:
    """Corners around the largest spot; where there is none, around all."""
    _, _, found, _ = cv2.connectedComponentsWithStats(spots)
    x, y, width, height, _ = max(found[1:], key=lambda spot: int(spot[cv2.CC_STAT_AREA]), default=found[0])
    return np.asarray(rectify.frame(width, height) + np.array((x, y)), np.float32)


def _cut_off(located: Corners, size: Size) -> bool:
    """A corner lies outside the picture by more than a hundredth of it."""
    slack = 0.01 * max(size)
    low, high = located.min(axis=0), located.max(axis=0)
    return bool(low.min() < -slack or high[0] > size[0] + slack or high[1] > size[1] + slack)


def _moire(grey: Ink) -> float:
    """How many times one frequency stands out above those near it: a screen photographed has one at least, paper none,
    and a blur lowers all that are near each other alike."""
    part = grey[_GROUND].astype(np.float32)
    part = np.clip(part - cv2.blur(part, (_AROUND, _AROUND)), -_STEPS, _STEPS)
    fading, fast = _spectrum(*part.shape)
    waves = cv2.dft(part * fading, flags=cv2.DFT_COMPLEX_OUTPUT)
    strength = np.fft.fftshift(cv2.magnitude(*cv2.split(waves)))
    ahead = strength / (cv2.blur(strength, (_NEAR, _NEAR)) + 1.0)
    return float(ahead[fast].max())


@cache
def _spectrum(high: int, wide: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """What fades a part of that size out towards its edges, and which of its frequencies are fast."""
    fading = np.outer(np.hanning(high), np.hanning(wide)).astype(np.float32)
    down, across = (np.fft.fftshift(np.fft.fftfreq(side)) for side in (high, wide))
    return fading, np.hypot(down[:, None], across[None]) > _SLOWEST
