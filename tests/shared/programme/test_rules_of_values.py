"""ID numbers, phones, passwords: by examples and by what holds for all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DomainError
from shared.programme import id_number, passwords, phone

TODAY = date(2026, 6, 1)


def number_of(region: str = "140105", born: date = date(2008, 3, 15), order: int = 12) -> str:
    first = f"{region}{born:%Y%m%d}{order:03d}"
    return first + id_number.check_character(first)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    province = draw(st.sampled_from(sorted(id_number.PROVINCES)))
    born = draw(st.dates(date(1900, 1, 1), TODAY))
    return number_of(province + f"{draw(st.integers(0, 9999)):04d}", born, draw(st.integers(0, 999)))


def test_standard_example_says_gender() -> None:
    # The worked example of GB 11643-1999.
    found = id_number.parse("11010519491231002x", TODAY)
    assert (found.text, found.gender) == ("11010519491231002X", "female")


@pytest.mark.parametrize("province", ["81", "82", "83"])
def test_residence_permits_are_accepted(province: str) -> None:
    assert id_number.problem(number_of(province + "0000"), TODAY) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1101051949123100", "id_number.length"),
        ("1101051949123100AX", "id_number.characters"),
        ("990105194912310020", "id_number.region"),
        ("110105194913310020", "id_number.birth_date"),
        ("110105202712310020", "id_number.birth_date"),
        ("110105194912310021", "id_number.checksum"),
        ("11010519491231002٣", "id_number.characters"),
    ],
)
def test_each_refusal_names_its_rule(text: str, code: str) -> None:
    assert id_number.problem(text, TODAY) == code
    with pytest.raises(DomainError, match=code):
        id_number.parse(text, TODAY)


@given(numbers())
def test_every_well_formed_number_is_accepted_as_typed(number: str) -> None:
    typed = f" {number[:6]} {number[6:14]} {number[14:].lower()} "
    assert id_number.parse(typed, TODAY).text == number


@given(numbers(), st.integers(0, 17), st.integers(1, 9))
def test_no_single_wrong_digit_is_accepted(number: str, place: int, step: int) -> None:
    old = number[place]
    value = 10 if old == "X" else int(old)
    wrong = str((value + step) % 10) if old != "X" else str(step)
    if wrong == old:
        return
    assert id_number.problem(number[:place] + wrong + number[place + 1 :], TODAY) is not None


@given(numbers(), st.integers(0, 16))
def test_swapped_neighbours_are_noticed(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        assert id_number.problem(swapped, TODAY) is not None


@pytest.mark.parametrize(
    "typed", ["15111111111", "+86 151-1111-1111", "１５１１１１１１１１１", "0086 15111111111", "8615111111111"]
)
def test_phones_fold_to_one_form(typed: str) -> None:
    assert (phone.normalise(typed), phone.problem(typed)) == ("15111111111", None)


@pytest.mark.parametrize("typed", ["", "12111111111", "1511111111", "151111111111", "+1 5111111111", "٣٥١٣٥١٣٥١٣٥"])
def test_other_phones_are_refused(typed: str) -> None:
    assert phone.problem(typed) == "phone.not_mobile"


def test_masking_shows_no_more_than_seven_digits() -> None:
    assert phone.mask("+8615112345678") == "151****5678"
    assert phone.mask("123") == "****"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("abcd1234", None),
        ("ABCD1234", None),
        ("abcd123", "password.exactly_8"),
        ("abcd12345", "password.exactly_8"),
        ("abcd 123", "password.space"),
        ("abcdefgh", "password.needs_digit"),
        ("12345678", "password.needs_letter"),
        ("abcd-123", "password.letters_and_digits_only"),
        ("密码abc123", "password.letters_and_digits_only"),
    ],
)
def test_legacy_policy_is_exactly_eight_letters_and_digits(password: str, code: str | None) -> None:
    assert passwords.check("legacy_8_alnum", password) == code


def test_legacy_policy_does_not_tell_cases_apart() -> None:
    assert passwords.normalise("legacy_8_alnum", "AbCd1234") == passwords.normalise("legacy_8_alnum", "aBcD1234")
    assert passwords.normalise("modern", "AbCd1234") == "AbCd1234"
    assert passwords.is_legacy("legacy_8_alnum") and not passwords.is_legacy("modern")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("herbst-regen-41", None),
        ("short-1", "password.too_short"),
        ("x" * 200, "password.too_long"),
        ("aaaabbbbcccc", "password.too_simple"),
        ("Password123", "password.common"),
        ("my-20080315-pw", "password.personal"),
        ("tel15112345678", "password.personal"),
        ("zz0315123Qzz", "password.personal"),
    ],
)
def test_modern_policy_wants_length_and_nothing_personal(password: str, code: str | None) -> None:
    personal = ("14010520080315123Q", "15112345678")
    assert passwords.check("modern", password, personal) == code
