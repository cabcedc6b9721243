"""The loader: the shipped programmes load, and each mistake is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.programme.loader import ProgrammeInvalid, load_programme, load_programmes

SHIPPED = Path("shared/programmes")


def broken(tmp_path: Path, old: str, new: str) -> list[str]:
    """What the loader says of the programme of 2024 with one change; [] if it is taken."""
    text = (SHIPPED / "qualification-2024.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path = tmp_path / "changed.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        load_programme(path)
    except ProgrammeInvalid as error:
        return error.problems
    return []


def line_of(part: str) -> int:
    lines = (SHIPPED / "qualification-2024.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if part in line and not line.startswith("#"))


def test_shipped_programmes_load_under_their_file_names() -> None:
    found = load_programmes(SHIPPED)
    assert set(found) == {path.stem for path in SHIPPED.glob("*.yaml")}


def test_a_programme_with_accounts_alone_leaves_out_what_only_applications_need() -> None:
    accounts_only = load_programme(SHIPPED / "quality-evaluation.yaml")
    assert (accounts_only.stages, accounts_only.fields, accounts_only.fee.amount_fen) == ((), (), 0)
    assert accounts_only.account.first_login == ("roll", "password", "phone")


def test_window_knows_before_inside_and_the_longer_time_for_corrections() -> None:
    window = load_programme(SHIPPED / "qualification-2024.yaml").window
    assert window.corrections_until is not None
    assert [window.is_open(at) for at in (window.opens_at, window.closes_at)] == [True, False]
    assert window.is_open(window.closes_at, returned=True)
    assert not window.is_open(window.corrections_until, returned=True)


@pytest.mark.parametrize(
    ("old", "new", "part", "words"),
    [
        ("amount_fen: 3000", "amount_fen: -1", "amount_fen", "fee.amount_fen"),
        ("legacy_8_alnum #", "legacy_9 #", "password_policy", "there is no such policy"),
        ("notice: pledge,", "notice: oath,", "id: pledge", "there is no notice oath"),
        ("id: payment, type: payment", "id: payment, type: subjects", "fee:", "no stage at which it is paid"),
        ("opened_by: candidate", "opened_by: office", "account:", "has to choose a password"),
        ("kind: id_number\n  opened_by", "kind: issued\n  opened_by", "kind: id_number", "issued by an office"),
        ("guardian_below: 14", "first_login: [phone, roll]", "guardian_below", "in the order roll, password, phone"),
        ("guardian_below: 14", "initial_password: id_last_8", "guardian_below", "choose their own password"),
        ("idle_minutes: 30", "idle_minuts: 30", "idle_minutes", "account.idle_minuts"),
        ("parent: city", "parent: town", "parent: city", "there is no field town"),
        ("when: {category: [pupil], school_kind", "when: {kategory: [pupil], school_kind", "school_kind", "kategory"),
        ("{match: 0.45, review: 0.62}", "{match: 0.7, review: 0.62}", "match: 0.45", "match must not exceed review"),
        ("{id: spanish, group: foreign_language", "{id: spanish, group: latin", "spanish", "there is no group latin"),
        ("{id: spanish,", "{id: english,", "spanish", "english is there already"),
        ('pattern: "[0-9]{1,4}"', 'pattern: "[0-9"', "pattern", "fields.8.pattern"),
        ("field: diploma,", "field: degree,", "field: diploma", "there is no field or material degree"),
        ("opens_at: 2026-01-01T00:00:00+08:00", "opens_at: 2029-01-01T00:00:00+08:00", "closes_at", "before it opens"),
        ("type: subjects, part_of: payment", "type: payment", "subjects:", "no stage at which subjects are chosen"),
        ("part_of: payment", "part_of: paying", "part_of", "there is no stage paying"),
        ("  claim_minutes: 15", "  claim_minutes: soon", "claim_minutes", "review.claim_minutes"),
    ],
)
def test_each_mistake_names_line_and_key(tmp_path: Path, old: str, new: str, part: str, words: str) -> None:
    problems = broken(tmp_path, old, new)
    here = [told for told in problems if told.startswith(f"changed.yaml:{line_of(part)}: ")]
    assert len(here) == 1, problems
    assert words in here[0]


def test_a_key_given_twice_is_an_error(tmp_path: Path) -> None:
    told = broken(tmp_path, "  absolute_hours: 12", "  idle_minutes: 31")
    assert told == [f"changed.yaml:{line_of('absolute_hours')}: idle_minutes stands here twice"]


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    told = broken(tmp_path, "fee:\n", "fee: [\n")
    assert len(told) == 1 and told[0].startswith("changed.yaml:")


def test_a_file_without_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(ProgrammeInvalid, match=r"empty\.yaml:1: programme"):
        load_programme(tmp_path / "empty.yaml")


def test_two_files_cannot_share_an_id(tmp_path: Path) -> None:
    text = (SHIPPED / "qualification-2024.yaml").read_text(encoding="utf-8")
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ProgrammeInvalid, match="another file's id"):
        load_programmes(tmp_path)
