"""Closed lists decide between the signs that the network saw at a place: never for one that it did not see there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.vision import regions
from services.vision.card import parse
from services.vision.card.recognise import Line

_PROVEN = 0.99
"""Nothing is surer than this by a list alone."""

_NEAR = 0.1
"""A sign at least this likely, compared with the likeliest of its place, may be the one that is printed."""


def group(read: Line) -> Line:
    """An ethnic group that is not listed, as the likeliest entry of the list."""
    if parse.ethnicity(read.text) or len(read.others) != len(read.text):
        return read
    seen = [{sign: 1.0, **others} for sign, others in zip(read.text, read.others, strict=True)]
    fitting = {entry: _chance(entry, seen) for entry in parse.ETHNIC_GROUPS if len(entry) == len(seen)}
    best = max(fitting, key=lambda entry: fitting[entry], default="")
    total = sum(fitting.values())
    if not total:
        return read
    return Line(best, (min(fitting[best] / total, _PROVEN),) * len(best))


def _chance(entry: str, seen: Sequence[Mapping[str, float]]) -> float:
    return float(np.prod([others.get(sign, 0.0) for sign, others in zip(entry, seen, strict=True)]))


def address(lines: Sequence[Line], names: str) -> list[Line]:
    """Lines of an address, a doubtful sign as it stands in a region's name; a name may go on in the next line."""
    settled = list(lines)
    for number, line in enumerate(lines):
        for at, others in enumerate(line.others):
            whole = "".join(one.text for one in settled)
            before = sum(len(one.text) for one in settled[:number])
            sign, share = _region(names, whole, before + at, others)
            if sign:
                settled[number] = _with(settled[number], at, sign, min(share, _PROVEN))
    return settled


def _region(names: str, text: str, at: int, others: Mapping[str, float]) -> tuple[str, float]:
    """The sign that makes part of `text` a name, and its share among those that do."""
    likely = _NEAR * max(others.values(), default=0.0)
    fitting = {
        sign: chance
        for sign, chance in others.items()
        if chance >= likely and regions.named(names, text[:at] + sign + text[at + 1 :], at)
    }
    best = max(fitting, key=lambda sign: fitting[sign], default="")
    return best, fitting[best] / sum(fitting.values()) if best else 0.0


def _with(line: Line, at: int, sign: str, score: float) -> Line:
    scores = (*line.scores[:at], max(line.scores[at] if line.text[at] == sign else 0.0, score), *line.scores[at + 1 :])
    return replace(line, text=line.text[:at] + sign + line.text[at + 1 :], scores=scores)
