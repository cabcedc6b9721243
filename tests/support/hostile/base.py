"""What the kinds share: harmless pixels and a way to write them."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image


def pixels(chance: random.Random, mode: str = "RGB", size: tuple[int, int] | None = None) -> Image.Image:
    """Coloured blocks or noise; no card and no face."""
    width, height = size or (chance.randint(64, 400), chance.randint(64, 400))
    noise = np.random.default_rng(chance.getrandbits(32))
    coarse = noise.integers(0, 256, (max(height // 40, 1), max(width // 40, 1), 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height)).convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as a file of this kind."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cut(content: bytes, chance: random.Random) -> bytes:
    """The first part of a file."""
    return content[: chance.randint(1, len(content) - 1)]


def changed(content: bytes, chance: random.Random) -> bytes:
    """The file with some bytes changed behind its first dozen."""
    spoiled = bytearray(content)
    for _ in range(chance.randint(1, 40)):
        spoiled[chance.randrange(12, len(spoiled))] = chance.randrange(256)
    return bytes(spoiled)
