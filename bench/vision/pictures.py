"""Draws the stages of the pipeline for docs/why/vision.md: `python -m bench.vision.pictures docs/why/vision`."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from services.vision.card import ink, locate, rectify, template
from services.vision.card.upright import both_ways
from services.vision.decode import Image, Picture
from tests.support.specimen import specimen

_WIDTH = 640


def stages(seed: int) -> dict[str, Image]:
    """Pictures by file name: found on the table, straightened with its crops, its print, the crops themselves."""
    image = Picture(specimen(seed, "phone").jpeg).at(2)
    corners = next(iter(locate.places(image)))
    upright = next(both_ways(image, corners, lambda _card: False))
    number = template.number(upright.card, upright.shades)
    assert number is not None
    crops = [*template.front(upright.card, upright.shades, float(number.corners[0, 1]))[0], number]
    boxed = upright.card.copy()
    for crop in crops:
        cv2.polylines(boxed, [crop.corners.astype(np.int32)], True, (40, 40, 220), 3)
    found = image.copy()
    cv2.polylines(found, [corners.astype(np.int32)], True, (40, 40, 220), 8)
    print_of = cv2.cvtColor(255 - ink.print_mask(upright.shades), cv2.COLOR_GRAY2BGR)
    return {
        "1-found": found,
        "2-straight": boxed,
        "3-print": np.asarray(print_of, np.uint8),
        "4-crops": _stacked(crops),
    }


def main() -> None:
    """Write the pictures into the folder given."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in stages(3).items():
        scale = _WIDTH / picture.shape[1]
        small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{name}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 80])


def _stacked(crops: list[template.Crop]) -> Image:
    page = np.full((64 * len(crops), rectify.WIDTH // 2 + 100, 3), 255, np.uint8)
    for row, crop in enumerate(crops):
        height, width = crop.image.shape[:2]
        page[64 * row + 4 : 64 * row + 4 + min(height, 56), 8 : 8 + width] = crop.image[:56]
    return page


if __name__ == "__main__":
    main()
