"""Where the print is on an upright card, without a network: dark strokes on paler ground, in rows, in groups.

Shade, glare and the card's pattern change slowly; print is dark and narrow. So print is what a closing (which fills
everything narrower than a stroke's surroundings) makes lighter. About 3 ms for a card.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.decode import Image
from services.vision.stages import stage

Ink = npt.NDArray[np.uint8]
"""H x W, 255 where there is print, else 0."""

_STROKES = 31
"""Pixels of the canonical card: wider than any stroke, narrower than the pattern's changes."""


_INSIDE, _ONE_LINE, _TALLEST = 9, 46, 75
_STRICTER = (0.6, 0.8)


@dataclass(frozen=True)
class Span:
    """From `start` to `end` (exclusive), pixels."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Pixels."""
        return self.end - self.start


@dataclass(frozen=True)
class Row:
    """A line of print: the heights it takes, and its mask."""

    span: Span
    mask: Ink


@stage("rectify")
def contrast(card: Image) -> Ink:
    """How much darker each pixel is than its surroundings, as a share of their brightness (0–255)."""
    grey = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKES // 2, _STROKES // 2))
    ground = cv2.resize(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), (grey.shape[1], grey.shape[0]))
    return np.asarray(255 - cv2.divide(grey, np.maximum(ground, 1), scale=255), np.uint8)


def print_mask(shades: Ink, share: float = 0.42) -> Ink:
    """Print of this part: above a share of its darkest strokes, and never below what noise reaches; none of an empty
    one."""
    if not shades.size:
        return shades.copy()
    darkest = float(np.percentile(shades, 98.5))
    return np.asarray(cv2.threshold(shades, max(28.0, share * darkest), 255, cv2.THRESH_BINARY)[1], np.uint8)


def lines(shades: Ink) -> tuple[list[Row], bool]:
    """Lines of print from the top, and whether that is all the print there is.

    Where the card's pattern joins lines into a band, only what is darker than the pattern counts.
    """
    found: list[Row] = []
    complete = True
    mask = print_mask(shades)
    for band in rows(mask):
        parted = [Row(band, mask[band.start : band.end])] if band.length <= _TALLEST else _parted(shades, band)
        found += parted
        complete = complete and bool(parted)
    return found, complete


def _parted(shades: Ink, band: Span) -> list[Row]:
    for share in _STRICTER:
        mask = print_mask(shades, share)[band.start : band.end]
        within = rows(mask)
        if within and all(row.length <= _TALLEST for row in within):
            return [
                Row(Span(band.start + row.start, band.start + row.end), mask[row.start : row.end]) for row in within
            ]
    return []


def rows(mask: Ink, smallest: int = 16) -> list[Span]:
    """Heights at which there is print, from the top."""
    filled = (mask > 0).sum(axis=1)
    found: list[Span] = []
    for span in spans(filled >= 3, gap=3):
        # Signs such as 号 and 二 have emptiness inside; two lines of print are never as close and as low together.
        if found and span.start - found[-1].end < _INSIDE and span.end - found[-1].start <= _ONE_LINE:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return [row for row in found if row.length >= smallest]


def groups(mask: Ink, gap: int) -> list[Span]:
    """Stretches of one line of print that are at least `gap` pixels of nothing apart, from the left."""
    return spans(np.asarray((mask > 0).any(axis=0)), gap)


def spans(present: npt.NDArray[np.bool_], gap: int) -> list[Span]:
    """Runs of True; runs less than `gap` apart are one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], present, [False])).astype(np.int8)))
    found: list[Span] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if found and start - found[-1].end < gap:
            found[-1] = Span(found[-1].start, end)
        else:
            found.append(Span(start, end))
    return found


def compacted(line: Image, parts: list[Span], gap: int) -> Image:
    """The line with the emptiness between its parts cut down to `gap`: recognition costs by width."""
    pieces = [line[:, max(0, parts[0].start - gap) : parts[0].end]]
    for before, after in pairwise(parts):
        space = min(gap, after.start - before.end)
        pieces += [line[:, after.start - space : after.end]]
    end = parts[-1].end
    return np.concatenate([*pieces, line[:, end : end + gap]], axis=1)
