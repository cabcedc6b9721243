"""What the tests of programmes share: the real programme of 2024, and a complete form for it."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from shared.programme.fields import Facts
from shared.programme.id_number import check_character
from shared.programme.loader import load_programme
from shared.programme.model import Programme
from shared.programme.subjects import History

DAY = date(2026, 6, 1)
FOUR = ("history", "geography", "chemistry", "biology")
EIGHT = ("chinese", "mathematics", "physics", "politics", *FOUR)
LANGUAGES = ("english", "russian", "japanese", "french", "german", "spanish")


@cache
def qualification() -> Programme:
    """shared/programmes/qualification-2024.yaml."""
    return load_programme(Path("shared/programmes/qualification-2024.yaml"))


def number(order: int = 12, born: str = "20080315", region: str = "140105") -> str:
    """A valid ID number of an invented person; odd `order` is male."""
    first = f"{region}{born}{order:03d}"
    return first + check_character(first)


def pupil(**changes: str) -> dict[str, str]:
    """What a pupil of an ordinary high school types."""
    values = {
        "id_number": number(),
        "name": "王小明",
        "gender": "female",
        "category": "pupil",
        "city": "1401",
        "district": "140105",
        "school": "14010501",
        "grade": "senior_1",
        "class_number": "12",
        "phone": "15111111111",
    }
    return values | changes


def facts(history: History | None = None, kind: str = "ordinary_high", **more: str) -> Facts:
    """That the places typed exist and belong together."""
    parents = {"1401": "", "140105": "1401", "14010501": "140105"}
    return Facts(DAY, parents | more, kind, "match", history or History())
