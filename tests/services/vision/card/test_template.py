"""A number tells where its card is, and whether an outline was that card's."""

from __future__ import annotations

import numpy as np
import pytest

from services.vision.card import ink, rectify, template
from services.vision.card.layout import Item
from services.vision.card.recognise import Line
from services.vision.decode import Image

NUMBER = "11010519491231002X"


def number(left: float, right: float, level: float) -> Item:
    corners = np.array(((left, level - 20), (right, level - 20), (right, level + 20), (left, level + 20)), np.float32)
    return Item(Line(NUMBER, (1.0,) * 18, tuple((k + 0.5) / 18 for k in range(18))), corners)


@pytest.mark.parametrize(
    ("left", "right", "level", "placed"),
    [
        (340, 880, 552, True),
        (310, 870, 530, True),
        (540, 880, 552, False),
        (340, 700, 552, True),
        (340, 640, 552, False),
        (340, 880, 400, False),
    ],
)
def test_an_outline_is_the_cards_when_the_number_stands_where_numbers_do(
    left: float, right: float, level: float, placed: bool
) -> None:
    assert template.placed(number(left, right, level)) is placed


def card(*prints: tuple[int, int, int, int]) -> Image:
    """A pale card with print at x, y, width, height: bars of signs."""
    face = np.full((rectify.HEIGHT, rectify.WIDTH, 3), 225, np.uint8)
    for x, y, width, height in prints:
        for left in range(x, x + width - 8, 16):
            face[y : y + height, left : left + 8] = 30
    return face


def fronts(face: Image) -> list[template.Crop]:
    return template.front(face, ink.contrast(face), 530)[0]


def test_a_line_goes_on_where_the_portrait_begins_late() -> None:
    reach = [crop.corners[1, 0] for crop in fronts(card((200, 100, 120, 34), (200, 300, 470, 34)))]
    assert reach[1] > 200 + 460
    assert not any(crop.clipped for crop in fronts(card((200, 100, 120, 34), (200, 300, 470, 34))))


def test_a_sign_that_begins_just_beyond_the_zone_is_not_left_out() -> None:
    face = card((200, 100, 120, 34), (200, 300, 428, 34), (634, 300, 30, 34))
    assert fronts(face)[1].corners[1, 0] > 634 + 20


def test_a_piece_of_the_portrait_beside_a_short_line_is_not_print() -> None:
    face = card((200, 100, 120, 34), (200, 300, 160, 34), (610, 300, 50, 34))
    assert fronts(face)[1].corners[1, 0] < 400


def test_a_name_with_too_little_room_for_one_more_sign_before_the_portrait_is_clipped() -> None:
    face = card((200, 100, 470, 34), (200, 300, 160, 34))
    face[60:420, 680:940] = 30
    assert [crop.clipped for crop in fronts(face)] == [True, False]


def test_print_right_after_a_line_is_seen() -> None:
    face = card((200, 100, 300, 34), (510, 100, 20, 34))
    line = np.array(((195, 95), (500, 95), (500, 140), (195, 140)), np.float32)
    assert template.followed(ink.contrast(face), line)
    assert not template.followed(ink.contrast(card((200, 100, 300, 34))), line)


def test_the_last_line_of_an_address_right_above_the_number_is_read() -> None:
    assert len(fronts(card((200, 100, 120, 34), (200, 480, 120, 34)))) == 2


def test_the_number_is_the_line_with_the_most_print_not_the_one_that_ends_under_the_portrait() -> None:
    face = card((200, 455, 120, 30), (340, 540, 400, 36))
    face[440:486, 700:950] = 30
    crop = template.number(face, ink.contrast(face))
    assert crop is not None
    assert crop.corners[0, 1] > 500


@pytest.mark.parametrize(("width", "narrowed"), [(540, True), (360, False)])
def test_only_a_number_that_is_set_wide_is_narrowed(width: int, narrowed: bool) -> None:
    crop = template.number(card((340, 540, width, 36)), ink.contrast(card((340, 540, width, 36))))
    assert crop is not None
    assert bool(crop.image.shape[1] < 0.8 * (crop.corners[1, 0] - crop.corners[0, 0])) is narrowed


def test_a_card_is_square_to_its_number_whatever_slanted_it() -> None:
    slanted = number(339, 880, 552)
    slanted.corners[2:, 0] += 25
    corners = template.around(slanted)
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    assert abs(float(along @ down)) < 1


def test_a_card_is_where_its_number_says() -> None:
    corners = template.around(number(339, 880, 552))
    assert np.abs(corners - rectify.frame(rectify.WIDTH, rectify.HEIGHT)).max() < 8


@pytest.mark.parametrize(("left", "top"), [(100, -60), (100, 700), (-400, 100), (1100, 100)])
def test_nothing_follows_a_line_that_is_not_on_the_card(left: int, top: int) -> None:
    shades = np.zeros((rectify.HEIGHT, rectify.WIDTH), np.uint8)
    line = np.array(((left, top), (left + 90, top), (left + 90, top + 40), (left, top + 40)), np.float32)
    assert not template.followed(shades, line)
