"""`./baokao demo`: who is in the demo, how to sign in as them, and pictures for trying by hand."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from deploy.local.demo.accounts import candidate_password
from deploy.local.demo.issued import read_issued
from deploy.local.demo.people import cast, write_pictures
from deploy.local.demo.settings import is_populated
from shared.programme.loader import load_programmes
from shared.settings import Platform

console = Console(highlight=False)


def run(platform: Platform) -> None:
    """Print the people and write the pictures."""
    folder = platform.data / "demo" / "pictures"
    free = write_pictures(folder)
    table = Table("", "姓名", "身份证号", title=f"Candidates 考生 · password 密码 {candidate_password(platform.data)}")
    for state, pupil in cast().items():
        table.add_row(state, pupil.name, pupil.id_number)
    console.print(table)
    if not any(is_populated(platform.data, mongo=mongo) for mongo in (False, True)):
        console.print("They are made in the first minute after the first ./baokao up.")
    for mongo in (False, True):
        _show_issued(platform, mongo=mongo)
    unused = Table("姓名", "身份证号", "学校代码", "班次号", title="Not registered yet 可用于试报名")
    for pupil in free:
        unused.add_row(pupil.name, pupil.id_number, pupil.school, pupil.class_number)
    console.print(unused)
    console.print("Specimen cards and an ID photo 样本证件与照片:", str(folder), soft_wrap=True)


def _show_issued(platform: Platform, *, mongo: bool) -> None:
    """The accounts that an office opened in one database; a code ends with the first password chosen."""
    people, programmes = read_issued(platform.data, mongo=mongo), load_programmes(platform.programmes)
    for programme in sorted({one.programme for one in people} & set(programmes)):
        title = f"Issued 已发放 · {programmes[programme].title.zh}{' · --full' if mongo else ''}"
        table = Table("姓名", "账号", "学校", "激活码", "", title=title)
        for one in people:
            if one.programme == programme:
                table.add_row(one.name, one.login, one.school, one.code, "锁定" if one.locked else "")
        console.print(table)
