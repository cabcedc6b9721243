"""Portraits are decoded upright and no larger than a face needs."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from services.vision.domain import BadPicture
from services.vision.face.load import load
from tests.support.portraits import portrait


def jpeg(width: int, height: int, orientation: int = 1) -> bytes:
    picture, exif, out = Pillow.fromarray(portrait()).resize((width, height)), Pillow.Exif(), BytesIO()
    exif[0x0112] = orientation
    picture.save(out, "JPEG", exif=exif, quality=92)
    return out.getvalue()


@pytest.mark.parametrize(
    ("size", "kept"),
    [((390, 520), (520, 390)), ((890, 1190), (1190, 890)), ((900, 1200), (600, 450)), ((3000, 4000), (1000, 750))],
)
def test_large_pictures_are_decoded_smaller(size: tuple[int, int], kept: tuple[int, int]) -> None:
    loaded = load(jpeg(*size))
    assert loaded.image.shape == (*kept, 3)
    assert loaded.original == size


def test_a_picture_taken_sideways_is_upright() -> None:
    loaded = load(jpeg(520, 390, orientation=6))
    assert loaded.image.shape == (520, 390, 3)
    assert loaded.original == (390, 520)


def test_colours_are_rgb() -> None:
    out = BytesIO()
    Pillow.new("RGB", (100, 100), (200, 30, 60)).save(out, "PNG")
    assert np.array_equal(load(out.getvalue()).image[50, 50], (200, 30, 60))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(BadPicture):
        load(b"no picture")
