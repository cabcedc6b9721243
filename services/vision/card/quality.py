"""Can this card be read by anyone: sharp, free of glare, all of it there, large enough. Numbers a person can check.

Sharpness is judged on print only (a blank part of a card is never sharp), so it does not depend on the pattern.
"""

from __future__ import annotations

import cv2
import numpy as np

from services.vision.card.detect import Corners
from services.vision.card.ink import Ink
from services.vision.decode import Image
from services.vision.domain import Finding, Quad, Quality
from services.vision.stages import stage

SHARP_ENOUGH = 6.0
"""Steepest steps of print, grey levels per pixel of the canonical card, as a share of the print's darkness (%)."""
GLARE_AT_MOST = 0.10
"""Share of the card that is burnt out."""
LARGE_ENOUGH = 420.0
"""Pixels of the card's long side on the picture: digits are then 12 pixels high."""
MOIRE_HINT = 0.35
_BURNT = 253


@stage("quality")
def judge(card: Image, shades: Ink, located: Corners, size: tuple[int, int], box: Quad) -> Quality:
    """Quality of a canonical card found at `located` (pixels) on a picture of `size` (width, height)."""
    grey = np.asarray(cv2.cvtColor(card, cv2.COLOR_BGR2GRAY), np.uint8)
    sharpness, burnt = _sharpness(grey, shades), glare(grey)
    card_px = float(np.linalg.norm(located[1] - located[0]) + np.linalg.norm(located[2] - located[3])) / 2
    moire = _moire(grey)
    found = [
        ("vision.card.blurred", sharpness < SHARP_ENOUGH),
        ("vision.card.glare", burnt > GLARE_AT_MOST),
        ("vision.card.too_small", card_px < LARGE_ENOUGH),
        ("vision.card.cut_off", _cut_off(located, size)),
    ]
    findings = tuple(Finding(code, None, box) for code, so in found if so)
    hint = (Finding("vision.card.maybe_a_screen", None, box),) if moire > MOIRE_HINT else ()
    return Quality(
        ok=not findings,
        sharpness=round(sharpness, 2),
        glare=round(burnt, 4),
        card_px=round(card_px, 1),
        moire=round(moire, 3),
        findings=findings + hint,
    )


def _sharpness(grey: Ink, shades: Ink) -> float:
    """Steps at the edges of print against how dark the print is, in per cent per pixel."""
    print_is = shades > max(30.0, float(np.percentile(shades, 97)))
    if print_is.sum() < 200:
        return 0.0
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.125)
    steps = cv2.magnitude(across, down)[cv2.dilate(print_is.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0]
    depth = float(np.percentile(shades[print_is], 90)) * float(np.percentile(grey, 80)) / 255
    return 100 * float(np.percentile(steps, 75)) / max(1.0, depth)


def glare(grey: Ink) -> float:
    """The share of burnt-out spots at least 9 pixels wide: white paper that is merely bright has noise in it."""
    burnt = (grey >= _BURNT).astype(np.uint8)
    return float(cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8)).mean())


def _cut_off(located: Corners, size: tuple[int, int]) -> bool:
    """A corner lies outside the picture by more than a hundredth of it."""
    slack = 0.01 * max(size)
    low, high = located.min(axis=0), located.max(axis=0)
    return bool(low.min() < -slack or high[0] > size[0] + slack or high[1] > size[1] + slack)


def _moire(grey: Ink) -> float:
    """How much one spatial frequency stands out (0–1): a screen photographed shows one, paper does not."""
    part = cv2.resize(grey, (512, 320), interpolation=cv2.INTER_AREA)[:256, :].astype(np.float32)
    spectrum = np.log1p(np.abs(np.fft.rfft2(part - part.mean())))
    high = spectrum[40:216, 60:]
    typical, peak = float(np.median(high)), float(high.max())
    return max(0.0, min(1.0, (peak - typical) / max(1.0, typical) - 0.6))
