"""Password policies by name. A programme names one; an account keeps the name of the one its password is under.

The four manuals ask for four: 000 (sections 3.7 and 5) exactly eight, 001 twelve to sixteen of four classes, 003
eight to fifteen of three classes, 004 six that are not all digits. They are those programmes' own choice. `modern` is
the default: length over classes, and nothing that others know of the person (NIST SP 800-63B 3.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from shared.programme.personal import little_beyond, reveals

LONGEST = 128
COMMON = ("password", "qwerty", "abc123", "iloveyou", "admin", "welcome", "woaini", "baokao", "123456", "111111")
_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[!-/:-@\\[-`{-~]")


@dataclass(frozen=True)
class Rule:
    """Broken unless `pattern` is found. Pages run the same pattern while somebody types, so it may only say what
    Python and JavaScript (flags u and s) understand alike."""

    code: str
    pattern: str

    def holds(self, password: str) -> bool:
        """Whether the password keeps this rule."""
        return re.search(self.pattern, password, re.DOTALL) is not None


@dataclass(frozen=True)
class Policy:
    """One named policy; its rules are told in this order. `folds_case` before hashing; `guessable`: passwords that
    others would try first are allowed; `legacy` only marks the policy as weak (`is_legacy`)."""

    rules: tuple[Rule, ...]
    folds_case: bool = False
    guessable: bool = False
    legacy: bool = False


def check(policy: str, password: str, personal: Sequence[str] = ()) -> str | None:
    """The code of the first rule of that policy which `password` breaks, None if it may be used.

    `personal` are ID number and phone of the person, as far as known.
    """
    named = POLICIES[policy]
    for rule in named.rules:
        if not rule.holds(password):
            return rule.code
    if named.guessable:
        return None
    if any(little_beyond(password, word) for word in COMMON):
        return "password.common"
    return "password.personal" if reveals(password, personal) else None


def normalise(policy: str, password: str) -> str:
    """What is hashed and compared: the legacy policy does not tell cases apart."""
    return password.casefold() if POLICIES[policy].folds_case else password


def is_legacy(policy: str) -> bool:
    """Whether this policy is weaker than the default; nothing is refused because of it."""
    return POLICIES[policy].legacy


def _three_of(classes: Sequence[str]) -> str:
    """Any class may be the one that is missing."""
    wanted = [[one for one in classes if one != missing] for missing in classes]
    return "^(?:" + "|".join("".join(f"(?=.*{one})" for one in three) for three in wanted) + ")"


def _distinct(number: int) -> str:
    """At least so many different characters: each next one is none of those before."""
    seen = [f"\\{place + 1}" for place in range(number)]
    return reduce(
        lambda so_far, place: f"{so_far}(?:{'|'.join(seen[:place])})*(?!{'|'.join(seen[:place])})(.)",
        range(1, number),
        "^(.)",
    )


# Not `$`: for Python that is also the place before a last line break.
_SHORT_ENOUGH = Rule("password.too_long", f"^.{{0,{LONGEST}}}(?!.)")
_VISIBLE = Rule("password.visible_only", "^(?!.*[^!-~])")
_LOWER, _UPPER, _DIGIT, _SPECIAL = _CLASSES

POLICIES = {
    "legacy_8_alnum": Policy(
        (
            Rule("password.space", "^(?!.*\\s)"),
            Rule("password.exactly_8", "^.{8}(?!.)"),
            Rule("password.letters_and_digits_only", "^(?!.*[^A-Za-z0-9])"),
            Rule("password.needs_letter", "[A-Za-z]"),
            Rule("password.needs_digit", _DIGIT),
        ),
        folds_case=True,
        guessable=True,
        legacy=True,
    ),
    "classes_12_16": Policy(
        (
            Rule("password.length_12_16", "^.{12,16}(?!.)"),
            Rule("password.needs_upper", _UPPER),
            Rule("password.needs_lower", _LOWER),
            Rule("password.needs_digit", _DIGIT),
            Rule("password.needs_special", _SPECIAL),
            _VISIBLE,
        ),
    ),
    "classes_8_15": Policy(
        (
            Rule("password.length_8_15", "^.{8,15}(?!.)"),
            Rule("password.three_classes", _three_of(_CLASSES)),
            _VISIBLE,
        ),
        legacy=True,
    ),
    "six_not_digits": Policy(
        (
            Rule("password.six_or_more", "^.{6}"),
            Rule("password.not_only_digits", "[^0-9]"),
            _SHORT_ENOUGH,
        ),
        legacy=True,
    ),
    "modern": Policy(
        (
            Rule("password.too_short", "^.{10}"),
            _SHORT_ENOUGH,
            Rule("password.too_simple", _distinct(4)),
        ),
    ),
}
