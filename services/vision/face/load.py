"""A portrait's bytes to pixels, no more of them than a face needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.vision.decode import Picture
from services.vision.face.find import Image

_ENOUGH = 600
"""The longer side that is always kept: a face of an ID photo then has the 100 pixels that the descriptor sees."""


@dataclass(frozen=True)
class Loaded:
    """`image` H x W x 3 RGB, upright as EXIF says; `original` width and height of the file, upright too."""

    image: Image
    original: tuple[int, int]


def load(content: bytes) -> Loaded:
    """Decode a JPEG or PNG at full, half, quarter or eighth size. Raises `BadPicture`."""
    picture = Picture(content)
    longer, shorter = sorted((picture.header.width, picture.header.height), reverse=True)
    reduction = max(scale for scale in (1, 2, 4, 8) if scale == 1 or longer >= scale * _ENOUGH)
    image: Image = np.ascontiguousarray(picture.at(reduction)[..., ::-1])
    return Loaded(image, (longer, shorter) if image.shape[1] > image.shape[0] else (shorter, longer))
