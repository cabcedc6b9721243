"""A card in the world: flat, on a desk (3 MP) or before a phone (12 MP), with what cameras do to it."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data

from tests.support.blending import blended
from tests.support.specimen.draw import HEIGHT, WIDTH, Pixels, rounded

Corners = npt.NDArray[np.float32]
LEVELS = ("flat", "desk", "phone")
_SIZES = {"desk": (2048, 1536), "phone": (4032, 3024)}


def shoot(card: Pixels, level: str, rng: random.Random, upside_down: bool) -> tuple[Pixels, Corners]:
    """The picture (RGB) and the card's corners on it: top left of the card first, then clockwise."""
    if level == "flat":
        return _flat(card, rng, upside_down)
    width, height = _SIZES[level]
    if rng.random() < 0.3:
        width, height = height, width
    corners = _place(width, height, level, rng, upside_down)
    picture = _composed(card, corners, _ground(width, height, rng))
    return _camera(picture, level, rng, corners), corners


def _flat(card: Pixels, rng: random.Random, upside_down: bool) -> tuple[Pixels, Corners]:
    """The card fills the picture, or has a narrow even edge around it."""
    scale = rng.uniform(0.56, 1.0)
    edge = rng.choice((0, 0, rng.randrange(10, 60)))
    width, height = round(WIDTH * scale), round(HEIGHT * scale)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) + edge
    if upside_down:
        corners = corners[[2, 3, 0, 1]]
    ground = np.full((height + 2 * edge, width + 2 * edge, 3), rng.choice((255, 250, 90, 30)), np.uint8)
    picture = _composed(card, corners, ground, square=edge == 0)
    return _noisy(_blurred(picture, rng.uniform(0, 0.7)), rng.uniform(0, 4), rng), corners


def _place(width: int, height: int, level: str, rng: random.Random, upside_down: bool) -> Corners:
    """Where the corners land: any tilt, some perspective, all of the card on the picture."""
    tilt = math.radians(rng.choice((rng.uniform(-12, 12), rng.uniform(-12, 12), rng.uniform(-180, 180))))
    tilt += math.pi if upside_down else 0.0
    lean = 0.10 if level == "desk" else 0.22
    span = rng.uniform(0.5, 0.8) * width
    lean_x, lean_y = rng.uniform(-lean, lean), rng.uniform(-lean, lean)
    points = []
    for x, y in ((-0.5, -0.315), (0.5, -0.315), (0.5, 0.315), (-0.5, 0.315)):
        depth = 1 + lean_x * x * 2 + lean_y * y * 2
        points.append((x / depth * span, y / depth * span))
    turn = np.array(((math.cos(tilt), math.sin(tilt)), (-math.sin(tilt), math.cos(tilt))))
    corners = np.array(points) @ turn
    extent = corners.max(axis=0) - corners.min(axis=0)
    corners *= min(1.0, 0.94 * width / extent[0], 0.94 * height / extent[1])
    low, high = corners.min(axis=0), corners.max(axis=0)
    spare = np.array((width, height)) - (high - low)
    where = np.array((rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8))) * spare
    return np.asarray(corners - low + where, np.float32)


def _composed(card: Pixels, corners: Corners, ground: Pixels, square: bool = False) -> Pixels:
    height, width = ground.shape[:2]
    source = np.array([(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners)
    mask = np.full(card.shape[:2], 255, np.uint8) if square else rounded(card)
    shrinks = np.linalg.norm(corners[1] - corners[0]) < WIDTH
    soft = cv2.GaussianBlur(card, (0, 0), 0.6) if shrinks else card
    placed = cv2.warpPerspective(soft, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(mask, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return blended(np.asarray(placed, np.uint8), ground, np.asarray(alpha, np.uint8))


def _ground(width: int, height: int, rng: random.Random) -> Pixels:
    """Plain, graded, wooden or textured table tops; textures are scikit-image's public samples."""
    kind = rng.choice(("plain", "graded", "wood", "texture"))
    base = np.array([rng.uniform(20, 245) for _ in range(3)])
    if kind == "texture":
        tile = getattr(data, rng.choice(("grass", "gravel", "brick", "coffee")))()
        tile = tile if tile.ndim == 3 else np.repeat(tile[..., None], 3, axis=2)
        toned = tile.astype(np.float32) * rng.uniform(0.4, 0.8) + base * 0.25
        return np.asarray(cv2.resize(toned.clip(0, 255).astype(np.uint8), (width, height)), np.uint8)
    small = np.zeros((height // 8, width // 8, 3), np.float32) + base
    if kind != "plain":
        small += np.linspace(-30, 30, width // 8)[None, :, None] * rng.uniform(-1, 1)
    if kind == "wood":
        rows = np.arange(height // 8)[:, None] + 6 * np.sin(np.arange(width // 8) / 40)[None, :]
        small += (np.sin(rows / rng.uniform(2, 8)) * 14)[..., None]
    return np.asarray(cv2.resize(small.clip(0, 255).astype(np.uint8), (width, height)), np.uint8)


def _camera(picture: Pixels, level: str, rng: random.Random, corners: Corners) -> Pixels:
    """Shade, a soft reflection, defocus and sensor noise."""
    height, width = picture.shape[:2]
    grid_x, grid_y = np.meshgrid(np.linspace(-1, 1, width // 8), np.linspace(-1, 1, height // 8))
    gain = 1 + rng.uniform(-0.3, 0.15) * grid_x + rng.uniform(-0.3, 0.15) * grid_y - rng.uniform(0, 0.15)
    light = np.zeros_like(gain)
    if rng.random() < 0.5:
        centre = corners.mean(axis=0) + (corners[rng.randrange(4)] - corners.mean(axis=0)) * rng.uniform(0, 1)
        x, y = centre[0] / width * 2 - 1, centre[1] / height * 2 - 1
        light = rng.uniform(30, 90) * np.exp(-((grid_x - x) ** 2 + (grid_y - y) ** 2) / rng.uniform(0.01, 0.08))
    gain_full = cv2.resize(gain.astype(np.float32), (width, height))[..., None]
    light_full = cv2.resize(light.astype(np.float32), (width, height))[..., None]
    lit = (picture * gain_full + light_full).clip(0, 255).astype(np.uint8)
    strongest = 1.0 if level == "desk" else 2.2
    return _noisy(_blurred(lit, rng.uniform(0.3, strongest)), rng.uniform(1, 7), rng)


def _blurred(picture: Pixels, sigma: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8) if sigma > 0.2 else picture


def _noisy(picture: Pixels, sigma: float, rng: random.Random) -> Pixels:
    """One tile of noise repeated: the eye and the networks cannot tell, and it is ten times quicker."""
    tile = np.random.default_rng(rng.randrange(2**32)).normal(0, sigma, (509, 521, 3)).astype(np.int8)
    height, width = picture.shape[:2]
    noise = np.tile(tile, (height // 509 + 1, width // 521 + 1, 1))[:height, :width]
    return np.asarray(cv2.add(picture, noise.astype(np.int16), dtype=cv2.CV_8U), np.uint8)
