"""Is there a card, and where: four-cornered outlines on a small copy of the picture, the likeliest first.

Edges in brightness and in colour are closed into outlines; each outline's hull is cut down to four sides, each side
is a line fitted to the hull away from the rounded corners, and the corners are where the lines meet. Reading the
number says which candidate is right, so a wrong one costs a few milliseconds and never a wrong field.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.card.detect import Corners
from services.vision.card.rectify import frame
from services.vision.decode import Image

LONGEST = 512
"""Pixels of the longer side of the small copy."""

_SMALLEST = 0.04
_RATIO = 85.6 / 54
_MOST = 3
_PRINT = 13
"""Pixels of the small copy: wider than the lines of a printed page, narrower than a card's portrait."""
Grey = npt.NDArray[np.uint8]


def places(image: Image) -> Iterator[Corners]:
    """Where a card may be on a BGR picture: corners, long side first and running to the right.

    The picture's own frame comes first when its shape fits; costlier ways to look come later, so stop when content.
    """
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    small = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    given: list[Corners] = []
    for mask in _masks(small):
        found = sorted(_quads(mask), key=lambda quad: -_score(quad))
        if not given and _has_cards_shape(small):
            whole = _long_side_first(frame(small.shape[1], small.shape[0]))
            found.insert(_MOST - 1 if _large(found, small) else 0, whole)
        for quad in found[:_MOST]:
            if all(np.abs(quad - other).max() > 0.02 * LONGEST for other in given):
                given.append(quad)
                yield quad / scale


def _has_cards_shape(small: Image) -> bool:
    """Then the whole picture may be the card."""
    height, width = small.shape[:2]
    return bool(0.9 < max(width, height) / min(width, height) / _RATIO < 1.1)


def _large(found: list[Corners], small: Image) -> bool:
    """An outline takes most of the picture."""
    area = small.shape[0] * small.shape[1]
    return any(cv2.contourArea(quad.astype(np.float32)) >= 0.5 * area for quad in found)


def _masks(small: Image) -> Iterator[Grey]:
    """Black-and-white pictures in which the card is one blob or one outline: the cheap one first."""
    lab = np.asarray(cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.2), cv2.COLOR_BGR2LAB), np.uint8)
    yield _edges(lab, ((30, 80), (14, 36), (14, 36)), 5)
    yield _unlike_border(lab)
    yield _edges(_without_print(lab), ((10, 30), (6, 18), (6, 18)), 5)
    yield _edges(lab, ((8, 24), (5, 14), (5, 14)), 7)


def _without_print(lab: Image) -> Image:
    """Strokes, lines and keys filled with what is around them, so that a card on a printed page has an outline."""
    kernel = np.ones((_PRINT, _PRINT), np.uint8)
    filled = cv2.morphologyEx(cv2.morphologyEx(lab, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel)
    return np.asarray(filled, np.uint8)


def _edges(lab: Image, thresholds: tuple[tuple[int, int], ...], close: int) -> Grey:
    """Edges of brightness and of the two colours, small breaks closed."""
    edges = np.zeros(lab.shape[:2], np.uint8)
    for channel, (low, high) in zip(cv2.split(lab), thresholds, strict=True):
        edges |= np.asarray(cv2.Canny(channel, low, high), np.uint8)
    return np.asarray(cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((close, close), np.uint8)), np.uint8)


def _unlike_border(lab: Image) -> Grey:
    """What differs in colour from the picture's edge, split by Otsu's threshold."""
    half = cv2.resize(lab, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    smooth = cv2.medianBlur(half, 5).astype(np.float32)
    border = np.concatenate([smooth[:3].reshape(-1, 3), smooth[-3:].reshape(-1, 3), smooth[:, :3].reshape(-1, 3)])
    far = np.abs(smooth - np.median(border, axis=0)).sum(axis=2).clip(0, 255).astype(np.uint8)
    mask = cv2.threshold(far, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(mask, (lab.shape[1], lab.shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _quads(mask: Grey) -> Iterator[Corners]:
    """Outlines of the mask that four sides explain and that may be a card."""
    area = mask.shape[0] * mask.shape[1]
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    for contour in contours:
        _, _, width, height = cv2.boundingRect(contour)
        if width * height < 1.2 * _SMALLEST * area:
            continue
        hull = np.asarray(cv2.convexHull(contour))
        if cv2.contourArea(hull) < _SMALLEST * area:
            continue
        quad = _four_sides(hull)
        if quad is not None and _like_a_card(quad) and not _is_frame(quad, mask):
            yield _long_side_first(quad)


def _is_frame(quad: Corners, mask: Grey) -> bool:
    """At least three corners lie on the picture's edge: a texture that runs off it, not a card."""
    height, width = mask.shape
    edge = 0.015 * max(width, height)
    at_x = (quad[:, 0] < edge) | (quad[:, 0] > width - 1 - edge)
    at_y = (quad[:, 1] < edge) | (quad[:, 1] > height - 1 - edge)
    return int((at_x & at_y).sum()) >= 3


def _four_sides(hull: npt.NDArray[np.generic]) -> Corners | None:
    """The hull with four sides, when four sides explain it."""
    around = cv2.arcLength(np.asarray(hull, np.int32), True)
    for share in (0.02, 0.03, 0.045, 0.06, 0.08):
        rough = cv2.approxPolyDP(np.asarray(hull, np.int32), share * around, True).reshape(-1, 2).astype(np.float32)
        if len(rough) == 4:
            refined = _refined(rough, hull.reshape(-1, 2).astype(np.float32))
            ratio = cv2.contourArea(refined) / max(1.0, cv2.contourArea(np.asarray(hull, np.int32)))
            return refined if 0.95 < ratio < 1.12 else None
        if len(rough) < 4:
            return None
    return None


def _refined(rough: Corners, hull: Corners) -> Corners:
    """Corners as the meeting points of lines through the middle parts of the four sides."""
    dense = _dense(hull)
    lines = []
    for k in range(4):
        start, end = rough[k], rough[(k + 1) % 4]
        along = (end - start) / max(1.0, float(np.linalg.norm(end - start)))
        offset = dense - start
        t = offset @ along / max(1.0, float(np.linalg.norm(end - start)))
        off = np.abs(offset @ np.array((-along[1], along[0])))
        near = dense[(t > 0.12) & (t < 0.88) & (off < 0.05 * np.linalg.norm(end - start) + 2)]
        if len(near) < 8:
            return rough
        vx, vy, x, y = cv2.fitLine(near.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        lines.append(np.cross((x, y, 1.0), (x + vx, y + vy, 1.0)))
    meets = [np.cross(lines[k - 1], lines[k]) for k in range(4)]
    if any(abs(meet[2]) < 1e-6 for meet in meets):
        return rough
    return np.array([(meet[0] / meet[2], meet[1] / meet[2]) for meet in meets], np.float32)


def _dense(hull: Corners) -> Corners:
    """Points every pixel along the hull: a straight side of a hull has none between its ends."""
    pieces = []
    for start, end in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        steps = max(1, round(float(np.linalg.norm(end - start))))
        pieces.append(start + (end - start) * (np.arange(steps) / steps)[:, None])
    return np.asarray(np.concatenate(pieces), np.float32)


def _like_a_card(quad: Corners) -> bool:
    """Convex, no sharp corner, sides in a card's proportion seen at a slant."""
    if not cv2.isContourConvex(quad.astype(np.float32)):
        return False
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    first, second = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    slant = max(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1])
    return bool(1.1 < max(first, second) / max(1.0, min(first, second)) < 2.4 and slant < 2.0)


def _score(quad: Corners) -> float:
    """Larger is likelier; a shape far from a card's proportion is less so."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    odd = abs(float(np.log((sides[0] + sides[2]) / (sides[1] + sides[3]) / _RATIO)))
    return math.sqrt(cv2.contourArea(quad.astype(np.float32))) / LONGEST - 0.8 * odd


def _long_side_first(quad: Corners) -> Corners:
    """Clockwise, starting so that the first side is a long one and runs to the right."""
    if cv2.contourArea(quad.astype(np.float32), oriented=True) < 0:
        quad = quad[::-1]
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    if sides[1] + sides[3] > sides[0] + sides[2]:
        quad = np.roll(quad, -1, axis=0)
    return quad if quad[1, 0] >= quad[0, 0] else np.roll(quad, 2, axis=0)
