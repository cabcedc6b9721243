"""Straightening: any four-cornered part of a picture becomes an upright picture of a given size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.card.detect import Corners
from services.vision.decode import Image
from services.vision.stages import stage

WIDTH, HEIGHT = 1012, 638
"""The canonical card: 85.6 x 54 mm (ISO/IEC 7810 ID-1) at 300 dots per inch, rounded to even."""

Matrix = npt.NDArray[np.floating[Any]]


@stage("rectify")
def upright(image: Image, corners: Corners, width: int = WIDTH, height: int = HEIGHT) -> tuple[Image, Matrix]:
    """The part inside `corners` (4 x 2, top left first) as `width` x `height`, and the matrix picture -> part."""
    matrix = towards(corners, width, height)
    part = cv2.warpPerspective(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.uint8), matrix


def towards(corners: Corners, width: int = WIDTH, height: int = HEIGHT) -> Matrix:
    """The matrix that leads the inside of `corners` to a picture of that size."""
    return np.asarray(cv2.getPerspectiveTransform(np.asarray(corners, np.float32), frame(width, height)), np.float64)


def cut(image: Image, corners: Corners) -> Image:
    """A line of text, straightened at its own size; corners may reach over the edge."""
    width = max(4, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(4, round(float(np.linalg.norm(corners[3] - corners[0]))))
    return upright(image, corners, width, height)[0]


def moved(corners: Corners, matrix: Matrix) -> Corners:
    """Points through a 3 x 3 matrix."""
    return np.asarray(cv2.perspectiveTransform(np.asarray(corners, np.float32)[None], matrix)[0], np.float32)


def frame(width: float, height: float) -> Corners:
    """Corners of a picture of that size."""
    return np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
