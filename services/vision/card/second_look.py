"""A second look at a doubted name: the print in a sign's place is compared with how fonts draw signs.

The recogniser has hardly seen rare signs, and some not at all: it takes 羴 for 义, which looks nothing like it. The
name stays doubted whatever is found here; only its text becomes the likelier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from services.vision import glyphs
from services.vision.card import fields, parse
from services.vision.card.ink import Ink
from services.vision.card.layout import Raw
from services.vision.card.recognise import Line, recognise
from services.vision.card.rectify import cut
from services.vision.card.upright import Upright
from services.vision.glyphs import Floats, Glyphs
from services.vision.models import Models
from services.vision.stages import stage

_LIKENESS, _LEAST, _LEAD = 30.0, 0.003, 1.0
"""What a likeness of 1 is worth beside the logarithm of the recogniser's certainty; how certain it counts, at least, of
any sign; and how far another sign must be ahead."""

_ALIKE = 0.7
"""Print that looks less like a sign than this was cut out badly, or another font's: it says nothing."""

_NARROW, _WIDE, _SIGN = 0.6, 1.05, 0.78
"""Steps from sign to sign, in heights of a line; and where there is only one sign."""

_REACH, _ASIDE = 0.3, 0.15
"""How far from the middle between two signs the gap between them is looked for, in steps; and what being that far
counts against it, in columns full of print."""

_APART = 1.5
"""Signs this many steps apart are not neighbours: a label is before a name."""

_DARKEST, _FULL = 98.5, 0.8
"""The darkest strokes are darker than so many per cent of a line; no pixel counts as more than this share of them."""

_GROUND, _SPECK = 0.25, 3
"""Of the darkest strokes, what is still ground; fewer pixels together are no stroke."""


def likelier(models: Models, upright: Upright, raw: Mapping[str, Raw]) -> dict[str, Raw]:
    """The fields, a doubted name with the signs that its print looks like."""
    name = raw.get("name")
    text = parse.name(name.text) if name else None
    if name is None or text is None or not fields.UNREADABLE <= name.confidence < fields.sure("name"):
        return dict(raw)
    line = recognise(models, [cut(upright.card, name.corners)])[0]
    shades = cut(upright.shades, name.corners)
    seen = _compared(glyphs.opened(), shades, _tidy(line), text, name.confidence)
    return {**raw, "name": replace(name, text=seen)}


@stage("parse")
def _compared(table: Glyphs, shades: Ink, line: Line, text: str, certain: float) -> str:
    """`text`, with other signs where the line was read otherwise or with doubt and the print looks more like them. It
    stays as it is where the two readings have little in common, for then nobody knows which sign stands where."""
    first = len(line.text) - len(text)
    differing = sum(sign != other for sign, other in zip(text, line.text[max(0, first) :], strict=False))
    if first < 0 or differing > 1:
        return text
    ends, sure = _ends(shades, line), fields.sure("name")
    read = line.part(first, len(line.text))
    unsure = [at for at, sign in enumerate(text) if sign != read.text[at] or read.scores[at] < sure]
    signs = list(text)
    # Where this reading is sure throughout, nobody knows which sign the doubt was about: it is now and then sure of 义.
    for at in unsure or range(len(text)):
        sign, (begin, end) = text[at], ends[first + at]
        if sign != "·":
            strokes = _strokes(shades[:, begin : max(begin, end) + 1], shades)
            chances = {read.text[at]: read.scores[at], **read.others[at]}
            chances[sign] = max(certain, chances.get(sign, 0.0))
            signs[at] = _likeliest(table, strokes, chances, sign)
    return "".join(signs)


def _likeliest(table: Glyphs, strokes: Floats, chances: Mapping[str, float], sign: str) -> str:
    """By likeness and by the recogniser's chances together; `sign` unless another one is clearly ahead."""
    alike = table.alike(strokes)
    likely = _LIKENESS * alike
    for seen, chance in chances.items():
        at = table.signs.find(seen)
        if at >= 0:
            likely[at] += np.log(max(1.0, chance / _LEAST))
    best, own = int(likely.argmax()), table.signs.find(sign)
    ahead = own >= 0 and alike[best] >= _ALIKE and likely[best] > likely[own] + _LEAD
    return table.signs[best] if ahead else sign


def _tidy(line: Line) -> Line:
    """Without its spaces."""
    at = [place for place, sign in enumerate(line.text) if not sign.isspace()]
    parts = [line.part(place, place + 1) for place in at]
    return Line(
        "".join(part.text for part in parts),
        tuple(score for part in parts for score in part.scores),
        tuple(centre for part in parts for centre in part.centres),
        tuple(others for part in parts for others in part.others),
    )


def _ends(shades: Ink, line: Line) -> list[tuple[int, int]]:
    """Where each sign begins and ends, in pixels: at the emptiest columns about half way to its neighbours."""
    high, wide = shades.shape
    centres = [centre * wide for centre in line.centres]
    steps = np.diff(centres)
    step = float(np.clip(np.median(steps) if steps.size else _SIGN * high, _NARROW * high, _WIDE * high))
    filled = np.minimum(shades, _FULL * np.percentile(shades, _DARKEST)).sum(axis=0, dtype=np.float32)
    filled = np.convolve(filled / max(1.0, float(filled.max())), np.full(3, 1 / 3), "same").astype(np.float32)
    halves = [float(apart if apart < _APART * step else step) / 2 for apart in steps]
    return [
        (_gap(filled, centre - before, step), _gap(filled, centre + after, step))
        for centre, before, after in zip(centres, [step / 2, *halves], [*halves, step / 2], strict=True)
    ]


def _gap(filled: Floats, about: float, step: float) -> int:
    """The emptiest column near `about`, sooner a near one."""
    reach = _REACH * step
    columns = np.arange(max(0, int(about - reach)), min(filled.size - 1, int(about + reach)) + 1)
    if not columns.size:
        return int(np.clip(about, 0, filled.size - 1))
    return int(columns[(filled[columns] + _ASIDE * np.abs(columns - about) / reach).argmin()])


def _strokes(part: Ink, line: Ink) -> Floats:
    """What is print in a part of a line, 0 to 1, without specks."""
    darkest = max(1.0, float(np.percentile(line, _DARKEST)))
    inked = np.clip((part / darkest - _GROUND) / (1 - _GROUND), 0, 1).astype(np.float32)
    _, labels, found, _ = cv2.connectedComponentsWithStats((inked > _GROUND).astype(np.uint8), connectivity=8)
    large = found[:, cv2.CC_STAT_AREA] >= _SPECK
    large[0] = False
    near = cv2.dilate(large[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(inked * near, np.float32)
