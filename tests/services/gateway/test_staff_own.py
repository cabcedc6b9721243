"""账户与登录 of staff: the password, the sessions, the phone, and giving the account up (003.13)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect
from yarl import URL

from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from services.gateway.main import service as gateway
from services.identity.main import service as identity
from shared.settings import Platform
from tests.attacks.support import csrf_of, signed_in
from tests.attacks.test_codes_crossed import account_of, member
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import STAFF_PASSWORD, Person
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_people import CHOSEN, enter, hired, settled
from tests.support.platform import platform_in_thread
from tests.support.waiting import settles

LOOKS = [(DESKTOP, "zh-CN", "13955550001"), (PHONE, "en", "13955550002")]


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


@pytest.mark.parametrize(("size", "language", "mobile"), LOOKS)
async def test_a_phone_is_bound_and_the_account_closed_in_a_browser(
    page: Page, person: Person, platform: Platform, size: dict[str, int], language: str, mobile: str
) -> None:
    await signed_in(person, "admin")
    login, code, one = await hired(person, display="周老师")
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back=/staff/login")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(code)
    await page.locator("#password").press("Enter")
    await page.locator("#new").fill(CHOSEN)
    await page.locator("#again").fill(CHOSEN)
    await page.locator("#again").press("Enter")
    await page.wait_for_url(re.compile("/staff[^/]*$"))
    await bound(page, platform, mobile)
    await closed(page)
    shown = await person.get(one)
    assert "已注销" in shown.page.text and "周老师" in shown.page.text
    assert not [form for form in shown.page.forms if form.action.startswith(one)]

    async def told() -> bool:
        async with peer(platform, "notify") as notify:
            items = (await notify.json("GET", "/outbox", LAUNCHER))["items"]
        return any("已注销" in each["text"] and each["to_masked"].endswith(mobile[-4:]) for each in items)

    await settles(told)


async def guessed_then_typed(page: Page) -> None:
    """A wrong password, said beside its field, then the right one."""
    await assert_fit_for_all(page)
    await page.locator("#password").fill("a guess")
    await page.locator("#password").press("Enter")
    await expect(page.locator(".govuk-error-summary a")).to_have_attribute("href", "#password")
    await page.locator("#password").fill(CHOSEN)
    await page.locator("#password").press("Enter")


async def bound(page: Page, platform: Platform, mobile: str) -> None:
    await page.goto("/staff/account")
    await page.locator("main a[href='/staff/phone']").click()
    await page.locator("#phone").fill(mobile)
    await guessed_then_typed(page)
    await page.locator("#code").fill(await code_to(platform, mobile))
    await page.locator("#code").press("Enter")
    await expect(page.locator(".bk-note--good")).to_be_visible()
    await expect(page.locator("main dl")).to_contain_text(f"{mobile[:3]}****{mobile[-4:]}")


async def closed(page: Page) -> None:
    await page.locator("main a[href='/staff/close']").click()
    await guessed_then_typed(page)
    await page.wait_for_url("**/staff/login?done=account_closed")
    await expect(page.locator(".bk-note--good")).to_be_visible()
    await page.goto("/staff")
    await page.wait_for_url("**/staff/login**")


async def test_a_phone_that_is_anothers_is_told_with_the_way_out_after_the_code(
    people: Sequence[Person], platform: Platform
) -> None:
    admin, clerk = people
    await member(platform, "13955550003")
    await signed_in(admin, "admin")
    login, code, _ = await hired(admin)
    await settled(clerk, login, code)
    given = {"phone": "13955550003", "password": CHOSEN}
    asked = await clerk.press(await clerk.get("/staff/phone"), "/staff/phone", given)
    wrong = await clerk.press(asked, "/staff/phone/code", {"code": "000000"})
    assert (wrong.status, "#code" in wrong.page.links, "另一个" in wrong.page.text) == (400, True, False)
    taken = await clerk.press(asked, "/staff/phone/code", {"code": await code_to(platform, "13955550003")})
    assert (taken.status, "#phone" in taken.page.links) == (400, True)
    assert "在那里更换手机号或注销" in taken.page.text
    assert "还没有绑定" in (await clerk.get("/staff/account")).page.text


async def test_who_signs_in_without_a_password_is_told_how_long_it_takes_and_closes(
    people: Sequence[Person], platform: Platform
) -> None:
    admin, clerk = people
    await signed_in(admin, "admin")
    login, code, one = await hired(admin)
    await settled(clerk, login, code)
    async with account_of(platform, "", login) as work:
        work.state.password_hash = ""
    for path in ("/staff/phone", "/staff/close"):
        page = await clerk.get(path)
        assert "登录后的 10 分钟内" in page.page.text
        assert "password" not in dict(page.page.form("" if path.endswith("close") else path).fields)
    done = await clerk.press(await clerk.get("/staff/close"), "")
    assert (done.status, "您的账号已注销" in done.page.text, clerk.cookie) == (200, True, "")
    assert "已注销" in (await admin.get(one)).page.text


async def test_the_last_administrator_reads_why_the_account_stays(tmp_path: Path) -> None:
    make_all(tmp_path / "secrets", "demo")
    with platform_in_thread(tmp_path, (identity, gateway)) as alone:
        async with peer(alone, "identity") as accounts:
            body = {"login": "chief", "display": "王", "password": STAFF_PASSWORD, "roles": ["admin"], "scope": {}}
            await accounts.json("POST", "/staff", LAUNCHER, body=body)
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(alone.site))
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            chief = Person(session, alone.site)
            token = csrf_of(await signed_in(chief, "chief"))
            page = await chief.get("/staff/close")
            assert "最后一位能登录的管理员" in page.page.text
            assert not [form for form in page.page.forms if "password" in dict(form.fields)]
            sent = await chief.post("/staff/close", {"csrf": token, "password": STAFF_PASSWORD})
            assert (sent.status, "最后一位能登录的管理员" in sent.page.text) == (400, True)
            assert (await chief.get("/staff/account")).status == 200
