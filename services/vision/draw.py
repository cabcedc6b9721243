"""Draws the signs that names may have, once for an environment: `python -m services.vision.draw`; see glyphs.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.vision import glyphs, models, signs
from services.vision.glyphs import Floats, Glyphs

FONTS = tuple(Path("/usr/share/fonts/truetype", name) for name in ("wqy/wqy-zenhei.ttc", "hanazono/HanaMinA.ttf"))
"""WenQuanYi Zen Hei has strokes of one width, as cards are printed with; Hanazono Mincho broad and narrow ones. The
specimens of the first hand are drawn with neither, so that they still tell how well this works."""

_SIZE, _PAPER, _BATCH = 40, 60, 1024
_NO_SIGN = "\ufffe"
_BLOCKS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000))
"""Unified ideographs and their extension A; of the later extensions only those that the recogniser knows."""


def wanted(alphabet: str) -> str:
    """Signs that cards may have in a name; not those that are another form of one (signs.py)."""
    known = "".join(sign for sign in alphabet if ord(sign) >= 0x20000)
    forms = signs.forms(alphabet)
    return "".join(sign for sign in (*(chr(code) for block in _BLOCKS for code in block), *known) if sign not in forms)


def drawn(some: Iterable[str], fonts: Sequence[Path] = FONTS) -> Glyphs:
    """The table of those of the signs that every font has. Raises `OSError` when a font is missing."""
    pens = [ImageFont.truetype(str(font), _SIZE) for font in fonts]
    nothing = [_ink(pen, _NO_SIGN) for pen in pens]
    found, squares = [], []
    for sign in some:
        inks = [_ink(pen, sign) for pen in pens]
        if all(ink.any() and not np.array_equal(ink, none) for ink, none in zip(inks, nothing, strict=True)):
            found.append(sign)
            squares.append(np.stack([glyphs.normalised(ink) for ink in inks]))
    parts = [np.stack(squares[at : at + _BATCH], axis=1) for at in range(0, len(squares), _BATCH)]
    shapes = [np.stack([glyphs.features(font) for font in part]) for part in parts]
    return glyphs.table("".join(found), np.concatenate(shapes, axis=1))


def _ink(pen: ImageFont.FreeTypeFont, sign: str) -> Floats:
    paper = Image.new("L", (_PAPER, _PAPER))
    ImageDraw.Draw(paper).text((_PAPER // 2, _PAPER // 2), sign, fill=255, font=pen, anchor="mm")
    return np.asarray(np.asarray(paper, np.float32) / 255, np.float32)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        known = models.alphabet(models.prepare(Path(folder)))
    glyphs.write(drawn(wanted(known)), glyphs.FILE)
