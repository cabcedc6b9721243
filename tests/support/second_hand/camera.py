"""The second hand's camera: a pinhole before a table, its light, its faults, its files."""

from __future__ import annotations

import io
import math
import random
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.support.blending import blended
from tests.support.second_hand.ground import Pixels, table

Corners = npt.NDArray[np.float32]
_SIZES = {"desk": ((2048, 1536), (1920, 1440), (2240, 1260)), "phone": ((4000, 3000), (4032, 3024), (4624, 2604))}
_TURNS = {1: 0, 3: 2, 6: 1, 8: 3}
"""EXIF orientation, and the quarter turns anticlockwise of the picture as stored."""


def photograph(card: Image.Image, level: str, rng: random.Random) -> tuple[bytes, Corners]:
    """A JPEG of the card and its corners, its own top left first."""
    face = np.asarray(card, np.uint8)
    if level == "flat":
        picture, corners = _scan(face, rng)
        return _file(picture, rng, 1), corners
    size = rng.choice(_SIZES[level])
    width, height = size if rng.random() < 0.6 else size[::-1]
    corners = _corners(width, height, level, rng)
    picture = _lit(_laid(face, corners, table(width, height, rng), rng), level, rng)
    return _file(picture, rng, rng.choice((1, 1, 1, 1, 1, 3, 6, 8))), corners


def _scan(face: Pixels, rng: random.Random) -> tuple[Pixels, Corners]:
    """Cut to the card, or on the scanner's lid with a margin and a little askew; any quarter turn."""
    width = round(rng.uniform(760, 1900))
    height = round(width * face.shape[0] / face.shape[1])
    margin = rng.choice((0.0, 0.0, rng.uniform(0.01, 0.09)))
    room = (round(width * (1 + 2 * margin)), round(height + 2 * margin * width))
    askew = math.radians(rng.uniform(-3, 3)) if margin > 0.03 else math.radians(rng.uniform(-0.6, 0.6)) * (margin == 0)
    half = np.array(((-width, -height), (width, -height), (width, height), (-width, height)), np.float32) / 2
    turn = np.array(((math.cos(askew), math.sin(askew)), (-math.sin(askew), math.cos(askew))))
    corners = np.asarray(half @ turn + np.array(room) / 2, np.float32)
    lid = np.full((room[1], room[0], 3), rng.choice((255, 248, 235, 20, 0)), np.uint8)
    picture = _placed(face, corners, lid, rounded=rng.random() < 0.6)
    quarters = rng.choice((0, 0, 0, 0, 1, 2, 3))
    noisy = _grain(picture, rng.uniform(0, 3), rng)
    return _quarter(noisy, corners, quarters)


def _quarter(picture: Pixels, corners: Corners, times: int) -> tuple[Pixels, Corners]:
    """The picture and its points turned anticlockwise."""
    for _ in range(times):
        corners = np.stack([corners[:, 1], picture.shape[1] - corners[:, 0]], axis=1)
        picture = np.rot90(picture)
    return np.ascontiguousarray(picture), np.asarray(corners, np.float32)


def _corners(width: int, height: int, level: str, rng: random.Random) -> Corners:
    """The card's corners through a pinhole: pitched, yawed and rolled, anywhere on the picture."""
    most = math.radians(13 if level == "desk" else 26)
    kind = rng.random()
    roll = (
        rng.choice((0, 90, 180, 270)) + rng.gauss(0, 5)
        if kind < 0.3
        else rng.gauss(0, 7)
        if kind < 0.85
        else rng.uniform(0, 360)
    )
    spin = [
        cv2.Rodrigues(np.array(v))[0]
        for v in ((rng.uniform(-most, most), 0, 0), (0, rng.uniform(-most, most), 0), (0, 0, math.radians(roll)))
    ]
    flat = np.array(((-42.8, -27, 0), (42.8, -27, 0), (42.8, 27, 0), (-42.8, 27, 0))) @ (spin[2] @ spin[1] @ spin[0]).T
    seen = flat[:, :2] / (1 + flat[:, 2:] / rng.uniform(140, 320))
    extent = seen.max(axis=0) - seen.min(axis=0)
    zoom = rng.uniform(0.5, 0.93) * min(width / extent[0], height / extent[1])
    seen = (seen - seen.min(axis=0)) * zoom
    spare = np.array((width, height)) - seen.max(axis=0)
    return np.asarray(seen + spare * np.array((rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9))), np.float32)


def _laid(face: Pixels, corners: Corners, ground: Pixels, rng: random.Random) -> Pixels:
    """The card on the table with the shadow it throws."""
    shade = np.zeros(ground.shape[:2], np.uint8)
    drop = np.array((rng.uniform(-10, 10), rng.uniform(-10, 10)))
    cv2.fillConvexPoly(shade, np.asarray(corners + drop, np.int32), (255,))
    soft = cv2.GaussianBlur(cv2.resize(shade, None, fx=0.25, fy=0.25), (0, 0), rng.uniform(1, 6))
    dark = cv2.resize(soft, ground.shape[1::-1])
    x, y, wide, high = cv2.boundingRect(dark)
    part = np.s_[y : y + high, x : x + wide]
    table_top = ground.copy()
    table_top[part] = ground[part] * (1 - rng.uniform(0.1, 0.45) * dark[part][..., None] / 255)
    return _placed(face, corners, table_top, rounded=True)


def _placed(face: Pixels, corners: Corners, ground: Pixels, rounded: bool) -> Pixels:
    high, wide = face.shape[:2]
    mask = _rounded(high, wide) if rounded else np.full((high, wide), 255, np.uint8)
    matrix = cv2.getPerspectiveTransform(np.array(((0, 0), (wide, 0), (wide, high), (0, high)), np.float32), corners)
    size = (ground.shape[1], ground.shape[0])
    shown = cv2.warpPerspective(face, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(mask, matrix, size)
    return blended(np.asarray(shown, np.uint8), ground, np.asarray(alpha, np.uint8))


@lru_cache(maxsize=1)
def _rounded(high: int, wide: int) -> Pixels:
    """255 where a card with round corners is."""
    mask, r = np.zeros((high, wide), np.uint8), round(wide * 0.037)
    cv2.rectangle(mask, (r, r), (wide - r, high - r), (255,), -1)
    round_one = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    return np.asarray(cv2.dilate(mask, round_one), np.uint8)


def _lit(picture: Pixels, level: str, rng: random.Random) -> Pixels:
    """A lamp's colour and fall-off, somebody's shadow, a lens or hand that is not quite still, grain."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    lamp = 1.05 - rng.uniform(0.05, 0.3) * ((x - rng.uniform(-1, 1)) ** 2 + (y - rng.uniform(-1, 1)) ** 2) / 2
    if rng.random() < 0.35:
        angle, edge = rng.uniform(0, math.tau), rng.uniform(-0.5, 0.5)
        lamp *= 1 - rng.uniform(0.1, 0.35) / (
            1 + np.exp(-(x * math.cos(angle) + y * math.sin(angle) - edge) * rng.uniform(4, 30))
        )
    cast = np.array([rng.uniform(0.88, 1.06) for _ in range(3)], np.float32) * rng.uniform(0.75, 1.05)
    gain = cv2.resize(lamp.astype(np.float32), (width, height))[..., None] * cast
    lit = np.asarray((picture * gain).clip(0, 255), np.uint8)
    return _grain(_shaken(lit, level, rng), rng.uniform(1, 6), rng)


def _shaken(picture: Pixels, level: str, rng: random.Random) -> Pixels:
    most = 3 if level == "desk" else 7
    if rng.random() < 0.3:
        length = rng.randrange(2, most)
        kernel = np.zeros((most, most), np.float32)
        cv2.line(kernel, (0, 0), ((length, 0), (length, length), (0, length))[rng.randrange(3)], (1.0,))
        return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)
    sigma = rng.uniform(0.3, most / 4)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def _grain(picture: Pixels, sigma: float, rng: random.Random) -> Pixels:
    noise = np.zeros(picture.shape, np.int16)
    cv2.setRNGSeed(rng.randrange(2**31))
    cv2.randn(noise, np.zeros(3), np.full(3, sigma))
    return np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), np.uint8)


def _file(picture: Pixels, rng: random.Random, orientation: int) -> bytes:
    """JPEG, 55 to 95, often with halved colour; stored turned and marked so, as phones do."""
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(picture, _TURNS[orientation])))
    exif = Image.Exif()
    exif[0x0112] = orientation
    target = io.BytesIO()
    stored.save(target, "JPEG", quality=rng.randrange(55, 96), subsampling=rng.choice((0, 2, 2)), exif=exif)
    return target.getvalue()
