"""The card against what was typed: the differing characters are marked, nothing typed becomes markup."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from services.gateway.compare import compared, marked

PROGRAMME: dict[str, Any] = {
    "fields": [
        {"id": "id_number", "title": "身份证号", "card_field": "id_number"},
        {"id": "name", "title": "姓名", "card_field": "name"},
        {"id": "phone", "title": "手机", "card_field": None},
    ]
}


def test_only_the_differing_character_is_marked() -> None:
    left, right = marked("董明清", "董明请")
    assert (str(left), str(right)) == ("董明<mark>清</mark>", "董明<mark>请</mark>")


def test_upper_and_lower_case_are_the_same() -> None:
    assert "<mark>" not in marked("11010119900101001x", "11010119900101001X")[0]


@given(st.text(), st.text())
def test_typed_text_never_becomes_markup(left: str, right: str) -> None:
    for text, shown in zip((left, right), marked(left, right), strict=True):
        bare = str(shown).replace("<mark>", "").replace("</mark>", "")
        assert bare == str(escape(text))


def test_a_row_for_each_field_that_the_card_knows() -> None:
    view = {
        "values": {"id_number": "1", "name": "李雷"},
        "identity": {
            "fields": {"name": {"text": "李霄", "confidence": 0.5}},
            "differences": [{"field": "name", "typed": "李雷", "read": "李霄"}],
        },
    }
    number, name = compared(PROGRAMME, view)
    assert (number.differs, str(number.read), number.confidence) == (False, "", None)
    assert (name.differs, str(name.read), name.confidence) == (True, "李<mark>霄</mark>", 0.5)


def test_an_option_is_shown_by_its_title_and_not_marked_when_the_service_finds_it_equal() -> None:
    gender: dict[str, Any] = {"id": "gender", "title": "性别", "card_field": "gender"}
    gender["options"] = [{"id": "female", "title": {"zh": "女", "en": "Female"}}]
    view = {"values": {"gender": "female"}, "identity": {"fields": {"gender": {"text": "女", "confidence": 1.0}}}}
    (row,) = compared({"fields": [gender]}, view)
    assert (str(row.typed), str(row.read), row.differs) == ("女", "女", False)
