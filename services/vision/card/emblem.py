"""From lines of text anywhere to the two fields of the emblem side: lines by their words, not by their places.

Beside a card on a printed page stand the page's words, and a slanted card's rows are not level with them. So a line
goes on only as far as a space may reach. A long authority goes on in the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from services.vision import regions
from services.vision.card import choice
from services.vision.card.detect import Corners
from services.vision.card.layout import MARKS, Item, Raw, apart, joined, plain, without
from services.vision.card.recognise import Line
from services.vision.stages import stage

_FIELDS = "issuing_authority", "validity"
_SPACE, _NEXT_LINE, _ROOM, _HALF = 2.0, (0.6, 1.8), 2.15, 0.5
"""Heights of a line: more than this parts two texts beside each other; so far below is the next line,
and from there on is room for it; half a sign."""
_AUTHORITY = re.compile(r"^.*发\s*机\s*关\s*[:：]?|^.{0,3}?机关\s*[:：]?")
_VALID = re.compile(r"^.{0,3}?期限\s*[:：]?")
_WHOLE = re.compile(r"[㐀-鿿\s]*局\s*")


@stage("parse")
def back(items: Iterable[Item], names: str = "") -> dict[str, Raw]:
    """Raw `issuing_authority` and `validity` of the emblem side. `names`: of regions (`regions.names`)."""
    rows = [joined(row) for row in _rows([item for item in items if not MARKS.search(item.line.text)])]
    found: dict[str, Raw] = {}
    for line, corners in rows:
        value = without(_AUTHORITY, line)
        # The second line of a long authority has no label, but the word for the police may stand in it.
        better = "issuing_authority" not in found or value.text != line.text
        if re.search(r"\d{4}.?\d{2}.?\d{2}", line.text):
            found["validity"] = plain(without(_VALID, line), corners)
        elif better and value.text.strip() and re.search("机关|公安", line.text) and "中华" not in line.text:
            found["issuing_authority"] = _authority(value, corners, rows, names)
    if found.keys() >= set(_FIELDS) and _room_between(*(found[key].corners for key in _FIELDS)):
        authority = found["issuing_authority"]
        found["issuing_authority"] = replace(authority, confidence=authority.confidence / 2)
    return found


def _room_between(authority: Corners, validity: Corners) -> bool:
    """Whether one more line of an authority, which was not read, may stand below it: its first may look whole."""
    high = float(np.linalg.norm(authority[3] - authority[0]))
    x, y = validity.mean(axis=0)
    return bool(y - Item(Line(""), authority).level(float(x)) > _ROOM * high)


def _rows(items: Sequence[Item]) -> list[list[Item]]:
    """Items parted by no more than a space, from the left; rows from the top."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: float(item.corners[0, 0])):
        row = next((row for row in rows if _follows(item, row[-1])), None)
        if row is None:
            rows.append([item])
        else:
            row.append(item)
    return sorted(rows, key=lambda row: row[0].middle[1])


def _follows(item: Item, last: Item) -> bool:
    room, height = float(item.corners[0, 0] - last.corners[1, 0]), min(item.height, last.height)
    return -0.5 * height < room < _SPACE * height and apart(item, last) < 0.5 * height


def _authority(first: Line, corners: Corners, rows: Sequence[tuple[Line, Corners]], names: str) -> Raw:
    """Its line after the label, and the one below where that is the end of it."""
    begun = Item(first, corners)
    begins = begun.across(first.centres[0])
    below = [each for each in rows if _goes_on(begun, begins, Item(*each))][:1]
    lines, places = [first, *(line for line, _ in below)], [corners, *(place for _, place in below)]
    settled = choice.address(lines, names)
    points = np.concatenate(places)
    low, high = points.min(axis=0), points.max(axis=0)
    box = np.array(((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])), np.float32)
    text, sure = "".join(line.text for line in settled), min(line.confidence for line in settled)
    # Its first signs may have been overlooked, and what is left looks whole.
    known = not names or regions.begins(names, "".join(text.split()))
    return Raw(text, sure if known else sure / 2, box if len(places) > 1 else corners)


def _goes_on(first: Item, begins: float, below: Item) -> bool:
    """Whether a line is the end of an authority: right below, beginning where it begins, and nothing but a name."""
    down = (below.middle[1] - first.level(below.middle[0])) / first.height
    aside = abs(float(below.corners[0, 0]) + _HALF * first.height - begins) / first.height
    return bool(_WHOLE.fullmatch(below.line.text)) and _NEXT_LINE[0] < down < _NEXT_LINE[1] and aside < 1
