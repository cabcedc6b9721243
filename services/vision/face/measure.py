"""What can be measured on a portrait. Images are H x W x 3 uint8 RGB; every figure is independent of their size."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.domain import Region
from services.vision.face.find import Face, Image

Floats = npt.NDArray[np.float64]

_FACE_SIDE = 100
_BURNT = 250
_BACKGROUND_WIDTH = 160
_HAIR_BESIDE = 0.4
_HAIR_ABOVE = 0.9
_CORNER = 0.08


def between_eyes(face: Face) -> Floats:
    """The middle of the eyes, x and y in pixels."""
    left, right = face.eyes
    return np.asarray((left + right) / 2)


def turn(face: Face) -> float:
    """How far the base of the nose is beside the middle of the eyes, in eye distances; 0 when frontal, signed."""
    left, right = face.eyes
    along = right - left
    return float((face.points[4] - between_eyes(face)) @ along / max(along @ along, 1.0))


def tilt(face: Face) -> float:
    """The slope of the line between the eyes in degrees; positive when the picture's right eye is lower."""
    left, right = face.eyes
    return float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))


def sharpness(image: Image, face: Face) -> float:
    """Standard deviation of the Laplacian of the face at 100 pixels, in percent of the face's contrast.

    Sharp faces have 10 to 20; a blur that a person notices at arm's length (1 % of the face) 5; a smear 3.
    """
    grey = cv2.cvtColor(_cut(image, face), cv2.COLOR_RGB2GRAY)
    kind = cv2.INTER_AREA if grey.shape[1] > _FACE_SIDE else cv2.INTER_LINEAR
    small = cv2.resize(grey, (_FACE_SIDE, _FACE_SIDE), interpolation=kind).astype(np.float32)
    dark, bright = np.percentile(small, (5, 95))
    return float(100 * cv2.Laplacian(small, cv2.CV_32F).std() / max(bright - dark, 1.0))


def brightness(image: Image, face: Face) -> tuple[float, float]:
    """Median L* (0–100) of the face, and the share of its pixels that are burnt out."""
    cut = _cut(image, face)
    return float(np.median(_lab(cut)[..., 0])), float((cut.min(axis=2) >= _BURNT).mean())


def background(image: Image, face: Face, colour: tuple[int, int, int], tolerance: float) -> tuple[float, Region | None]:
    """The share of the background that is like `colour` (RGB), and where it is least so (shares of the picture).

    The background is looked for beside the head down to the middle of the face, and above the hair.
    """
    scale = _BACKGROUND_WIDTH / image.shape[1]
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    wanted = _lab(np.array([[colour]], np.uint8))[0, 0]
    weighted = (_lab(np.asarray(small, np.uint8)) - wanted) * np.array([0.5, 1, 1])
    alike = np.linalg.norm(weighted, axis=2) <= tolerance
    height, width = alike.shape
    areas = _around(face, scale, height, width)
    shares = [float(alike[top:bottom, left:right].mean()) for left, top, right, bottom in areas]
    sizes = [(right - left) * (bottom - top) for left, top, right, bottom in areas]
    left, top, right, bottom = areas[int(np.argmin(shares))]
    worst = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return float(np.average(shares, weights=sizes)), worst


def _around(face: Face, scale: float, height: int, width: int) -> list[tuple[int, int, int, int]]:
    """Left of the head, right of it and above it, as left, top, right, bottom; never empty."""
    x, y, w, h = (side * scale for side in face.box)
    corner = max(round(_CORNER * width), 1)
    middle = min(max(round(y + h / 2), corner), height)
    left = max(round(x - _HAIR_BESIDE * w), corner)
    right = min(round(x + (1 + _HAIR_BESIDE) * w), width - corner)
    top = min(max(round(y - _HAIR_ABOVE * h), 1), height)
    return [(0, 0, left, middle), (right, 0, width, middle), (0, 0, width, top)]


def _cut(image: Image, face: Face) -> Image:
    x, y, width, height = face.box
    return image[max(y, 0) : max(y + height, 1), max(x, 0) : max(x + width, 1)]


def _lab(image: Image) -> npt.NDArray[np.float32]:
    """CIELAB, D65: L* 0–100, a* and b* about -100 to 100."""
    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
