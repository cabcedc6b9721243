"""From lines of text anywhere on a card to its fields: rows by height, labels by name, the rest by order.

This is how a card is read when the template does not explain it: it needs the order of the rows and the words of
the labels, not their places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.vision import regions
from services.vision.card import choice, parse
from services.vision.card.detect import Corners
from services.vision.card.recognise import Line
from services.vision.stages import stage

DIGITS = 18
_LEFT_OF_NUMBER, _ABOVE_NUMBER = 0.85, 1.5
"""How far the card reaches from where its digits begin, in widths of the digits; some printers set them narrow."""
_COLUMN, _NEXT_ROW = 2, 0.7
"""So many labels are a column; so far apart, in heights of a line, are two rows."""
_TALL = 1.9
"""So many times as high as the other lines is no line of a card."""
_SIGN, _END, _STEP = 0.78, 1.25, 1.7
"""How wide a sign is of its line's height; how far the last sign's middle may be from the line's end, and the next
sign's from it, in steps from sign to sign."""
MARKS = re.compile(r"样本|样张|SPECIMEN|仅供|测试|使用|^[A-Za-z\s]{3,}$")
_NAME = re.compile(r"^.*姓\s*名\s*[:：]?|^\W*[姓名]\s*[:：]?")
_BIRTH = re.compile(r"^.*出\s*生\s*[:：]?|^\W*[出生]\s*[:：]?")
_ADDRESS = re.compile(r"^.*住\s*[址扯]\s*[:：]?|^\W*[住址]\s*[:：]?")
_LABELS = re.compile(r"姓\s*名|性\s*别|出\s*生|住\s*址|公民身份")
_GENDER = re.compile(r"^\W*性?\s*别?\s*[:：]?\s*([男女])")
_GROUP = re.compile(r"民?\s*族\s*[:：]?\s*(.+)$")


@dataclass(frozen=True)
class Item:
    """A read line and where it stands (pixels of an upright card or picture)."""

    line: Line
    corners: Corners

    @property
    def middle(self) -> tuple[float, float]:
        """Centre, x and y."""
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    def across(self, place: float) -> float:
        """The x of a place along the line (0–1)."""
        return float(self.corners[0, 0] + place * (self.corners[1, 0] - self.corners[0, 0]))

    def level(self, x: float) -> float:
        """The y of the line's middle, carried on to `x`: on a slanted card a row is not level."""
        along = self.corners[1] - self.corners[0]
        return self.middle[1] + float(along[1] / max(1.0, float(along[0]))) * (x - self.middle[0])

    @property
    def height(self) -> float:
        """Length of the left edge."""
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))


@dataclass(frozen=True)
class Raw:
    """Text of a field before it is judged, its weakest character's score, and its place."""

    text: str
    confidence: float
    corners: Corners


@stage("parse")
def front(items: Iterable[Item], names: str = "") -> dict[str, Raw]:
    """Raw fields of the portrait side; a field that was not found is absent. `names`: of regions (`regions.names`)."""
    useful = [item for item in items if item.line.text.strip() and not MARKS.search(item.line.text)]
    numbers = [item for item in useful if parse.looks_like_number(item.line.text)]
    number = next((item for item in numbers if parse.id_number(item.line.text)), next(iter(numbers), None))
    if number is None:
        return {}
    above = _of_one_size(_right_of_labels([item for item in useful if _on_card(item, number)]))
    found = _from_rows([joined(row) for row in rows_of(above)], names)
    found["id_number"] = plain(number.line, number.corners)
    return found


def digits(number: Item) -> tuple[float, float]:
    """Where the digits of a number begin and end along its line (0–1); the line may begin with the label."""
    at = [place for sign, place in zip(number.line.text, number.line.centres, strict=False) if sign in "0123456789Xx"][
        -DIGITS:
    ]
    if len(at) < DIGITS:
        return 0.0, 1.0
    half = (at[-1] - at[0]) / (DIGITS - 1) / 2
    return at[0] - half, at[-1] + half


def _on_card(item: Item, number: Item) -> bool:
    """Above the number and left of the portrait, on this card and not on what lies beside it."""
    begin, end = digits(number)
    left, right = (
        float(number.corners[0, 0] + at * (number.corners[1, 0] - number.corners[0, 0])) for at in (begin, end)
    )
    width, up = right - left, number.level(item.middle[0]) - item.middle[1]
    beside = left - _LEFT_OF_NUMBER * width < item.corners[0, 0] < left + 0.5 * width
    return beside and _NEXT_ROW * number.height < up < _ABOVE_NUMBER * width


def _right_of_labels(items: Sequence[Item]) -> list[Item]:
    """Without what begins left of the column of labels, where there is one: it is not on the card."""
    labels = [item for item in items if _LABELS.match(item.line.text)]
    if len(labels) < _COLUMN:
        return list(items)
    left = float(np.median([item.corners[0, 0] - 1.5 * item.height for item in labels]))
    return [item for item in items if item.corners[0, 0] > left or _LABELS.search(item.line.text)]


def _of_one_size(items: Sequence[Item]) -> list[Item]:
    """Without a mark's large signs: a card's own are nearly of one height, the name's a little more."""
    usual = float(np.median([item.height for item in items])) if items else 0.0
    return [item for item in items if item.height < _TALL * usual]


def rows_of(items: Sequence[Item]) -> list[list[Item]]:
    """Items side by side make one row; rows from the top, items from the left."""
    rows: list[list[Item]] = []
    for item in sorted(items, key=lambda item: item.middle[1]):
        far = [min(apart(item, other) for other in row) for row in rows]
        nearest = min(range(len(rows)), key=far.__getitem__, default=None)
        if nearest is not None and far[nearest] < 0.5 * item.height:
            rows[nearest].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda item: item.middle[0]) for row in rows]


def apart(one: Item, other: Item) -> float:
    """Pixels between two items' levels, along the slope of the longer."""
    short, long = sorted((one, other), key=lambda item: float(item.corners[1, 0] - item.corners[0, 0]))
    return abs(short.middle[1] - long.level(short.middle[0]))


def joined(row: Sequence[Item]) -> tuple[Line, Corners]:
    """Items side by side as one line, with its place."""
    corners = np.stack([row[0].corners[0], row[-1].corners[1], row[-1].corners[2], row[0].corners[3]])
    lines = [item.line for item in row]
    left, width = float(corners[0, 0]), max(1.0, float(corners[1, 0] - corners[0, 0]))
    return Line(
        "".join(line.text for line in lines),
        tuple(score for line in lines for score in line.scores),
        tuple((item.across(place) - left) / width for item in row for place in item.line.centres),
        tuple(others for line in lines for others in line.others),
    ), corners


def _from_rows(rows: Sequence[tuple[Line, Corners]], names: str) -> dict[str, Raw]:
    """Name, gender and group, birth, then the address: the order is the same on every card."""
    second = next((k for k, (line, _) in enumerate(rows) if _is_second(line.text)), None)
    third = next((k for k, (line, _) in enumerate(rows) if _is_third(line.text, k - 1 == second)), None)
    found: dict[str, Raw] = {}
    top = second if second is not None else (third or 0) - 1
    if top > 0:
        named = [(line, corners) for line, corners in rows[:top] if _NAME.match(line.text)] or [rows[top - 1]]
        found["name"] = _name(*named[-1])
    if second is not None:
        found.update(_gender_and_group(*rows[second]))
    if third is not None:
        found["birth_date"] = plain(without(_BIRTH, rows[third][0]), rows[third][1])
    after = third if third is not None else second
    if after is not None and rows[after + 1 :]:
        found["address"] = _address(rows[after + 1 :], names)
    return found


def _name(line: Line, corners: Corners) -> Raw:
    """Doubted when there is room for a sign that was not read: the network is silent on some that it does not know."""
    value = without(_NAME, line)
    width, size = float(corners[1, 0] - corners[0, 0]), _SIGN * float(np.linalg.norm(corners[3] - corners[0]))
    places = [place * width for place in value.centres]
    steps = [after - before for before, after in pairwise(places)]
    pitch = float(np.median(steps)) if steps else size
    silent = bool(places) and (width - places[-1] > _END * pitch or max(steps, default=0.0) > _STEP * max(pitch, size))
    return plain(value.doubted() if silent else value, corners)


def _is_second(text: str) -> bool:
    return bool(re.search("性.?别|民.?族", text) or re.match("^[男女]", text))


def _is_third(text: str, expected: bool) -> bool:
    """A birth date; where one is expected its 年 and 月 may be too pale to be print."""
    return bool(
        re.search(r"\d{4}\D?.*[年月]|出生", text) or (expected and re.match(r"\D{0,3}(19|20)\d\d\D*\d{2,4}", text))
    )


def _gender_and_group(line: Line, corners: Corners) -> dict[str, Raw]:
    found: dict[str, Raw] = {}
    gender, group = _GENDER.search(line.text), _GROUP.search(line.text)
    if gender:
        found["gender"] = plain(line.part(*gender.span(1)), corners)
    # Where the label is too faint to be print, the group follows the gender.
    start, end = group.span(1) if group else (gender.end() if gender else 0, len(line.text))
    if start < end:
        found["ethnicity"] = plain(choice.group(line.part(start, end)), corners)
    return found


def _address(rows: Sequence[tuple[Line, Corners]], names: str) -> Raw:
    """Doubted when it does not begin with a region: an outline may have cut off a sign, or the page adds one."""
    lines = choice.address([without(_ADDRESS, rows[0][0]), *(line for line, _ in rows[1:])], names)
    corners = np.concatenate([corners for _, corners in rows])
    low, high = corners.min(axis=0), corners.max(axis=0)
    box = np.array(((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])), np.float32)
    text, confidence = "\n".join(line.text for line in lines), min(line.confidence for line in lines)
    known = not names or regions.begins(names, "".join(text.split()))
    return Raw(text, confidence if known else confidence / 2, box)


def without(label: re.Pattern[str], line: Line) -> Line:
    """What a line says after its label."""
    found = label.match(line.text)
    return line.part(found.end(), len(line.text)) if found else line


def plain(line: Line, corners: Corners) -> Raw:
    """A line that is a field as it stands."""
    return Raw(line.text, line.confidence, corners)
