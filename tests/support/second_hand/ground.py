"""What the second hand's cards lie on: none of it flat colour for long."""

from __future__ import annotations

import math
import random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
_FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def table(width: int, height: int, rng: random.Random) -> Pixels:
    """One of seven kinds, RGB."""
    kinds = (_clouds, _planks, _cloth, _keys, _letter, _paper, _marble)
    small = rng.choice(kinds)(width // 2, height // 2, rng)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _colour(rng: random.Random, low: int = 15, high: int = 240) -> npt.NDArray[np.float32]:
    return np.array([rng.randrange(low, high) for _ in range(3)], np.float32)


def _noise(width: int, height: int, rng: random.Random, octaves: int = 6) -> npt.NDArray[np.float32]:
    """Clouds: noise of every size, -1 to 1 or so."""
    source = np.random.default_rng(rng.randrange(2**32))
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        coarse = source.normal(0, 0.5**octave, (3 * 2**octave, 4 * 2**octave)).astype(np.float32)
        total += np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return total


def _clouds(width: int, height: int, rng: random.Random) -> Pixels:
    return _tinted(_colour(rng), _noise(width, height, rng) * rng.uniform(6, 30))


def _marble(width: int, height: int, rng: random.Random) -> Pixels:
    veins = np.abs(_noise(width, height, rng)) < 0.05
    return _tinted(_colour(rng, 90, 235), -70.0 * veins + _noise(width, height, rng) * 8)


def _planks(width: int, height: int, rng: random.Random) -> Pixels:
    grain = _noise(width // 16, height, rng, 8)
    boards = np.asarray(cv2.resize(grain, (width, height)), np.float32) * 14
    seams = (np.arange(height) % rng.randrange(120, 400) < 3)[:, None] * 60.0
    return _tinted(
        np.array((rng.randrange(70, 200), rng.randrange(50, 140), rng.randrange(25, 90)), np.float32), boards - seams
    )


def _cloth(width: int, height: int, rng: random.Random) -> Pixels:
    """Checks as on a table cloth."""
    size = rng.randrange(30, 160)
    checks = ((np.arange(height)[:, None] // size + np.arange(width)[None, :] // size) % 2) * rng.uniform(15, 80)
    return _tinted(_colour(rng), checks + _noise(width, height, rng) * 3)


def _keys(width: int, height: int, rng: random.Random) -> Pixels:
    """Dark keys in rows, as of a keyboard."""
    page = np.full((height, width, 3), rng.randrange(15, 60), np.uint8)
    step = rng.randrange(60, 130)
    for y in range(0, height, step):
        for x in range((y // step % 3) * step // 4 - step, width, step):
            grey = rng.randrange(30, 90)
            cv2.rectangle(page, (x + 5, y + 5), (x + step - 5, y + step - 5), (grey, grey, grey), -1)
    return page


def _letter(width: int, height: int, rng: random.Random) -> Pixels:
    """A printed page, so that the card's are not the only words."""
    page = Image.new("RGB", (width, height), (rng.randrange(225, 250),) * 3)
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(_FONT, rng.randrange(18, 34))
    words = "本人自愿参加本次考试并承诺所填信息真实有效如有不实责任自负请考生妥善保管报名材料按时到场核验"
    for y in range(30, height, 52):
        start = rng.randrange(len(words))
        draw.text((40, y), (words[start:] + words * 3)[: rng.randrange(10, 60)], font=font, fill=(40, 40, 45))
    return np.asarray(page, np.uint8)


def _paper(width: int, height: int, rng: random.Random) -> Pixels:
    """A sheet as pale as the card itself, creased."""
    angle = rng.uniform(0, math.pi)
    y, x = np.mgrid[0:height, 0:width]
    crease = np.exp(-(((x - width / 2) * math.cos(angle) + (y - height / 2) * math.sin(angle)) ** 2) / 200) * 10
    return _tinted(_colour(rng, 205, 250), _noise(width, height, rng) * 3 - crease)


def _tinted(colour: npt.NDArray[np.float32], relief: npt.NDArray[np.floating[Any]]) -> Pixels:
    return np.asarray((colour + relief[..., None]).clip(0, 255), np.uint8)
