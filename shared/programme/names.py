"""Names as on identity cards: Chinese characters, rare ones included, and · between the parts of others."""

from __future__ import annotations

import unicodedata

LONGEST = 30
# The dots people find on their keyboards, for the one on the cards (GB/T 38961: U+00B7).
_DOTS = str.maketrans(dict.fromkeys("•‧・．.∙⋅●", "·"))


def normalise(text: str) -> str:
    """The one way a name is written: one kind of dot, no spaces around it or between Chinese characters."""
    narrow = unicodedata.normalize("NFC", text).translate(_DOTS)
    words = narrow.split()
    latin = all(ord(character) < 0x250 for word in words for character in word)
    return (" " if latin else "").join(words)


def mask(text: str) -> str:
    """For showing: 王**."""
    return text[:1] + "*" * (len(text) - 1)


def problem(text: str) -> str | None:
    """The code of the first rule that `text` breaks; None for a name that a card can hold."""
    name = normalise(text)
    if any(unicodedata.category(character) == "Co" for character in name):
        return "name.private_use"
    if not all(unicodedata.category(character)[0] in "LM" or character in "· '-" for character in name):
        return "name.characters"
    if not 2 <= len(name) <= LONGEST or name[0] in "·-'" or name[-1] in "·-'":
        return "name.length"
    return None
