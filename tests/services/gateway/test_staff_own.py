"""账户与登录 of staff: the password, the sessions, the phone, and giving the account up (003.13)."""

from __future__ import annotations

from collections.abc import Sequence

from tests.attacks.support import signed_in
from tests.services.gateway.conftest import Person
from tests.services.gateway.test_people import CHOSEN, enter, hired, settled
from tests.support.waiting import settles


async def test_staff_change_their_password_and_see_and_end_their_sessions(
    people: Sequence[Person],
) -> None:
    admin, here = people
    await signed_in(admin, "admin")
    login, code, _ = await hired(admin)
    await settled(here, login, code)
    admin.session.cookie_jar.clear()
    there = admin
    await enter(there, login, CHOSEN)
    page = await here.get("/staff/account")
    assert login in page.page.text and "本机" in page.page.text and "127.0.0.0/24" in page.page.text
    form = await here.get("/staff/password")
    for changes, field in (
        ({"old": "a guess", "new": "correct horse", "again": "correct horse"}, "old"),
        ({"old": CHOSEN, "new": "short", "again": "short"}, "new"),
        ({"old": CHOSEN, "new": "correct horse", "again": "x"}, "again"),
    ):
        wrong = await here.press(form, "", changes)
        assert (wrong.status, f"#{field}" in wrong.page.links) == (400, True)
        assert "correct horse" not in wrong.page.text
    assert (await there.get("/staff")).url.endswith("/staff")
    given = {"old": CHOSEN, "new": "correct horse", "again": "correct horse"}
    done = await here.press(form, "", given)
    assert done.url.endswith("/staff/account?done=password")
    assert (await there.get("/staff")).url.partition("?")[0].endswith("/staff/login")
    await enter(there, login, "correct horse")
    ended = await here.press(await here.get("/staff/account"), "/staff/account/end")
    assert "已让其他设备退出登录" in ended.page.text
    assert (await there.get("/staff")).url.partition("?")[0].endswith("/staff/login")

    async def told() -> bool:
        return (await here.get("/staff/account")).page.text.count("<tr>") >= 3

    await settles(told)
