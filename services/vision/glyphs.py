"""What signs look like, as two fonts draw them: for names with signs that the recogniser does not know or mixes up.

A shape is described by the directions of its edges at 8 x 8 places, as the classical recognition of Chinese characters
does it, reduced to principal components. Two shapes are alike by the cosine between them.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FILE = Path(sys.prefix) / "share" / "baokao" / "glyphs-1.npz"
"""The table, its vectors beside it. In the environment and not with the weights, for it takes a quarter of a minute to
draw. Raise the 1 when the rule changes."""

SIDE = 32
_MARGIN, _PLACES, _DIRECTIONS, _KEPT = 2, 8, 8, 128
_BATCH, _STEPS = 1024, 127
_INK = 0.35
"""Of the darkest stroke: what is paler is the edge of a stroke or the card's pattern."""
_FAINT = 1e-9


class NotDrawn(Exception):
    """The table of signs was not made when the environment was set up."""


@dataclass(frozen=True)
class Glyphs:
    """`vectors[font, n]` (of length 127, whole numbers) is how a font draws `signs[n]`; `axes` are what shapes without
    their `mean` are reduced by."""

    signs: str
    vectors: npt.NDArray[np.int8]
    mean: Floats
    axes: Floats

    def alike(self, ink: Floats) -> Floats:
        """How much the picture of one sign (H x W, strokes 1, ground 0) looks like each of `signs`, -1 to 1."""
        wanted = _reduced(features(normalised(ink)[None]), self.mean, self.axes)[0]
        # A part at a time: the whole table as floats would be 25 MiB in each worker.
        parts = range(0, len(self.signs), _BATCH)
        found = [self.vectors[:, at : at + _BATCH].astype(np.float32) @ wanted for at in parts]
        return np.asarray(np.concatenate(found, axis=1).max(axis=0) / _STEPS, np.float32)


@lru_cache(maxsize=2)
def opened(file: Path = FILE) -> Glyphs:
    """The table; its vectors stay in the file, which processes share, until they are compared. Raises `NotDrawn`."""
    if not file.is_file():
        raise NotDrawn(f"{file} is not there: `python -m services.vision.draw` makes it")
    with np.load(file) as kept:
        signs, mean, axes = str(kept["signs"]), kept["mean"], kept["axes"]
    return Glyphs(signs, np.load(_vectors(file), mmap_mode="r"), mean, axes)


def table(signs: str, shapes: Floats) -> Glyphs:
    """Of the features of each sign (fonts x signs x 512)."""
    every = shapes.reshape(-1, shapes.shape[-1])
    mean, spread = every.mean(axis=0), every.std(axis=0) + _FAINT
    scaled = (every - mean) / spread
    _, directions = np.linalg.eigh(scaled.T @ scaled)
    axes = np.asarray(directions[:, ::-1][:, :_KEPT] / spread[:, None], np.float32)
    vectors = np.rint(_STEPS * _reduced(every, mean, axes)).astype(np.int8)
    return Glyphs(signs, vectors.reshape(*shapes.shape[:2], -1), mean, axes)


def write(made: Glyphs, file: Path) -> None:
    """Keep a table; the file that tells of the vectors comes last."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    with part.open("wb") as out:
        np.save(out, made.vectors)
    part.replace(_vectors(file))
    with part.open("wb") as out:
        np.savez(out, signs=made.signs, mean=made.mean, axes=made.axes)
    part.replace(file)


def normalised(ink: Floats) -> Floats:
    """The shape alone, in the middle of SIDE x SIDE; narrow and flat ones stay so, but less."""
    left, top, wide, high = cv2.boundingRect((ink > _INK * ink.max(initial=0.0)).astype(np.uint8))
    square = np.zeros((SIDE, SIDE), np.float32)
    if wide and high:
        shares = (np.sin(np.pi / 2 * side / max(wide, high)) for side in (wide, high))
        across, down = (max(4, round((SIDE - 2 * _MARGIN) * float(np.sqrt(share)))) for share in shares)
        how = cv2.INTER_AREA if down < high else cv2.INTER_LINEAR
        at_x, at_y = (SIDE - across) // 2, (SIDE - down) // 2
        part = ink[top : top + high, left : left + wide]
        square[at_y : at_y + down, at_x : at_x + across] = cv2.resize(part, (across, down), interpolation=how)
    return square


def features(squares: Floats) -> Floats:
    """Of N x SIDE x SIDE: how strong the edges of each direction are at each place, N x 512, of length 1."""
    smooth = _blurring(0.8)
    down, across = np.gradient(smooth @ squares @ smooth.T, axis=(1, 2))
    every = SIDE // _PLACES
    pool = _blurring(0.6 * every)[every // 2 :: every]
    angles = (2 * np.pi * number / _DIRECTIONS for number in range(_DIRECTIONS))
    edges = (across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle)) for angle in angles)
    pooled = np.stack([pool @ np.maximum(edge, 0) @ pool.T for edge in edges], axis=1)
    return _of_length_1(np.asarray(np.sqrt(pooled.reshape(len(squares), -1)), np.float32))


def _reduced(shapes: Floats, mean: Floats, axes: Floats) -> Floats:
    return _of_length_1(np.asarray((shapes - mean) @ axes, np.float32))


def _of_length_1(rows: Floats) -> Floats:
    return np.asarray(rows / (np.linalg.norm(rows, axis=1, keepdims=True) + _FAINT), np.float32)


def _blurring(reach: float) -> Floats:
    """SIDE x SIDE: times a picture it blurs by a Gaussian of `reach` pixels."""
    apart = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    weights = np.exp(-(apart**2) / (2 * reach**2))
    found: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def _vectors(file: Path) -> Path:
    return file.with_suffix(".npy")
