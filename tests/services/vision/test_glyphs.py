"""Shapes of signs: alike when it is one sign by two hands, kept in a file, asked for in one way."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.vision import draw, glyphs
from services.vision.glyphs import SIDE, Floats, NotDrawn

SOME = "义羴葬彝猋焱森淼龑龚袭骉弱甯帘富一二三川"
OTHER_FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"


@pytest.mark.parametrize("sign", "羴猋龑骉甯一二")
def test_a_sign_is_most_like_itself_in_fonts_it_is_not_written_with(sign: str) -> None:
    table = draw.drawn(SOME)
    alike = table.alike(written(sign))
    assert table.signs[int(alike.argmax())] == sign
    assert alike.min() >= -1.01 and alike.max() <= 1.01


def test_where_it_stands_and_how_large_it_is_does_not_matter() -> None:
    table, ink = draw.drawn(SOME), written("骉")
    aside = np.pad(ink, ((9, 0), (0, 30)))
    moved = np.asarray(cv2.resize(aside, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA), np.float32)
    assert table.signs[int(table.alike(moved).argmax())] == "骉"


def test_flat_signs_stay_flat_and_nothing_is_nothing() -> None:
    rows = np.flatnonzero(glyphs.normalised(written("一")).any(axis=1))
    assert 0 < len(rows) < SIDE / 2
    assert not glyphs.normalised(np.zeros((40, 30), np.float32)).any()
    assert not glyphs.normalised(np.zeros((40, 0), np.float32)).any()


def test_a_sign_that_a_font_lacks_is_left_out() -> None:
    assert draw.drawn("义\ue123羴").signs == "义羴"


def test_other_forms_are_not_drawn_and_signs_that_the_network_lacks_are() -> None:
    wanted = draw.wanted("\0强強𬭚羴")
    assert {"强", "羴", "㵑", "𬭚"} <= set(wanted)
    assert "強" not in wanted and "\U00020001" not in wanted


def test_the_table_is_kept_and_opened(tmp_path: Path) -> None:
    made = draw.drawn("义羴葬")
    glyphs.write(made, tmp_path / "share" / "table.npz")
    kept = glyphs.opened(tmp_path / "share" / "table.npz")
    assert kept.signs == "义羴葬"
    assert np.array_equal(kept.alike(written("羴")), made.alike(written("羴")))
    assert sorted(path.name for path in (tmp_path / "share").iterdir()) == ["table.npy", "table.npz"]


def test_what_was_not_drawn_says_how_it_is(tmp_path: Path) -> None:
    with pytest.raises(NotDrawn, match=r"services\.vision\.draw"):
        glyphs.opened(tmp_path / "none.npz")


def written(sign: str) -> Floats:
    """By a font that the table is not drawn with."""
    paper = Image.new("L", (80, 80))
    pen = ImageFont.truetype(OTHER_FONT, 48, index=2)
    ImageDraw.Draw(paper).text((12, 4), sign, fill=255, font=pen)
    return np.asarray(np.asarray(paper, np.float32) / 255, np.float32)
