"""Password policies: what each manual asks for, held against independent descriptions, and the personal blocklist."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.programme import passwords
from tests.shared.programme.test_rules_of_values import number_of

VISIBLE = [chr(code) for code in range(33, 127)]
CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)
SEPARATORS = ("", "-", "/", ".", " ", "_")


def classes(text: str) -> int:
    return sum(any(letter in kind for letter in text) for kind in CLASSES)


ASKED: dict[str, Callable[[str], bool]] = {
    "legacy_8_alnum": lambda text: (
        len(text) == 8
        and all(letter in string.ascii_letters + string.digits for letter in text)
        and any(letter in string.ascii_letters for letter in text)
        and any(letter in string.digits for letter in text)
    ),
    "classes_12_16": lambda text: 12 <= len(text) <= 16 and classes(text) == 4 and set(text) <= set(VISIBLE),
    "classes_8_15": lambda text: 8 <= len(text) <= 15 and classes(text) >= 3 and set(text) <= set(VISIBLE),
    "six_not_digits": lambda text: 6 <= len(text) <= 128 and not set(text) <= set(string.digits),
    "modern": lambda text: 10 <= len(text) <= 128 and len(set(text)) >= 4,
}
# Few letters, so that the edges of every rule are met often; some that no keyboard of ours has.
texts = (
    st.text(st.sampled_from("aB1!b2\n 密😀"), max_size=18) | st.text(st.sampled_from(VISIBLE), max_size=18) | st.text()
)


@pytest.mark.parametrize("policy", sorted(passwords.POLICIES))
@given(text=texts)
def test_a_policy_takes_exactly_what_its_manual_asks_for(policy: str, text: str) -> None:
    broken = passwords.check(policy, text)
    assert (broken in {None, "password.common"}) == ASKED[policy](text)


@pytest.mark.parametrize(
    ("policy", "password", "code"),
    [
        ("legacy_8_alnum", "abcd123\n", "password.space"),
        ("classes_12_16", "Spring-Rain4", None),
        ("classes_12_16", "Spring-Rain", "password.length_12_16"),
        ("classes_12_16", "spring-rain4", "password.needs_upper"),
        ("classes_12_16", "SPRING-RAIN4", "password.needs_lower"),
        ("classes_12_16", "Spring-Rainy", "password.needs_digit"),
        ("classes_12_16", "SpringRainy4", "password.needs_special"),
        ("classes_12_16", "Spring-Rain4雨", "password.visible_only"),
        ("classes_8_15", "Regen-wetter", None),
        ("classes_8_15", "regenwetter4", "password.three_classes"),
        ("classes_8_15", "Regen-4", "password.length_8_15"),
        ("six_not_digits", "regen4", None),
        ("six_not_digits", "regen", "password.six_or_more"),
        ("six_not_digits", "246813579", "password.not_only_digits"),
        ("six_not_digits", "rain1234", "password.personal"),
    ],
)
def test_a_refusal_names_the_rule(policy: str, password: str, code: str | None) -> None:
    assert passwords.check(policy, password, ("", "13911111234")) == code


STRICT = sorted(name for name, policy in passwords.POLICIES.items() if not policy.guessable)
births = st.dates(date(1950, 1, 1), date(2012, 12, 31))


@pytest.mark.parametrize("policy", STRICT)
@given(born=births, order=st.integers(0, 999), start=st.integers(0, 12), around=st.text(st.sampled_from(VISIBLE)))
def test_no_six_characters_of_the_own_number_pass(policy: str, born: date, order: int, start: int, around: str) -> None:
    number = number_of(born=born, order=order)
    for password in (around + number[start : start + 6], number[start : start + 6].lower() + around):
        assert passwords.check(policy, password, (number, "")) is not None


@pytest.mark.parametrize("policy", STRICT)
@pytest.mark.parametrize("spelling", ["%Y{0}%m{0}%d", "%y{0}%m{0}%d", "%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%d{0}%m{0}%y"])
@given(born=births, separator=st.sampled_from(SEPARATORS), around=st.text(st.sampled_from(VISIBLE), max_size=8))
def test_the_birthday_is_known_however_it_is_written(
    policy: str, spelling: str, born: date, separator: str, around: str
) -> None:
    password = around + f"{born:{spelling.format(separator)}}"
    assert passwords.check(policy, password, (number_of(born=born), "")) is not None


@pytest.mark.parametrize(
    ("password", "code"),
    [("Rain-0203", "password.personal"), ("Rain-8888", "password.personal"), ("Rain-in-May-0203", None)],
)
def test_four_known_digits_are_refused_where_there_is_little_else(password: str, code: str | None) -> None:
    assert passwords.check("six_not_digits", password, (number_of(born=date(1999, 2, 3)), "13911118888")) == code


def test_an_unpadded_birthday_is_one() -> None:
    personal = (number_of(born=date(1999, 2, 3)), "")
    for password in ("Xiaoming199923", "Xiaoming1999年2月3日", "Xiaoming1999/2/3"):
        assert passwords.check("six_not_digits", password, personal) == "password.personal"


@given(password=st.text(st.sampled_from(VISIBLE), min_size=8, max_size=8))
def test_only_the_legacy_policy_folds_cases(password: str) -> None:
    assert passwords.normalise("legacy_8_alnum", password.upper()) == passwords.normalise("legacy_8_alnum", password)
    for policy in STRICT:
        assert passwords.normalise(policy, password) == password
