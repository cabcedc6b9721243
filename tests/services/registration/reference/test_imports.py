"""Imports with dry run, failed rows as a file, and the look-ups on what was imported."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from services.registration.reference import imports
from services.registration.reference.characters import rare_characters
from services.registration.reference.domain import ROLL_QUESTIONS_A_DAY
from services.registration.reference.imports import KINDS, Context
from services.registration.reference.lookups import INDEXES, Reference
from shared.errors import DomainError
from shared.privacy import Vault
from shared.programme.loader import load_programmes
from shared.store import Query
from shared.store.sqlite import SqliteStore
from shared.tables import Report, read_table

SEED = Path("shared/programmes/seed")
TODAY = date(2026, 5, 1)
PUPIL = "140105200806288774"


@pytest.fixture
async def reference() -> AsyncIterator[Reference]:
    async with SqliteStore.open(":memory:", INDEXES) as store:
        yield Reference(store, Vault({"k1": b"a" * 32}, "k1", b"b" * 32))


async def load(reference: Reference, kind: str, content: bytes, *, dry_run: bool = False) -> Report:
    """Import one table."""
    programme = load_programmes(Path("shared/programmes"))["qualification-2024"]
    return await imports.run(KINDS[kind], content, Context(reference, programme, TODAY), dry_run=dry_run)


async def load_seed(reference: Reference) -> None:
    """Everything that the demonstration brings."""
    for kind in ("regions", "schools", "roll", "results"):
        report = await load(reference, kind, (SEED / f"{kind}.csv").read_bytes())
        assert not report.errors


async def test_the_seed_imports_without_an_error_and_is_found(reference: Reference) -> None:
    assert not await reference.has_regions() and not await reference.has_schools()
    await load_seed(reference)
    assert await reference.has_regions() and await reference.has_schools()
    assert [city.name for city in await reference.regions_below("")] == ["太原市", "大同市"]
    (school,) = await reference.schools_in("140105", "文华")
    assert school.kind == "ordinary_high"
    entry = await reference.roll(PUPIL.lower())
    assert entry and (entry.name, entry.school, entry.grade) == ("邓然俊", "140105001", "senior_1")
    failed = [result.exam for result in await reference.results(PUPIL) if not result.passed]
    assert failed.count("2023-06") == failed.count("2023-12") == 1


async def test_a_dry_run_writes_nothing_and_judges_as_the_import_would(reference: Reference) -> None:
    report = await load(reference, "regions", (SEED / "regions.csv").read_bytes(), dry_run=True)
    assert (report.rows, report.ok, report.errors) == (8, 8, [])
    assert await reference.regions_below("") == []


async def test_names_and_numbers_of_the_roll_are_not_stored_in_clear(reference: Reference) -> None:
    await load_seed(reference)
    page = await reference.roll_entries.store.find("roll", Query(limit=100))
    assert len(page.documents) == 60
    assert "邓然俊" not in str(page.documents) and PUPIL not in str(page.documents)


async def test_good_rows_go_in_and_failed_ones_come_back_with_their_reason(reference: Reference) -> None:
    await load_seed(reference)
    table = (
        "身份证号,姓名,学校代码,年级,班次号\n"
        f"{PUPIL},邓新名,140105001,高二,0101\n"
        "140105200806288775,校验错,140105001,高二,0101\n"
        f"{PUPIL},,140105001,高二,0101\n"
        f"{PUPIL},某人,999,高二,0101\n"
        f"{PUPIL},某人,140105001,高九,0101\n"
    )
    report = await load(reference, "roll", table.encode())
    assert (report.rows, report.ok) == (5, 1)
    assert [(e.row, e.column, e.code) for e in report.errors] == [
        (3, "身份证号", "id_number.checksum"),
        (4, "姓名", "import.empty_cell"),
        (5, "学校代码", "import.school_unknown"),
        (6, "年级", "import.not_allowed"),
    ]
    assert len(read_table(report.failed_csv.encode(), KINDS["roll"].columns)) == 4
    entry = await reference.roll(PUPIL)
    assert entry and entry.name == "邓新名"


async def test_importing_twice_changes_nothing_and_doubles_nothing(reference: Reference) -> None:
    await load_seed(reference)
    before = await reference.results(PUPIL)
    await load_seed(reference)
    assert sorted(map(str, await reference.results(PUPIL))) == sorted(map(str, before))


async def test_tickets_and_scores_are_published_per_programme(reference: Reference) -> None:
    seats = (
        "身份证号,准考证号,科目,考试时间,考点,考场,座位号\n"
        f"{PUPIL},240001,历史,2026-06-20 09:00,文华中学,01,17\n"
        f"{PUPIL},240001,地理,2026-06-20 14:00,文华中学,02,03\n"
        f"{PUPIL},240001,历史,2026-06-20 09:00,文华中学,05,18\n"
    )
    scores = f"身份证号,科目,等级,结果\n{PUPIL},历史,B,合格\n"
    await load(reference, "tickets", seats.encode())
    await load(reference, "scores", scores.encode())
    found = await reference.published("qualification-2024", PUPIL)
    assert found and found.ticket_number == "240001" and found.scores[0].passed
    assert {(seat.subject, seat.room) for seat in found.seats} == {("geography", "02"), ("history", "05")}
    assert await reference.published("another", PUPIL) is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    rows = read_table("代码,名称\n14,山西𠮷\n".encode(encoding), ("代码", "名称"))
    assert rows[0].cells == {"代码": "14", "名称": "山西𠮷"}


def test_a_spreadsheet_is_read_and_its_numbers_stay_whole() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["代码", "名称"])
        sheet.write_row(1, 0, [1401, "太原市"])
    rows = read_table(out.getvalue(), ("代码", "名称"))
    assert (rows[0].number, rows[0].cells) == (2, {"代码": "1401", "名称": "太原市"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import.empty"),
        ("代码\n1\n".encode(), "import.columns_missing"),
        (b"PK\x03\x04 not a workbook", "import.unreadable"),
        (b"\xff\xff\x80", "import.unreadable"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_by_name(content: bytes, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        read_table(content, ("代码", "名称"))
    assert refused.value.code == code


async def test_a_formula_in_a_failed_row_is_made_harmless(reference: Reference) -> None:
    report = await load(reference, "regions", "代码,名称,上级代码\n!,=1+1,\n".encode())
    assert "'=1+1" in report.failed_csv


def test_rare_characters_are_found_by_reading_and_common_ones_are_left_out() -> None:
    found = rare_characters("yan")
    assert "䶮" in found
    assert "严" not in found
    assert rare_characters("no such reading") == []


async def test_the_roll_answers_one_person_only_a_few_times_a_day(reference: Reference) -> None:
    for _ in range(ROLL_QUESTIONS_A_DAY):
        await reference.count_roll_question("me", "2026-05-01")
    with pytest.raises(DomainError) as refused:
        await reference.count_roll_question("me", "2026-05-01")
    assert refused.value.code == "roll.too_many"
    await reference.count_roll_question("me", "2026-05-02")
    await reference.count_roll_question("another", "2026-05-01")
