"""Accounts that an office has issued: a school's pupils (003) and a registration point's candidates (001)."""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from deploy.local.demo.accounts import keep
from deploy.local.demo.pupils import Pupil, pupils, school_name
from deploy.local.demo.settings import database
from shared.http import ServiceClient
from shared.tokens import Actor

OFFICE = Actor("staff", "demo-office", roles=("admin",))
REASON = "演示数据"
# The first pupils of the roll are the demo's candidates, and those for trying by hand.
FIRST = 12
EACH = 3
PUPILS = "quality-evaluation"
PROGRAMMES = (PUPILS, "selection-2021")


@dataclass(frozen=True)
class Issued:
    """An account as its slip has it. `login`: ID number or 考生号. `school`: its name, which the first login asks for.
    `locked`: the school has not let it in yet.
    """

    programme: str
    name: str
    login: str
    school: str
    code: str
    locked: bool


def issued_file(data: Path, *, mongo: bool) -> Path:
    """Where one database's activation codes are kept: the service tells them once. That it is there says: done."""
    return data / "demo" / f"issued-{database(mongo=mongo)}.json"


def read_issued(data: Path, *, mongo: bool) -> list[Issued]:
    """The accounts of one database; none before its first start."""
    file = issued_file(data, mongo=mongo)
    return [Issued(**entry) for entry in json.loads(file.read_text())] if file.exists() else []


async def issue(identity: ServiceClient, file: Path, offered: Container[str]) -> None:
    """Issue the accounts of the programmes that are offered here, keep the codes. Raises `DomainError`.

    The school lets all but its first pupil in.
    """
    made: list[Issued] = []
    for programme, some in zip(PROGRAMMES, _people(), strict=True):
        if programme not in offered:
            continue
        asked = {"programme": programme}
        await identity.raw("POST", "/candidates/issue", OFFICE, data=_table(some), params=asked)
        made += [await _slip(identity, programme, one, locked=place == 0) for place, one in enumerate(some)]
    keep(file, json.dumps([asdict(one) for one in made], ensure_ascii=False))


async def _slip(identity: ServiceClient, programme: str, who: Pupil, *, locked: bool) -> Issued:
    """A code of the desk, not of the table: a start that was interrupted may have spent the table's."""
    found = await identity.json("POST", "/candidates/search", OFFICE, body={"q": who.id_number})
    account = next(one for one in found["items"] if one["programme"] == programme)
    path, locked = f"/candidates/{account['id']}", locked and programme == PUPILS
    if not locked:
        await identity.json("POST", f"{path}/lock", OFFICE, body={"locked": False, "reason": REASON})
    slip = await identity.json("POST", f"{path}/reset", OFFICE)
    return Issued(programme, who.name, slip["login"], school_name(who.school), slip["code"], locked)


def _people() -> tuple[list[Pupil], list[Pupil]]:
    """Whom the school and whom the registration point has an account for."""
    chosen = list(islice(pupils(), FIRST, FIRST + 2 * EACH))
    return chosen[:EACH], chosen[EACH:]


def _table(people: list[Pupil]) -> bytes:
    rows = (f"{one.name},{one.id_number},{one.school},{one.class_number}\n" for one in people)
    return ("姓名,身份证号,学校代码,班级\n" + "".join(rows)).encode()
