"""Password policies by name. A programme names one; an account keeps the name of the one its password is under.

`legacy_8_alnum` is what manual 000 (section 3.7 and 5) demands; it is weak, and that programme's own choice.
`modern` is the default: length over classes, and nothing that others know of the person (NIST SP 800-63B 3.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MODERN_LENGTH = 10
MODERN_LONGEST = 128
PERSONAL_PART = 6
COMMON = ("password", "qwerty", "abc123", "iloveyou", "admin", "welcome", "woaini", "baokao", "123456", "111111")


@dataclass(frozen=True)
class Policy:
    """One named policy. `rules` are (code, holds) in the order they are told; `folds_case` before hashing;
    `legacy` only marks the policy as weak (`is_legacy`)."""

    rules: tuple[tuple[str, Callable[[str], bool]], ...]
    folds_case: bool = False
    refuses_personal: bool = True
    legacy: bool = False


def check(policy: str, password: str, personal: Sequence[str] = ()) -> str | None:
    """The code of the first rule of that policy which `password` breaks, None if it may be used.

    `personal` are ID number, phone and birth date of the person, as far as known.
    """
    named = POLICIES[policy]
    for code, holds in named.rules:
        if not holds(password):
            return code
    if named.refuses_personal and _reveals(password, personal):
        return "password.personal"
    return None


def normalise(policy: str, password: str) -> str:
    """What is hashed and compared: the legacy policy does not tell cases apart."""
    return password.casefold() if POLICIES[policy].folds_case else password


def is_legacy(policy: str) -> bool:
    """Whether this policy is weaker than the default; nothing is refused because of it."""
    return POLICIES[policy].legacy


def _reveals(password: str, personal: Sequence[str]) -> bool:
    text = password.casefold()
    return any(part in text for value in personal for part in _parts(value.casefold()))


def _parts(value: str) -> Iterable[str]:
    """Every run of six characters: covers the year with month, the last six of an ID number, half a phone number."""
    return (value[start : start + PERSONAL_PART] for start in range(len(value) - PERSONAL_PART + 1))


def _uncommon(password: str) -> bool:
    text = password.casefold()
    # A common word with little around it; a long phrase may hold one.
    return not any(word in text and len(text) < len(word) + PERSONAL_PART for word in COMMON)


POLICIES = {
    "legacy_8_alnum": Policy(
        (
            ("password.space", lambda text: not re.search(r"\s", text)),
            ("password.exactly_8", lambda text: len(text) == 8),
            ("password.letters_and_digits_only", lambda text: bool(re.fullmatch(r"[A-Za-z0-9]*", text))),
            ("password.needs_letter", lambda text: bool(re.search(r"[A-Za-z]", text))),
            ("password.needs_digit", lambda text: bool(re.search(r"[0-9]", text))),
        ),
        folds_case=True,
        refuses_personal=False,
        legacy=True,
    ),
    "modern": Policy(
        (
            ("password.too_short", lambda text: len(text) >= MODERN_LENGTH),
            ("password.too_long", lambda text: len(text) <= MODERN_LONGEST),
            ("password.too_simple", lambda text: len(set(text)) >= 4),
            ("password.common", _uncommon),
        ),
    ),
}
