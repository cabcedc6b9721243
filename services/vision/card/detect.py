"""Where text is on a picture: the DB detector, used when the template does not explain a card.

Pre- and post-processing as PaddleOCR does it (thresholds 0.3 / 0.6, unclip 1.5), so that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.decode import Image
from services.vision.together import Network

Corners = npt.NDArray[np.floating[Any]]
"""4 x 2, pixels: top left, then clockwise."""

_MEAN = np.array((0.485, 0.456, 0.406), np.float32) * 255
_STD = np.array((0.229, 0.224, 0.225), np.float32) * 255
_THRESHOLD, _BOX_THRESHOLD, _UNCLIP, _MIN_SIDE, _MOST = 0.3, 0.6, 1.5, 3, 200


@dataclass(frozen=True)
class TextBox:
    """A line of text: its corners on the picture given, and how sure the network is (0–1)."""

    corners: Corners
    score: float


def text_boxes(network: Network, image: Image, longest: int = 640) -> list[TextBox]:
    """Lines of text on a BGR picture, looked for at `longest` pixels of its longer side; top to bottom."""
    height, width = image.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = (max(32, round(width * scale / 32) * 32), max(32, round(height * scale / 32) * 32))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    tensor = ((small.astype(np.float32) - _MEAN) / _STD).transpose(2, 0, 1)[None]
    heat = network.run(None, {"x": np.ascontiguousarray(tensor)})[0][0, 0]
    back = np.array((width / size[0], height / size[1]), np.float32)
    found = [TextBox(corners * back, score) for corners, score in _boxes(heat)]
    return sorted(found, key=lambda box: float(box.corners[:, 1].mean()))


def ordered(points: npt.NDArray[Any]) -> Corners:
    """Four corners as top left, top right, bottom right, bottom left."""
    by_x = points[np.argsort(points[:, 0])]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array((left[0], right[0], right[1], left[1]), np.float32)


def _boxes(heat: npt.NDArray[np.float32]) -> list[tuple[Corners, float]]:
    mask = (heat > _THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = (_box(heat, contour) for contour in map(np.asarray, contours[:_MOST]))
    return [box for box in found if box is not None]


def _box(heat: npt.NDArray[np.float32], contour: npt.NDArray[Any]) -> tuple[Corners, float] | None:
    (x, y), (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < _MIN_SIDE:
        return None
    score = _score(heat, cv2.boxPoints(((x, y), (width, height), angle)))
    if score < _BOX_THRESHOLD:
        return None
    # Offsetting a rectangle by d = area * ratio / perimeter only makes each side 2 d longer.
    grow = width * height * _UNCLIP / (width + height)
    return ordered(cv2.boxPoints(((x, y), (width + grow, height + grow), angle))), score


def _score(heat: npt.NDArray[np.float32], corners: npt.NDArray[Any]) -> float:
    low = np.floor(corners.min(axis=0)).astype(int).clip(0)
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = heat[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(mask, [(corners - low).astype(np.int32)], (1,))
    return float(cv2.mean(part, mask)[0])
