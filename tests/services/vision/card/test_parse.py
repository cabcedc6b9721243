"""What cannot be right is refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.vision.card import parse
from tests.support.specimen.identity import person, with_check_digit

VALID = "11010519491231002X"


@given(st.integers(0, 10**6))
def test_every_invented_number_is_read_and_tells_birth_date_and_gender(seed: int) -> None:
    somebody = person(random.Random(seed))
    assert parse.id_number(somebody.id_number) == somebody.id_number
    assert parse.birth_date_of(somebody.id_number) == somebody.birth_date
    assert parse.gender_of(somebody.id_number) == somebody.gender


@given(st.integers(0, 10**6), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_makes_a_number_null(seed: int, place: int, by: int) -> None:
    right = person(random.Random(seed)).id_number
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert parse.id_number(wrong) is None


@given(st.integers(0, 10**6), st.integers(0, 15))
def test_two_digits_swapped_make_a_number_null_or_are_the_same(seed: int, place: int) -> None:
    right = person(random.Random(seed)).id_number
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    assert parse.id_number(swapped) in (None, right if swapped == right else None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (VALID, VALID),
        ("公民身份号码" + VALID, VALID),
        ("110105 19491231 002x".replace("x", "X"), VALID),
        ("I1O1O519491231OO2X", VALID),
        ("１１０１０５１９４９１２３１００２Ｘ", VALID),
        (with_check_digit("81000019900101001"), with_check_digit("81000019900101001")),
        (with_check_digit("99010519491231002"), None),
        (with_check_digit("11010519490231002"), None),
        ("", None),
    ],
)
def test_numbers(text: str, number: str | None) -> None:
    assert parse.id_number(text) == number


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("欧阳娜娜", "欧阳娜娜"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("李 明", "李明"),
        ("𬱖䶮", "𬱖䶮"),
        ("李4", None),
        ("", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert parse.name(text) == name


@pytest.mark.parametrize(
    ("text", "group"), [("汉", "汉"), ("汉族", "汉"), ("维吾尔族", "维吾尔"), ("漠", None), ("", None)]
)
def test_ethnic_groups_are_those_of_the_list(text: str, group: str | None) -> None:
    assert parse.ethnicity(text) == group


def test_days_and_validity() -> None:
    assert parse.day("1990年1月2日") == "1990-01-02"
    assert parse.day("1990年2月30日") is None
    assert parse.validity("2016.02.05-2026.02.05") == ("2016-02-05", "2026-02-05")
    assert parse.validity("2016.02.05-长期") == ("2016-02-05", "长期")
    assert parse.validity("2016.02.35-2026.02.05") == (None, "2026-02-05")
    assert parse.validity("") == (None, None)
    assert parse.validity("-2042.01.18") == (None, None), "of one date alone nobody knows which it is"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1990年1月12", "1990-01-12"), ("19901230", "1990-12-30"), ("1990年1230日", "1990-12-30"),
        ("1990年130日", "1990-01-30"), ("1990年112日", None), ("1990112", None),
        ("1990年12月日", None), ("1990年12", None),
    ],
)  # fmt: skip
def test_where_month_and_day_run_together_nobody_guesses_where_they_part(text: str, day: str | None) -> None:
    assert parse.day(text) == day


@given(st.integers(0, 10**6))
def test_every_invented_card_is_valid_for_such_a_time(seed: int) -> None:
    somebody = person(random.Random(seed))
    assert parse.is_term(somebody.valid_from, somebody.valid_until)


@pytest.mark.parametrize(
    ("first", "until"),
    [("2016-02-05", "2026-02-06"), ("2016-02-05", "2016-02-05"), ("2016-02-05", "2023-02-05"), ("2016-02-05", None)],
)
def test_for_other_times_no_card_is_valid(first: str, until: str | None) -> None:
    assert not parse.is_term(first, until)


def test_an_address_is_its_lines_without_spaces() -> None:
    assert parse.address(["河北省唐山市", "古冶区 12号"]) == "河北省唐山市古冶区12号"
    assert parse.address(["12"]) is None


def test_gender_is_one_of_two() -> None:
    assert (parse.gender("男"), parse.gender("女"), parse.gender("男女"), parse.gender("田")) == (
        "男",
        "女",
        None,
        None,
    )
