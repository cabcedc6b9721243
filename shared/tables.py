"""Tables that offices send: CSV (UTF-8 or GB 18030) or XLSX, first row = column titles, all cells as text.

Every row is checked by itself; good rows are written, failed ones come back as a file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from python_calamine import CalamineError, CalamineWorkbook

from shared.errors import DomainError, Kind

XLSX_MAGIC = b"PK\x03\x04"
MAX_ROWS = 200_000
REASON_COLUMN = "未导入原因"
CHUNK = 64 * 1024


@dataclass(frozen=True)
class Row:
    """One line of a table; `number` counts from 2, as a spreadsheet shows it."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class CellError:
    """Which row and column is wrong, and the rule it breaks."""

    row: int
    column: str
    code: str


@dataclass
class Report:
    """The result of an import or of its dry run. `failed_csv` holds only the failed rows, with the reason."""

    rows: int = 0
    ok: int = 0
    errors: list[CellError] = field(default_factory=list)
    failed_csv: str = ""


class RowError(Exception):
    """One cell of a row is wrong."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column = column
        self.code = code


Write = Callable[[], Awaitable[None]]
Check = Callable[[Row], Awaitable[Write]]


async def take_in(
    content: bytes,
    columns: Sequence[str],
    check: Check,
    *,
    dry_run: bool,
    optional: Sequence[str] = (),
    most: int = MAX_ROWS,
) -> Report:
    """Check each row of a table, which gives the write to be done; with `dry_run` nothing is written. Raises
    `import.*` when the whole table cannot be read."""
    report, failed = Report(), []
    for row in read_table(content, columns, most):
        report.rows += 1
        try:
            write = await check(row)
            if not dry_run:
                await write()
        except RowError as error:
            report.errors.append(CellError(row.number, error.column, error.code))
            failed.append({**row.cells, REASON_COLUMN: f"{error.column}: {error.code}"})
            continue
        report.ok += 1
    if failed:
        report.failed_csv = write_csv([*columns, *optional, REASON_COLUMN], failed)
    return report


async def read_bounded(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """A file of at most so many bytes. Raises `import.too_large`."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > most:
            limit = most // (1024 * 1024)
            raise DomainError("import.too_large", Kind.TOO_LARGE, "/file", params={"megabytes": limit})
    return bytes(content)


def read_table(content: bytes, columns: Sequence[str], most: int = MAX_ROWS) -> list[Row]:
    """The rows of a table that has at least these columns. Raises `import.*` refusals."""
    lines = _xlsx(content) if content.startswith(XLSX_MAGIC) else _csv(content)
    if not lines:
        raise DomainError("import.empty", pointer="/file")
    if len(lines) - 1 > most:
        raise DomainError("import.too_many_rows", pointer="/file", params={"rows": most})
    titles = [title.strip() for title in lines[0]]
    missing = [column for column in columns if column not in titles]
    if missing:
        raise DomainError("import.columns_missing", pointer="/file", params={"columns": "、".join(missing)})
    return [
        # A line that ends early has empty cells there, as a spreadsheet shows it.
        Row(number, dict.fromkeys(titles, "") | dict(zip(titles, (cell.strip() for cell in line), strict=False)))
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]


def write_csv(columns: Sequence[str], rows: Sequence[dict[str, str]]) -> str:
    """A table as CSV with a byte-order mark, which spreadsheets need to see Chinese."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({column: _harmless(row.get(column, "")) for column in columns} for row in rows)
    return "\ufeff" + out.getvalue()


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding))))
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise DomainError("import.unreadable", pointer="/file") from error
    raise DomainError("import.unreadable", pointer="/file")


def _xlsx(content: bytes) -> list[list[str]]:
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [[_text(cell) for cell in line] for line in sheet.to_python()]
    except (CalamineError, OSError, ValueError) as error:
        raise DomainError("import.unreadable", pointer="/file") from error


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _harmless(text: str) -> str:
    # A cell that begins like a formula would be run by the spreadsheet that opens the file of failed rows.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
