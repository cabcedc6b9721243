"""Imports with dry run: every row is checked by itself, good rows are written, failed ones come back as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

from services.registration.reference.domain import (
    GRADES,
    PASSED,
    SCHOOL_KINDS,
    Import,
    PriorResult,
    Published,
    Region,
    Results,
    RollEntry,
    School,
    Score,
    Seat,
)
from services.registration.reference.lookups import Reference, put
from shared.audit import Thing, recorded
from shared.programme import id_number as id_numbers
from shared.programme.model import Programme
from shared.tables import Report, Row, RowError, Write, take_in
from shared.tokens import Actor

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What a row is checked against and written to; `seen` are the codes of earlier rows of the same file."""

    reference: Reference
    programme: Programme
    today: date
    seen: set[str] = field(default_factory=set)


Check = Callable[[Row, Context], Awaitable[Write]]


@dataclass(frozen=True)
class Kind:
    """One sort of table: its columns, and the check of a row, which returns the write to be done."""

    columns: tuple[str, ...]
    check: Check


async def run(kind: Kind, content: bytes, context: Context, *, dry_run: bool) -> Report:
    """Import a table; with `dry_run` nothing is written. Raises `import.*` when the whole table cannot be read."""
    return await take_in(content, kind.columns, lambda row: kind.check(row, context), dry_run=dry_run)


async def run_told(kind: Kind, content: bytes, context: Context, table: Import, actor: Actor) -> Report:
    """Import a table for real. The audit log hears of it before the first row, and of the counts after the last."""
    thing, journal = Thing("import", table.id), context.reference.imports
    await journal.add(table.id, table, recorded(actor, "import_begun", thing, table.at, after=table.told()))
    report = await run(kind, content, context, dry_run=False)
    async with journal.edit(table.id) as work:
        before = work.state.told()
        work.state.rows, work.state.written = report.rows, report.ok
        work.emit(recorded(actor, "import_finished", thing, table.at, before, work.state.told()))
    return report


async def check_region(row: Row, context: Context) -> Write:
    """代码, 名称, 上级代码 (empty for a city)."""
    code, name = _code(row, "代码"), _filled(row, "名称")
    parent = row.cells["上级代码"]
    if parent and parent not in context.seen and await context.reference.region(parent) is None:
        raise RowError("上级代码", "import.region_unknown")
    context.seen.add(code)
    return lambda: put(context.reference.regions, code, Region(code, name, parent))


async def check_school(row: Row, context: Context) -> Write:
    """代码, 名称, 县区代码, 类型."""
    code, name = _code(row, "代码"), _filled(row, "名称")
    kind = _one_of(row, "类型", SCHOOL_KINDS)
    region = row.cells["县区代码"]
    if await context.reference.region(region) is None:
        raise RowError("县区代码", "import.region_unknown")
    return lambda: put(context.reference.schools, code, School(code, name, region, kind))


async def check_roll(row: Row, context: Context) -> Write:
    """身份证号, 姓名, 学校代码, 年级, 班次号."""
    reference = context.reference
    person = reference.person(_id_number(row, context))
    name, grade, school = _filled(row, "姓名"), _one_of(row, "年级", GRADES), row.cells["学校代码"]
    if await reference.school(school) is None:
        raise RowError("学校代码", "import.school_unknown")
    entry = RollEntry(person, name, school, grade, row.cells["班次号"])
    return lambda: put(reference.roll_entries, person, entry)


async def check_result(row: Row, context: Context) -> Write:
    """身份证号, 科目, 考次, 结果."""
    reference = context.reference
    person = reference.person(_id_number(row, context))
    result = PriorResult(_subject(row, context), _filled(row, "考次"), _one_of(row, "结果", PASSED))
    return lambda: reference.prior_results.change(
        person, lambda work: work.state.put(result), first=partial(Results, person)
    )


async def check_seat(row: Row, context: Context) -> Write:
    """身份证号, 准考证号, 科目, 考试时间, 考点, 考场, 座位号."""
    reference = context.reference
    person = reference.person(_id_number(row, context), context.programme.id)
    number = _filled(row, "准考证号")
    places = (_filled(row, column) for column in ("考试时间", "考点", "考场", "座位号"))
    seat = Seat(_subject(row, context), *places)
    records, first = reference.published_records, partial(Published, person)
    return lambda: records.change(person, lambda work: work.state.put_seat(number, seat), first=first)


async def check_score(row: Row, context: Context) -> Write:
    """身份证号, 科目, 等级, 结果."""
    reference = context.reference
    person = reference.person(_id_number(row, context), context.programme.id)
    score = Score(_subject(row, context), _filled(row, "等级"), _one_of(row, "结果", PASSED))
    records, first = reference.published_records, partial(Published, person)
    return lambda: records.change(person, lambda work: work.state.put_score(score), first=first)


KINDS = {
    "regions": Kind(("代码", "名称", "上级代码"), check_region),
    "schools": Kind(("代码", "名称", "县区代码", "类型"), check_school),
    "roll": Kind(("身份证号", "姓名", "学校代码", "年级", "班次号"), check_roll),
    "results": Kind(("身份证号", "科目", "考次", "结果"), check_result),
    "tickets": Kind(("身份证号", "准考证号", "科目", "考试时间", "考点", "考场", "座位号"), check_seat),
    "scores": Kind(("身份证号", "科目", "等级", "结果"), check_score),
}


def _filled(row: Row, column: str) -> str:
    text = row.cells[column]
    if not text:
        raise RowError(column, "import.empty_cell")
    return text


def _code(row: Row, column: str) -> str:
    text = _filled(row, column)
    if not text.isascii() or not text.isalnum() or len(text) > 20:
        raise RowError(column, "import.code_invalid")
    return text


def _one_of(row: Row, column: str, values: dict[str, T]) -> T:
    if row.cells[column] not in values:
        raise RowError(column, "import.not_allowed")
    return values[row.cells[column]]


def _id_number(row: Row, context: Context) -> str:
    number = id_numbers.normalise(_filled(row, "身份证号"))
    if broken := id_numbers.problem(number, context.today):
        raise RowError("身份证号", broken)
    return number


def _subject(row: Row, context: Context) -> str:
    rules = context.programme.subjects
    titles = {subject.title.zh: subject.id for subject in rules.options} if rules else {}
    return _one_of(row, "科目", titles)
