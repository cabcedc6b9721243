"""Print is found under shade and beside a pale mark; rows and groups are what a person sees."""

from __future__ import annotations

import cv2
import numpy as np

from services.vision.card import ink
from services.vision.card.ink import Span


def paper(shade: bool = False) -> ink.Ink:
    """A card with two lines of bars and a large pale mark, BGR."""
    card = np.full((638, 1012, 3), 220, np.uint8)
    cv2.rectangle(card, (300, 300), (600, 600), (190, 190, 205), -1)
    for top in (100, 200):
        for left in range(170, 500, 24):
            cv2.rectangle(card, (left, top), (left + 8, top + 30), (30, 30, 30), -1)
    if shade:
        card = (card * np.linspace(0.5, 1, 1012)[None, :, None]).astype(np.uint8)
    return card


def test_rows_are_found_in_light_and_in_shade() -> None:
    for shade in (False, True):
        rows = ink.rows(ink.print_mask(ink.contrast(paper(shade))))
        assert [
            (abs(row.start - top) <= 2, abs(row.end - top - 31) <= 2) for row, top in zip(rows, (100, 200), strict=True)
        ]


def test_a_pale_mark_is_not_print() -> None:
    mask = ink.print_mask(ink.contrast(paper()))
    assert not mask[310:590, 310:590].any()


def test_the_two_parts_of_a_sign_are_one_row_and_two_lines_are_two() -> None:
    mask = np.zeros((120, 200), np.uint8)
    mask[10:22, 50:80] = mask[27:42, 50:80] = mask[60:95, 50:150] = 255
    assert ink.rows(mask) == [Span(10, 42), Span(60, 95)]


def test_compacting_keeps_all_print() -> None:
    line = np.full((40, 600, 3), 255, np.uint8)
    parts = [Span(50, 90), Span(300, 340), Span(350, 400)]
    for part in parts:
        line[:, part.start : part.end] = 0
    short = ink.compacted(line, parts, 12)
    assert short.shape[1] < 250
    assert (short == 0).sum() == (line == 0).sum()


def test_lines_that_the_pattern_joins_are_parted_by_their_darkness() -> None:
    shades = np.zeros((200, 400), np.uint8)
    shades[:, 100:106] = 90
    shades[20:50, 60:260] = shades[80:110, 60:260] = 190
    found, complete = ink.lines(shades)
    assert ([row.span for row in found], complete) == ([Span(20, 50), Span(80, 110)], True)


def test_a_band_that_nothing_parts_is_told() -> None:
    shades = np.zeros((200, 400), np.uint8)
    shades[10:190, 60:360] = 190
    assert ink.lines(shades) == ([], False)
