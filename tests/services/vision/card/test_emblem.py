"""The emblem side from lines of text, wherever they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.vision.card import emblem
from services.vision.card.layout import Item
from services.vision.card.recognise import Line


def item(text: str, left: float, top: float, width: float, slant: float = 0.0) -> Item:
    """A read line, 30 pixels high, that sinks by a share of its width; no sign of it is doubtful."""
    corners = np.array(((left, top), (left + width, top), (left + width, top + 30), (left, top + 30)), np.float32)
    corners[1:3, 1] += slant * width
    places = tuple((k + 0.5) / len(text) for k in range(len(text)))
    return Item(Line(text, (0.99,) * len(text), places, ({},) * len(text)), corners)


def test_the_back() -> None:
    raw = emblem.back([
        item("中华人民共和国", 300, 60, 500), item("居民身份证", 300, 150, 500),
        item("签发机关 当雄县公安局", 180, 480, 400), item("有效期限", 180, 550, 140),
        item("2016.02.05-长期", 350, 550, 300),
    ])  # fmt: skip
    assert raw["issuing_authority"].text.strip() == "当雄县公安局"
    assert raw["validity"].text == "2016.02.05-长期"


def test_a_regions_name_decides_on_the_emblem_side_too() -> None:
    read = item("签发机关厦内市公安局", 180, 480, 400)
    others = tuple({"内": 0.5, "门": 0.4} if sign == "内" else {} for sign in read.line.text)
    doubtful = replace(read, line=replace(read.line, others=others))
    assert emblem.back([doubtful], "\n厦门市\n")["issuing_authority"].text == "厦门市公安局"


def test_words_of_the_page_beside_the_card_are_not_the_authoritys() -> None:
    slanted = [
        item("签发机关", 180, 480, 140, -0.07), item("镇坪县公安局", 340, 469, 240, -0.07),
        item("有效期限2010.09.26-长期", 180, 550, 420, -0.07),
    ]  # fmt: skip
    page = [item("并承诺所填信息真实", -220, 515, 300), item("填信息真", 680, 460, 160), item("名材料", 690, 520, 160)]
    raw = emblem.back([*page, *slanted])
    assert raw["issuing_authority"].text.strip() == "镇坪县公安局"
    assert raw["validity"].text == "2010.09.26-长期"


@pytest.mark.parametrize(
    "first", ["签发机关迪庆藏族自治州维西傈僳族自治县公安", "签发机关迪庆藏族自治州维西傈僳族自治县"]
)
@pytest.mark.parametrize(("left", "top", "joined"), [(300, 518, True), (180, 518, False), (300, 600, False)])
def test_a_long_authority_goes_on_in_the_next_line(first: str, left: float, top: float, joined: bool) -> None:
    begun = item(first, 180, 480, 30.0 * len(first))
    end = "迪庆藏族自治州维西傈僳族自治县公安局".removeprefix(first.removeprefix("签发机关"))
    raw = emblem.back([begun, item(end, left, top, 30.0 * len(end)), item("有效期限2010.09.26-长期", 180, 560, 420)])
    read = raw["issuing_authority"]
    assert read.text == ("迪庆藏族自治州维西傈僳族自治县公安局" if joined else first.removeprefix("签发机关"))
    assert (read.corners[:, 1].max() > 530) == joined


def test_a_first_line_that_looks_whole_has_a_second_as_well() -> None:
    lines = [item("签发机关重庆市秀山土家族苗族自治县公安局", 180, 480, 630), item("城东分局", 300, 518, 120)]
    assert emblem.back(lines)["issuing_authority"].text == "重庆市秀山土家族苗族自治县公安局城东分局"


@pytest.mark.parametrize(("down", "doubted"), [(60, False), (80, True)])
def test_room_for_a_line_that_was_not_read_is_doubted(down: float, doubted: bool) -> None:
    lines = [item("签发机关当雄县公安局", 180, 480, 300), item("有效期限2010.09.26-长期", 180, 480 + down, 420)]
    assert emblem.back(lines)["issuing_authority"].confidence == (0.99 / 2 if doubted else 0.99)


@pytest.mark.parametrize(("text", "doubted"), [("新郑市公安局", False), ("市公安局", True)])
def test_an_authority_that_begins_with_no_region_is_doubted(text: str, doubted: bool) -> None:
    read = emblem.back([item("签发机关" + text, 180, 480, 300)], "\n新郑市\n")["issuing_authority"]
    assert read.confidence == (0.99 / 2 if doubted else 0.99)
