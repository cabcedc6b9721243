"""Fields from lines: by order and labels, wherever they stand."""

from __future__ import annotations

import numpy as np
import pytest

from services.vision.card import layout
from services.vision.card.layout import Item
from services.vision.card.recognise import Line

NUMBER = "110105194912310021"


def item(text: str, x: float, y: float, width: float, scores: tuple[float, ...] = ()) -> Item:
    corners = np.array(((x, y), (x + width, y), (x + width, y + 30), (x, y + 30)), np.float32)
    return Item(Line(text, scores or (1.0,) * len(text)), corners)


def front() -> list[Item]:
    return [
        item("姓名", 60, 60, 60), item("欧阳娜", 170, 60, 120),
        item("性别", 60, 120, 60), item("女", 170, 122, 30), item("民族藏", 280, 118, 120),
        item("出生", 60, 180, 60), item("1949年12月31日", 170, 180, 240),
        item("住址", 60, 240, 60), item("西藏当雄县人民路1号", 170, 240, 340), item("2单元", 170, 285, 90),
        item("公民身份号码", 60, 560, 180), item(NUMBER, 340, 560, 560),
    ]  # fmt: skip


def test_a_whole_card() -> None:
    raw = layout.front(front())
    assert {key: one.text for key, one in raw.items()} == {
        "name": "欧阳娜", "gender": "女", "ethnicity": "藏", "birth_date": "1949年12月31日",
        "address": "西藏当雄县人民路1号\n2单元", "id_number": NUMBER,
    }  # fmt: skip


def test_labels_are_not_needed_where_the_crop_left_them_out() -> None:
    bare = [one for one in front() if one.line.text not in ("姓名", "性别", "出生", "住址", "公民身份号码")]
    assert {key: one.text for key, one in layout.front(bare).items()} == {
        key: one.text for key, one in layout.front(front()).items()
    }


def test_marks_and_what_stands_in_the_portrait_are_left_out() -> None:
    noisy = [*front(), item("样本", 300, 330, 300), item("NASA", 800, 300, 60)]
    assert layout.front(noisy)["address"].text == layout.front(front())["address"].text


def test_a_field_is_as_sure_as_its_weakest_character() -> None:
    items = [one if one.line.text != "欧阳娜" else item("欧阳娜", 170, 60, 120, (0.99, 0.41, 0.98)) for one in front()]
    assert layout.front(items)["name"].confidence == 0.41


def test_nothing_is_said_without_a_number() -> None:
    assert layout.front(front()[:-1]) == {}


def test_a_label_too_faint_to_be_print_is_not_missed() -> None:
    faint = [one for one in front() if not 115 < one.corners[0, 1] < 125] + [item("女 土家", 170, 120, 200)]
    assert layout.front(faint)["ethnicity"].text.strip() == "土家"


def test_an_entry_of_the_closed_list_wins_over_a_sign_that_is_on_no_card() -> None:
    line = Line("女民族仏佬", (1, 1, 1, 0.55, 1), others=({}, {}, {}, {"仏": 0.55, "仫": 0.43, "仡": 0.01}, {}))
    corners = np.array(((170, 120), (400, 120), (400, 150), (170, 150)), np.float32)
    items = [one for one in front() if not 115 < one.corners[0, 1] < 125] + [Item(line, corners)]
    assert layout.front(items)["ethnicity"].text == "仫佬"


def test_words_of_the_page_a_card_lies_on_are_not_on_the_card() -> None:
    page = [item("本人自愿", -60, 62, 90), item("参加本次", -50, 242, 90), item("考试并承诺", 170, -60, 200)]
    raw = layout.front([*front(), *page])
    assert (raw["name"].text, raw["address"].text) == ("欧阳娜", "西藏当雄县人民路1号\n2单元")


def test_a_name_that_a_line_of_the_page_runs_into_begins_after_its_label() -> None:
    merged = [one for one in front() if one.line.text not in ("姓名", "欧阳娜")] + [item("参加姓名欧阳娜", 0, 60, 290)]
    assert layout.front(merged)["name"].text == "欧阳娜"


def test_a_birth_date_without_its_signs_is_not_the_addresss_first_line() -> None:
    pale = [one for one in front() if one.line.text != "1949年12月31日" and one.line.text != "出生"]
    raw = layout.front([*pale, item("19491231", 170, 180, 240)])
    assert raw["address"].text == "西藏当雄县人民路1号\n2单元"


def test_a_name_is_doubted_where_a_sign_was_not_read() -> None:
    def named(centres: tuple[float, ...]) -> float:
        line = Line("童洁", (1.0, 1.0), centres, ({}, {}))
        corners = np.array(((170, 60), (290, 60), (290, 105), (170, 105)), np.float32)
        items = [one for one in front() if one.line.text not in ("姓名", "欧阳娜")]
        return layout.front([*items, Item(line, corners)])["name"].confidence

    assert named((0.3, 0.75)) == 1.0
    assert named((0.2, 0.5)) == 0.5


def test_a_valid_number_is_taken_before_one_that_only_looks_like_one() -> None:
    valid = "11010519491231002X"
    raw = layout.front([*front(), item(valid, 340, 610, 560)])
    assert raw["id_number"].text == valid


def test_a_slanted_card_has_slanted_rows() -> None:
    turn = np.array(((1, 0.13), (0, 1)), np.float32)
    slanted = [Item(one.line, one.corners @ turn) for one in front()]
    assert {key: raw.text for key, raw in layout.front(slanted).items()} == {
        key: raw.text for key, raw in layout.front(front()).items()
    }


def test_a_high_word_of_the_page_left_of_the_labels_is_not_part_of_the_address() -> None:
    page = np.array(((-4, 400), (32, 400), (32, 461), (-4, 461)), np.float32)
    raw = layout.front([*front(), Item(Line("米", (0.93,)), page)])
    assert raw["address"].text == "西藏当雄县人民路1号\n2单元"


def test_a_sign_much_larger_than_the_others_is_a_mark() -> None:
    large = Item(Line("本", (0.99,)), np.array(((400, 340), (480, 340), (480, 430), (400, 430)), np.float32))
    assert layout.front([*front(), large])["address"].text == layout.front(front())["address"].text


def test_pieces_of_a_mark_are_not_print() -> None:
    raw = layout.front([*front(), item("SAMPLE", 170, 330, 120), item("使用", 300, 62, 60)])
    assert (raw["name"].text, raw["address"].text) == ("欧阳娜", "西藏当雄县人民路1号\n2单元")


def test_a_name_stands_higher_above_a_narrow_number() -> None:
    narrow = [*front()[:-1], item(NUMBER, 330, 560, 360)]
    assert layout.front(narrow)["name"].text == "欧阳娜"


def test_the_last_line_of_an_address_may_stand_close_above_the_number() -> None:
    assert layout.front([*front(), item("3号", 170, 537, 60)])["address"].text.endswith("3号")


def test_a_regions_name_decides_between_signs_of_the_address() -> None:
    text = "福建省厦内市"
    corners = np.array(((170, 240), (510, 240), (510, 270), (170, 270)), np.float32)
    others = tuple({"内": 0.4, "门": 0.38} if sign == "内" else {} for sign in text)
    line = Line(text, (1, 1, 1, 1, 0.4, 1), others=others)
    items = [one for one in front() if one.corners[0, 1] not in (240, 285)] + [Item(line, corners)]
    assert layout.front(items, "\n厦门市\n")["address"].text == "福建省厦门市"


@pytest.mark.parametrize(("names", "doubted"), [("", False), ("\n西藏自治区\n", False), ("\n福建省\n", True)])
def test_an_address_that_begins_with_no_region_is_doubted(names: str, doubted: bool) -> None:
    whole = layout.front(front())["address"].confidence
    assert layout.front(front(), names)["address"].confidence == (whole / 2 if doubted else whole)
