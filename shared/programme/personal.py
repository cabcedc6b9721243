"""What others know of a person and would try first as a password: parts of ID number and phone, the birthday."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

PART = 6
BIRTHDAY = slice(6, 14)
_SEPARATORS = re.compile(r"[\s\-_./,年月日]+")
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9x]")


def reveals(password: str, personal: Sequence[str]) -> bool:
    """Whether the password says what is known of the person; `personal` are ID number and phone, as far as known."""
    # 1999-02-03 and 1999年2月3日 are the birthday as much as 19990203 is.
    for text in {password, _SEPARATORS.sub("", password)}:
        for value in personal:
            known = unicodedata.normalize("NFKC", value).strip().casefold()
            if any(part in text.casefold() for part in _parts(known)):
                return True
            if any(little_beyond(text, short) for short in _short(known)):
                return True
    return False


def little_beyond(password: str, known: str) -> bool:
    """Whether a password is what everybody would guess with little around it; a long phrase may hold it."""
    text = password.casefold()
    return known in text and len(text) < len(known) + PART


def _parts(known: str) -> Iterator[str]:
    """Every run of six characters (half a phone number, the last six of an ID number), and the birthday's spellings."""
    yield from (known[start : start + PART] for start in range(len(known) - PART + 1))
    if _ID_NUMBER.fullmatch(known):
        yield from _spellings(known[BIRTHDAY])


def _spellings(born: str) -> Iterator[str]:
    """19990203 in the orders in which dates are written; 990203 and the like are runs of the number itself."""
    year, month, day = born[:4], born[4:6], born[6:]
    yield from (day + month + year, month + day + year, day + month + year[2:], month + day + year[2:])
    yield year + month.lstrip("0") + day.lstrip("0")


def _short(known: str) -> Iterator[str]:
    """Four characters are found in many good passwords; they are refused where there is little else."""
    if len(known) >= PART:
        yield known[-4:]
    if _ID_NUMBER.fullmatch(known):
        yield known[BIRTHDAY][4:]
