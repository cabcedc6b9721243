"""What a line of text says: the CTC recogniser on crops 48 pixels high, sorted by width and batched in buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from services.vision import stages
from services.vision.decode import Image
from services.vision.models import Models

HEIGHT = 48
_STEP, _NARROWEST, _WIDEST, _BATCH = 32, 48, 1600, 8
_TOGETHER = 4096
"""Pixels of width in a batch: the answer has 75 KB for every eight of them, and a full page has many long lines."""
_CLEAR, _LIKELIEST = 0.95, 8


@dataclass(frozen=True)
class Line:
    """A read line: `scores[i]` (0–1) is for `text[i]`, and `centres[i]` its place, 0–1 along the crop.
    `others[i]` are the likeliest signs there with their scores, when `text[i]` is doubtful.
    """

    text: str
    scores: tuple[float, ...] = ()
    centres: tuple[float, ...] = ()
    others: tuple[Mapping[str, float], ...] = ()

    @property
    def confidence(self) -> float:
        """That of the weakest character: one doubtful character makes a field doubtful, one doubtful space does not."""
        return min(
            (score for sign, score in zip(self.text, self.scores, strict=False) if not sign.isspace()), default=0.0
        )

    def doubted(self) -> Line:
        """The same line at half its scores: something else speaks against it."""
        return replace(self, scores=tuple(score / 2 for score in self.scores))

    def part(self, start: int, end: int) -> Line:
        """Characters `start` to `end` (exclusive)."""
        return Line(self.text[start:end], self.scores[start:end], self.centres[start:end], self.others[start:end])


@stages.stage("recognise")
def recognise(models: Models, crops: Sequence[Image]) -> list[Line]:
    """Read BGR crops of single lines of any height; the answers are in the order of the crops."""
    strips = [_strip(crop) for crop in crops]
    lines = [Line("")] * len(crops)
    order = sorted(range(len(crops)), key=lambda i: _bucket(strips[i].shape[1]))
    while order:
        width = _bucket(strips[order[0]].shape[1])
        most = min(_BATCH, max(1, _TOGETHER // width))
        batch = [i for i in order[:most] if _bucket(strips[i].shape[1]) == width]
        order = order[len(batch) :]
        for i, line in zip(batch, _read(models, [strips[i] for i in batch], width), strict=True):
            lines[i] = line
    return lines


def _bucket(width: int) -> int:
    return max(_NARROWEST, -(-width // _STEP) * _STEP)


def _strip(crop: Image) -> Image:
    height, width = crop.shape[:2]
    wide = min(_WIDEST, max(8, round(width * HEIGHT / height)))
    how = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, (wide, HEIGHT), interpolation=how), np.uint8)


def _read(models: Models, strips: Sequence[Image], width: int) -> list[Line]:
    tensor = np.zeros((len(strips), 3, HEIGHT, width), np.float32)
    for i, strip in enumerate(strips):
        tensor[i, :, :, : strip.shape[1]] = (strip.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
    stages.batch("recognise", len(strips))
    chances = models.recognition.run(None, {"x": tensor})[0]
    others, signs = models.same
    np.add.at(chances.T, signs, chances.T[others])
    chances.T[others] = 0
    return [decoded(one, models.alphabet, width / strip.shape[1]) for one, strip in zip(chances, strips, strict=True)]


def decoded(chances: npt.NDArray[np.float32], alphabet: Sequence[str], stretch: float = 1.0) -> Line:
    """Greedy CTC: drop repeats and blanks. `chances` (time x classes) need not add up to one; `stretch` is padded /
    real width.
    """
    best = chances.argmax(axis=1)
    kept = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
    at = np.flatnonzero(kept)
    scores = chances[at, best[at]] / chances[at].sum(axis=1)
    places = (at + 0.5) / len(best) * stretch
    return Line(
        "".join(alphabet[i] for i in best[at]),
        tuple(float(score) for score in scores),
        tuple(min(1.0, float(place)) for place in places),
        tuple(_others(chances[i], alphabet, score) for i, score in zip(at, scores, strict=True)),
    )


def _others(chances: npt.NDArray[np.float32], alphabet: Sequence[str], score: float) -> Mapping[str, float]:
    if score > _CLEAR:
        return {}
    best = np.argpartition(-chances, _LIKELIEST)[:_LIKELIEST]
    return {alphabet[i]: float(chances[i]) for i in best if i != 0}
