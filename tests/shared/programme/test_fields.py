"""Verdicts field by field (000.5 to 000.11), branches, derived values, names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.programme import names
from shared.programme.fields import asked_fields, asked_materials, context, derived, form_errors, verdicts
from shared.programme.model import RollCheck
from shared.programme.subjects import History
from tests.shared.programme.examples import DAY, facts, number, pupil, qualification

PICTURES = {"id_card", "portrait"}
PROGRAMME = qualification()


def errors(values: dict[str, str], attached: set[str] = PICTURES, kind: str = "ordinary_high") -> dict[str, str]:
    return {error.pointer: error.code for error in form_errors(PROGRAMME, values, attached, facts(kind=kind))}


def test_a_complete_form_has_nothing_to_say() -> None:
    assert errors(pupil()) == {}
    assert all(verdict.ok and not verdict.code for verdict in verdicts(PROGRAMME, pupil(), facts()).values())


@pytest.mark.parametrize(
    ("field", "typed", "code"),
    [
        ("id_number", "", "field.missing"),
        ("id_number", number()[:-1] + "?", "id_number.characters"),
        ("id_number", "1" * 40, "field.too_long"),
        ("name", "王", "name.length"),
        ("name", "王1", "name.characters"),
        ("gender", "male", "gender.differs"),
        ("category", "teacher", "field.not_offered"),
        ("city", "9999", "region.unknown"),
        ("district", "1401", "region.elsewhere"),
        ("school", "140105", "school.elsewhere"),
        ("school", "nowhere", "school.unknown"),
        ("grade", "", "field.missing"),
        ("class_number", "12345", "field.too_long"),
        ("class_number", "A1", "field.pattern"),
        ("phone", "123", "phone.not_mobile"),
    ],
)
def test_each_field_has_its_own_verdict(field: str, typed: str, code: str) -> None:
    assert errors(pupil(**{field: typed}))[f"/values/{field}"] == code


def test_what_follows_another_field_is_nobodys_to_fill_in() -> None:
    for number_typed in ("", number()[:-1] + "?"):
        told = errors(pupil(id_number=number_typed, gender=""))
        assert "/values/id_number" in told
        assert "/values/gender" not in told


def test_grade_is_asked_of_pupils_of_ordinary_high_schools_only() -> None:
    for kind, asked in (("ordinary_high", True), ("vocational", False)):
        known = context(PROGRAMME, pupil(), facts(kind=kind))
        assert ("grade" in [each.id for each in asked_fields(PROGRAMME, known)]) == asked
    assert errors(pupil(grade="nonsense"), kind="vocational") == {}


def test_others_bring_three_more_pictures_and_have_no_class() -> None:
    values = pupil(category="social")
    known = context(PROGRAMME, values, facts())
    assert [each.id for each in asked_materials(PROGRAMME, known)] == [
        "id_card",
        "portrait",
        "hukou_first",
        "hukou_own",
        "diploma",
    ]
    assert {each.id for each in asked_fields(PROGRAMME, known)}.isdisjoint({"grade", "class_number"})
    assert set(errors(values)) == {"/attachments/hukou_first", "/attachments/hukou_own", "/attachments/diploma"}


def test_a_grade_that_is_not_asked_makes_no_cohort() -> None:
    senior = pupil(grade="senior_2")
    assert context(PROGRAMME, senior, facts())["cohort"] == "2022"
    assert context(PROGRAMME, senior, facts(kind="vocational"))["cohort"] == ""
    assert context(PROGRAMME, senior | {"category": "social"}, facts())["cohort"] == ""


def test_earlier_results_make_a_returning_candidate() -> None:
    assert context(PROGRAMME, pupil(), facts())["registration"] == "first"
    known = context(PROGRAMME, pupil(), facts(History(frozenset({"history"}))))
    assert known["registration"] == "returning"


def test_gender_follows_the_number_and_only_a_valid_one() -> None:
    assert derived(PROGRAMME, {"id_number": number(13)}, DAY) == {"gender": "male"}
    assert derived(PROGRAMME, {"id_number": number(12)}, DAY) == {"gender": "female"}
    assert derived(PROGRAMME, {"id_number": "123"}, DAY) == {}


def test_the_roll_warns_or_refuses_as_the_programme_says() -> None:
    absent = replace(facts(), roll="absent")
    warned = verdicts(PROGRAMME, pupil(), absent)["name"]
    assert (warned.ok, warned.code) == (True, "roll.absent")
    strict = PROGRAMME.model_copy(update={"roll_check": RollCheck(absent="refuse", differs="refuse")})
    refused = verdicts(strict, pupil(), absent)["name"]
    assert (refused.ok, refused.code) == (False, "roll.absent")
    assert verdicts(PROGRAMME, pupil(category="social"), absent)["name"].code == ""


@pytest.mark.parametrize(
    "name", ["王小明", "欧阳小明", "阿卜杜拉·买买提", "阿卜杜拉•买买提", "㛃䶮", "𬎆𠅤", "Anna-Maria O'Neill"]
)
def test_names_with_rare_characters_and_dots_are_names(name: str) -> None:
    assert names.problem(name) is None


def test_names_fold_to_one_way_of_writing() -> None:
    assert names.normalise(" 王 小 明 ") == "王小明"
    assert names.normalise("阿卜杜拉・买买提") == names.normalise("阿卜杜拉 • 买买提") == "阿卜杜拉·买买提"
    assert names.normalise("Anna  Maria") == "Anna Maria"


def test_private_use_characters_are_refused_because_no_printer_has_them() -> None:
    assert names.problem("王\ue863") == "name.private_use"


@given(st.text(max_size=40))
def test_normalising_a_name_twice_changes_nothing_more(text: str) -> None:
    assert names.normalise(names.normalise(text)) == names.normalise(text)


@given(st.dictionaries(st.sampled_from([each.id for each in PROGRAMME.fields]), st.text(max_size=60)))
def test_anything_typed_has_a_verdict_for_every_field_asked(values: dict[str, str]) -> None:
    asked = asked_fields(PROGRAMME, context(PROGRAMME, values, facts()))
    told = verdicts(PROGRAMME, values, facts())
    assert set(told) == {each.id for each in asked}
    assert all(verdict.ok or verdict.code for verdict in told.values())
