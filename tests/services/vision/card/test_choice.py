"""A closed list decides between the signs that the network saw at a place, and for no other sign."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from services.vision.card import choice
from services.vision.card.recognise import Line

NAMES = "\n厦门市\n凉山彝族自治州\n和平县\n和顺县\n"


def line(text: str, at: int | None = None, others: Mapping[str, float] | None = None) -> Line:
    seen = tuple(others or {} if place == at else {} for place in range(len(text)))
    scores = tuple(max(one.values(), default=1.0) for one in seen)
    return Line(text, scores, (0.5,) * len(text), seen)


def test_the_sign_that_makes_a_regions_name_is_the_one_that_is_printed() -> None:
    read = choice.address([line("福建省厦内市思明区", 4, {"内": 0.38, "门": 0.35, "巾": 0.2})], NAMES)[0]
    assert read.text == "福建省厦门市思明区"
    assert read.confidence == 0.99


def test_a_name_may_go_on_in_the_next_line() -> None:
    first = line("四川省凉山彝", 5, {"尋": 0.5, "彝": 0.4})
    read = choice.address([first, line("族自治州冕宁县")], NAMES)
    assert ["".join(one.text for one in read), read[0].confidence] == ["四川省凉山彝族自治州冕宁县", 0.99]


def test_two_names_that_both_fit_stay_a_doubt() -> None:
    read = choice.address([line("广东省和平县", 4, {"平": 0.5, "顺": 0.4})], NAMES)[0]
    assert read.text == "广东省和平县"
    assert read.confidence == pytest.approx(0.5 / 0.9)


@pytest.mark.parametrize("others", [{"内": 0.95, "门": 0.04}, {"内": 0.6, "巾": 0.3}])
def test_a_name_that_the_network_hardly_saw_is_not_put_there(others: Mapping[str, float]) -> None:
    before = line("福建省厦内市", 4, others)
    assert choice.address([before], NAMES) == [before]


def test_a_sign_in_no_name_stays_as_doubtful_as_it_is() -> None:
    before = line("厦门市东内路", 4, {"内": 0.5, "门": 0.4})
    assert choice.address([before], NAMES) == [before]
