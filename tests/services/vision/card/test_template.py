"""A number tells where its card is, and whether an outline was that card's."""

from __future__ import annotations

import numpy as np
import pytest

from services.vision.card import rectify, template
from services.vision.card.layout import Item
from services.vision.card.recognise import Line

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
        (340, 640, 552, False),
        (340, 880, 400, False),
    ],
)
def test_an_outline_is_the_cards_when_the_number_stands_where_numbers_do(
    left: float, right: float, level: float, placed: bool
) -> None:
    assert template.placed(number(left, right, level)) is placed


def test_a_card_is_where_its_number_says() -> None:
    corners = template.around(number(339, 880, 552))
    assert np.abs(corners - rectify.frame(rectify.WIDTH, rectify.HEIGHT)).max() < 8
