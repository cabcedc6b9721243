"""Files that a service must survive: `hostile(seed)` gives one, the same one for the same seed.

Thirty-odd kinds take turns, so that any run of seeds holds all of them: bombs, files cut short or changed, two files
in one, impossible sizes, animations, CMYK, 16 bits, one pixel, and what is no picture at all. None shows an ID card
or a face. Names are plain (safe to write), though the ending often lies.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.support.hostile import jpegs, others, pngs

Maker = Callable[[random.Random], bytes]

KINDS: tuple[tuple[str, str, Maker], ...] = (*pngs.KINDS, *jpegs.KINDS, *others.KINDS)
"""Kind, ending of the name, maker."""

_ENDINGS = ("jpg", "png", "jpeg", "pdf", "txt")


def hostile(seed: int) -> tuple[str, bytes]:
    """Name and content of one hostile file. Some content is a few bytes, none more than 3 MB."""
    kind, ending, make = KINDS[seed % len(KINDS)]
    chance = random.Random(seed)
    if chance.random() < 0.2:
        ending = chance.choice(_ENDINGS)
    return f"{seed:04d}-{kind}.{ending}", make(chance)
