"""A card shown on a computer's screen and photographed from it: what people send who do not have the card in hand."""

from __future__ import annotations

import random

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_CELL = 6
"""Steps of one pixel of the screen: two for each of its three colours, and a dark line below."""
_FINE = 3
"""Steps of one pixel of the camera."""


def on_a_screen(card: Pixels, seed: int) -> Pixels:
    """A photograph (BGR) of an upright card (BGR) on a screen of 500 to 900 pixels, by a camera held a little askew."""
    rng = random.Random(seed)
    wide = rng.randrange(500, 900)
    lit = _lit(card, wide)
    long, tilt, defocus = rng.randrange(1100, 2400), rng.uniform(-7, 7), rng.uniform(0.4, 0.9)
    seen = _seen(lit, long, tilt, defocus)
    noise = np.random.default_rng(seed).normal(0, 3, seen.shape)
    return np.asarray((seen + noise).clip(0, 255), np.uint8)


def _lit(card: Pixels, wide: int) -> npt.NDArray[np.float32]:
    """Every pixel of the screen as three stripes of light."""
    high = round(wide * card.shape[0] / card.shape[1])
    shown = cv2.resize(card, (wide, high), interpolation=cv2.INTER_AREA).astype(np.float32)
    cell = np.zeros((_CELL, _CELL, 3), np.float32)
    for stripe, colour in enumerate((2, 1, 0)):
        cell[:-1, 2 * stripe : 2 * stripe + 2, colour] = 1
    steps = shown.repeat(_CELL, axis=0).repeat(_CELL, axis=1)
    return np.asarray(steps * np.tile(0.8 * cell / cell.mean(), (high, wide, 1)), np.float32)


def _seen(lit: npt.NDArray[np.float32], long: int, tilt: float, defocus: float) -> npt.NDArray[np.float32]:
    """What the camera makes of it, the card `long` pixels long on a dark desk, its colours through a Bayer mosaic."""
    width, height = 2 * (5 * long // 8), 2 * (3 * long // 7)
    middle = (lit.shape[1] / 2, lit.shape[0] / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, tilt, long / lit.shape[1]), np.float64)
    turn[:, 2] += np.array((width, height)) / 2 - middle
    fine = (_FINE * width, _FINE * height)
    taken = cv2.warpAffine(lit, _FINE * turn, fine, flags=cv2.INTER_LINEAR, borderValue=(25, 25, 25))
    taken = cv2.resize(cv2.GaussianBlur(taken, (0, 0), _FINE * defocus), (width, height), interpolation=cv2.INTER_AREA)
    colours = taken.clip(0, 255).astype(np.uint8)
    mosaic = colours[..., 1].copy()
    mosaic[0::2, 0::2], mosaic[1::2, 1::2] = colours[0::2, 0::2, 2], colours[1::2, 1::2, 0]
    return np.asarray(cv2.cvtColor(mosaic, cv2.COLOR_BayerBG2BGR), np.float32)
