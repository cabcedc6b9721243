"""A four-cornered part of a picture becomes an upright one, and its places lead back to where they were."""

from __future__ import annotations

import cv2
import numpy as np

from services.vision.card import rectify

SLANTED = np.array(((120, 80), (420, 140), (400, 330), (90, 260)), np.float32)


def test_corners_become_the_corners_of_the_part() -> None:
    picture = np.zeros((400, 500, 3), np.uint8)
    colours = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))
    for corner, colour in zip(SLANTED, colours, strict=True):
        cv2.circle(picture, (int(corner[0]), int(corner[1])), 12, colour, -1)
    part, matrix = rectify.upright(picture, SLANTED, 300, 200)
    assert part.shape == (200, 300, 3)
    assert [tuple(part[y, x]) for y, x in ((2, 2), (2, 297), (197, 297), (197, 2))] == list(colours)
    assert np.abs(rectify.moved(SLANTED, matrix) - rectify.frame(300, 200)).max() < 0.01


def test_places_lead_there_and_back() -> None:
    there = rectify.towards(SLANTED)
    places = rectify.frame(200, 60) + np.array((150, 45), np.float32)
    on_picture = rectify.moved(places, np.linalg.inv(there))
    assert cv2.isContourConvex(on_picture)
    assert all(cv2.pointPolygonTest(SLANTED, (float(x), float(y)), False) > 0 for x, y in on_picture)
    assert np.abs(rectify.moved(on_picture, there) - places).max() < 0.1


def test_a_line_is_cut_out_at_its_own_size_even_over_the_edge() -> None:
    picture = np.full((100, 200, 3), 90, np.uint8)
    line = rectify.frame(120, 30) + np.array((-40, 85), np.float32)
    cut = rectify.cut(picture, line)
    assert cut.shape == (30, 120, 3)
    # What is not on the picture is not black, which would be print.
    assert int(cut.min()) == 90


def test_a_line_without_extent_is_still_a_picture() -> None:
    assert rectify.cut(np.zeros((50, 50, 3), np.uint8), np.zeros((4, 2), np.float32)).shape == (4, 4, 3)
