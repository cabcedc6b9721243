"""Mobile numbers of the Chinese mainland (+86): 11 digits, 13x to 19x."""

from __future__ import annotations

import re
import unicodedata

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SEPARATORS = re.compile(r"[\s\-()]+")


def normalise(text: str) -> str:
    """The one way a number is written: narrow digits only, without +86, spaces and dashes."""
    digits = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    for prefix in ("+86", "0086", "86"):
        rest = digits.removeprefix(prefix)
        if rest != digits and len(rest) == 11:
            return rest
    return digits


def problem(text: str) -> str | None:
    """The code of the rule that `text` breaks; None for a mobile number."""
    return None if _MOBILE.fullmatch(normalise(text)) else "phone.not_mobile"


def mask(text: str) -> str:
    """For showing: 138****5678."""
    number = normalise(text)
    return f"{number[:3]}****{number[-4:]}" if len(number) == 11 else "****"
