"""The demo's candidates: pupils of its school roll. Their pictures are in pictures.py."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from deploy import ROOT

SEED = ROOT / "shared" / "programmes" / "seed"
CITIES = 4
DISTRICTS = 6


@dataclass(frozen=True)
class Pupil:
    """Somebody on the roll of a vocational school who has no earlier results. `number` makes pictures and phone."""

    number: int
    id_number: str
    name: str
    school: str
    class_number: str

    @property
    def phone(self) -> str:
        """An invented number."""
        return f"1380000{self.number:04}"

    @property
    def values(self) -> dict[str, str]:
        """The form as this pupil fills it."""
        place = {"city": self.school[:CITIES], "district": self.school[:DISTRICTS], "school": self.school}
        own = {"id_number": self.id_number, "name": self.name, "phone": self.phone, "class_number": self.class_number}
        return {**own, **place, "category": "pupil"}


def pupils() -> Iterator[Pupil]:
    """In the order of the roll."""
    again = {row["身份证号"] for row in _rows("results")}
    vocational = {row["代码"] for row in _rows("schools") if row["类型"] == "中职学校"}
    for number, row in enumerate(_rows("roll")):
        if row["学校代码"] in vocational and row["身份证号"] not in again:
            yield Pupil(number, row["身份证号"], row["姓名"], row["学校代码"], row["班次号"])


@cache
def school_name(code: str) -> str:
    """The name of one of the demo's schools."""
    return next(row["名称"] for row in _rows("schools") if row["代码"] == code)


def _rows(name: str) -> list[dict[str, str]]:
    with (SEED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
