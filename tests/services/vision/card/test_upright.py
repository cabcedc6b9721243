"""Which of two readings of a field is believed."""

from __future__ import annotations

import numpy as np
import pytest

from services.vision.card import fields
from services.vision.card.layout import Raw
from services.vision.card.upright import better

HERE = np.zeros((4, 2), np.float32)


def chosen(key: str, first: tuple[str, float], second: tuple[str, float]) -> tuple[str, float]:
    raw = better(fields.front, {key: Raw(*first, HERE)}, {key: Raw(*second, HERE)})[key]
    return raw.text, raw.confidence


def test_a_sure_first_reading_is_not_replaced_by_one_that_saw_more() -> None:
    assert chosen("address", ("长江街548号", 0.95), ("长江街548号本", 0.99)) == ("长江街548号", 0.95)


def test_a_doubtful_first_reading_is_replaced_by_a_surer_one_that_goes_on() -> None:
    assert chosen("name", ("米娜瓦尔", 0.4), ("米娜瓦尔·买合木提", 0.97)) == ("米娜瓦尔·买合木提", 0.97)


@pytest.mark.parametrize("first", [0.3, 0.99])
def test_readings_that_contradict_each_other_are_doubted(first: float) -> None:
    text, confidence = chosen("name", ("吾斯", first), ("吾期", 0.96))
    assert text == ("吾期" if first < 0.9 else "吾斯")
    assert confidence < fields.sure("name")


def test_a_number_that_proves_itself_needs_no_agreement() -> None:
    right = "110101200801010019"
    assert chosen("id_number", ("110101200801010015", 0.99), (right, 0.9)) == (right, 0.9)


def test_a_contradiction_does_not_take_away_what_was_read() -> None:
    assert chosen("name", ("金奕岽", 0.47), ("金奕案", 0.31)) == ("金奕岽", fields.UNREADABLE)


def test_what_is_no_value_contradicts_nothing() -> None:
    assert chosen("name", ("41A1", 0.44), ("彭风银辰", 0.99)) == ("彭风银辰", 0.99)
