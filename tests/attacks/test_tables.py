"""Tables that offices send: short lines, formulas, and the file of failed rows that comes back."""

from __future__ import annotations

import base64
import re

import aiohttp
import pytest

from tests.attacks.support import csrf_of, signed_in
from tests.services.gateway.conftest import Answer, Person

HEAD = "身份证号,姓名,学校代码,年级,班次号\n"


async def check(person: Person, table: bytes) -> Answer:
    """A dry run of a table of the school roll."""
    page = await signed_in(person, "admin")
    body = aiohttp.FormData()
    programme = ("programme", "qualification-2024")
    for name, value in (("csrf", csrf_of(page)), ("what", "roll"), programme, ("action", "check")):
        body.add_field(name, value)
    body.add_field("file", table, filename="a.csv", content_type="text/csv")
    return await person.post("/staff/imports", body)


def failed_rows(answer: Answer) -> bytes:
    found = re.search(r"base64,([\w+/=]+)", answer.page.text)
    assert found
    return base64.b64decode(found[1])


@pytest.mark.parametrize("line", ["140213200706189846", "140213200706189846,张三", ",,,,,,,,"])
async def test_a_line_with_too_few_or_many_cells_is_told_by_its_row(person: Person, line: str) -> None:
    answer = await check(person, (HEAD + "x,张三,140106002,高一,1\n" + line + "\n").encode())
    assert answer.status == 200
    assert failed_rows(answer)


async def test_the_file_of_failed_rows_can_be_sent_again(person: Person) -> None:
    first = await check(person, (HEAD + "x,张三,140106002,高一,1\n").encode())
    again = await check(person, failed_rows(first))
    assert again.status == 200
    assert failed_rows(again) == failed_rows(first)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "<script>alert(1)</script>"])
async def test_no_cell_is_run_by_who_opens_the_failed_rows(person: Person, cell: str) -> None:
    answer = await check(person, (HEAD + f'x,"{cell}",140106002,高一,1\n').encode())
    assert not re.search(r"(^|,)\"?[=+\-@\t]", failed_rows(answer).decode("utf-8-sig"), re.M)
    assert "<script>alert" not in answer.page.text
