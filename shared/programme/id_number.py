"""Resident identity numbers (GB 11643-1999): 17 digits and a check character by ISO 7064 MOD 11-2.

Residence permits of Hong Kong (81), Macao (82) and Taiwan (83) residents have the same form and are accepted;
python-stdnum's full check refuses them, so the rules are here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.errors import DomainError

Gender = Literal["male", "female"]

LENGTH = 18
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
PERMITS = frozenset({"81", "82", "83"})
# GB/T 2260: the first digit is the part of the country, the second counts its provinces from 1.
_LAST_OF_PART = {"1": 5, "2": 3, "3": 7, "4": 6, "5": 4, "6": 5, "7": 1}
PROVINCES = PERMITS | {
    f"{part}{digit}" for part, last in _LAST_OF_PART.items() for digit in range(0 if part == "5" else 1, last + 1)
}
EARLIEST_BIRTH = date(1900, 1, 1)
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")


@dataclass(frozen=True)
class IdNumber:
    """What a valid number says."""

    text: str
    gender: Gender


def normalise(text: str) -> str:
    """The one way a number is written: full-width digits narrowed, spaces taken out, x as X."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_character(first_17: str) -> str:
    """The 18th character for 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def parse(text: str, today: date) -> IdNumber:
    """Read a number as a person typed it. Raises `DomainError` `id_number.*` naming the first rule it breaks."""
    number = normalise(text)
    if code := _broken_rule(number, today):
        raise DomainError(code)
    return IdNumber(text=number, gender="male" if int(number[16]) % 2 else "female")


def problem(text: str, today: date) -> str | None:
    """The code of the first rule that `text` breaks; None for a valid number."""
    return _broken_rule(normalise(text), today)


def has_valid_checksum(number: str) -> bool:
    """Whether a normalised number has the form and its check character fits; nothing is said of date and region."""
    return bool(_SHAPE.fullmatch(number)) and check_character(number[:17]) == number[17]


def _broken_rule(number: str, today: date) -> str | None:
    if len(number) != LENGTH:
        return "id_number.length"
    if not _SHAPE.fullmatch(number):
        return "id_number.characters"
    if number[:2] not in PROVINCES:
        return "id_number.region"
    born = birth_date(number)
    if born is None or not EARLIEST_BIRTH <= born <= today:
        return "id_number.birth_date"
    return None if has_valid_checksum(number) else "id_number.checksum"


def birth_date(number: str) -> date | None:
    """The day of birth that a normalised number names; None where there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
