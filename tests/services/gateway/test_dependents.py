"""After a change only what hangs on it is drawn again."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.gateway import dependents
from shared.programme.loader import load_programmes

PROGRAMME = load_programmes(Path("shared/programmes"))["qualification-2024"].model_dump(mode="json")


@pytest.mark.parametrize(
    ("changed", "fields", "materials"),
    [
        ("phone", [], []),
        ("name", [], []),
        ("id_number", ["gender"], []),
        ("city", ["district", "school", "grade"], []),
        ("district", ["school", "grade"], []),
        ("school", ["grade"], []),
        ("category", ["grade", "class_number"], ["hukou_first", "hukou_own", "diploma"]),
        ("grade", [], []),
    ],
)
def test_what_depends_on_a_field(changed: str, fields: list[str], materials: list[str]) -> None:
    found = dependents.after(PROGRAMME, [changed])
    assert [[item["id"] for item in part] for part in found] == [fields, materials]


def test_a_field_that_was_sent_itself_is_not_drawn_again() -> None:
    fields, _ = dependents.after(PROGRAMME, ["city", "district"])
    assert [field["id"] for field in fields] == ["school", "grade"]
