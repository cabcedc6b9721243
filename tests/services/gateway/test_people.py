"""人员与权限 and one's own account, as staff meet them: a one-time code, locks and resets, sign-ins (ST.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from services.identity.domain import totp
from shared.settings import Platform
from tests.attacks.support import csrf_of, signed_in
from tests.attacks.test_matrix_accounts import account_of, kept, request_of
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.conftest import STAFF_PASSWORD, Answer, Person
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_desk import CODE
from tests.support.waiting import settles

NEW = "/staff/people/new"
# Longer than most fields: a password may be.
CHOSEN = 4 * "a-password-of-my-own"
SCHOOL = "140106002"


async def hired(admin: Person, **fields: str) -> tuple[str, str, str]:
    """Somebody new, by the administrator's form: login name, one-time code, the address of the account."""
    login = f"s{uuid4().hex[:8]}"
    page = await admin.get(NEW)
    given = {"display": "赵老师", "login": login, "roles": "school", "schools": SCHOOL, **fields}
    sheet = await admin.press(page, NEW, given)
    code = CODE.search(sheet.page.text)
    assert code and login in sheet.page.text
    (one,) = {link for link in sheet.page.links if re.fullmatch(r"/staff/people/[0-9a-f]{32}", link)}
    return login, code[0], one


async def enter(person: Person, login: str, secret: str) -> Answer:
    return await person.press(await person.get("/staff/login"), "", {"login": login, "password": secret})


async def settled(person: Person, login: str, code: str) -> Answer:
    """The first sign-in with the code, and a password chosen."""
    first = await enter(person, login, code)
    assert first.url.endswith("/staff/first")
    return await person.press(first, "/staff/first", {"new": CHOSEN, "again": CHOSEN})


async def test_an_administrator_makes_an_account_and_its_owner_chooses_the_password(
    people: Sequence[Person], platform: Platform
) -> None:
    admin, clerk = people
    await signed_in(admin, "admin")
    login, code, _ = await hired(admin)
    first = await enter(clerk, login, code)
    for path in ("/staff", "/staff/queue", "/staff/account", "/staff/people"):
        assert "/staff/first" in (await clerk.get(path)).url, "nothing before the password"
    for new, again, field in (("short", "short", "new"), (CHOSEN, "another", "again")):
        wrong = await clerk.press(first, "/staff/first", {"new": new, "again": again})
        assert (wrong.status, f"#{field}" in wrong.page.links) == (400, True)
    done = await clerk.press(first, "/staff/first", {"new": CHOSEN, "again": CHOSEN})
    assert (done.url.partition("?")[0][-6:], done.status) == ("/staff", 200)
    assert (await clerk.get("/staff/queue")).status == 200
    assert (await clerk.get("/staff/first")).url.endswith("/staff")
    clerk.session.cookie_jar.clear()
    assert (await enter(clerk, login, CHOSEN)).url.endswith("/staff")
    clerk.session.cookie_jar.clear()
    assert (await enter(clerk, login, code)).status == 400, "the code is used up"


async def test_what_is_wrong_with_a_new_account_is_said_beside_its_field_and_nothing_is_lost(person: Person) -> None:
    await signed_in(person, "admin")
    login, _, _ = await hired(person)
    for changes, field in (
        ({"display": ""}, "display"),
        ({"login": ""}, "login"),
        ({"login": "x"}, "login"),
        ({"login": login.upper()}, "login"),
        ({"schools": ""}, "scope"),
        ({"schools": "140106999"}, "schools"),
        ({"schools": SCHOOL, "regions": "1401 9999"}, "regions"),
        ({"roles": ""}, "roles"),
    ):
        given = {"display": "钱老师", "login": "qian", "roles": "school", "schools": SCHOOL, **changes}
        wrong = await person.press(await person.get(NEW), NEW, {k: v for k, v in given.items() if v})
        assert (wrong.status, f"#{field}" in wrong.page.links) == (400, True), changes
        typed = dict(wrong.page.form(NEW).fields)
        assert (typed["display"], typed["schools"]) == (given["display"], given["schools"])
        assert [code in wrong.page.text for code in ("代码为 140106999 的", "代码为 9999 的")] == [
            field == "schools",
            field == "regions",
        ]
        assert "password" not in typed


async def act(admin: Person, one: str, action: str, reason: str = "核实过") -> Answer:
    return await admin.press(await admin.get(one), one, {"action": action, "reason": reason})


async def test_locked_unlocked_and_reset_with_a_reason(people: Sequence[Person], platform: Platform) -> None:
    admin, clerk = people
    await signed_in(admin, "admin")
    login, code, one = await hired(admin)
    await settled(clerk, login, code)
    for action, reason, field in (("lock", "", "reason"), ("", "离职", "lock"), ("eat", "离职", "lock")):
        page = await act(admin, one, action, reason)
        assert (page.status, f"#{field}" in page.page.links) == (400, True)
    assert (await clerk.get("/staff")).url.endswith("/staff")
    done = await act(admin, one, "lock")
    assert "账号已锁定" in done.page.text and "核实过" in done.page.text and "演示" in done.page.text
    twice = await act(admin, one, "lock", "再来一次")
    assert (twice.status, "已经锁定" in twice.page.text, "核实过" in twice.page.text) == (400, True, True)
    listed = await admin.press(await admin.get("/staff/people"), "/staff/people", {"q": login})
    assert "核实过" in listed.page.text
    clerk.session.cookie_jar.clear()
    out = await enter(clerk, login, CHOSEN)
    assert (out.status, "请联系管理员解锁" in out.page.text) == (400, True)
    await act(admin, one, "unlock")
    assert (await enter(clerk, login, CHOSEN)).url.endswith("/staff")
    sheet = await act(admin, one, "reset")
    again = CODE.search(sheet.page.text)
    assert again and again[0] != code
    assert (await clerk.get("/staff")).url.partition("?")[0].endswith("/staff/login"), "the session has ended"
    assert (await settled(clerk, login, again[0])).status == 200
    account = one.rpartition("/")[2]

    async def told() -> bool:
        log = await admin.get(f"/staff/audit?object_id={account}")
        return log.page.text.count("核实过") == 3

    await settles(told)


async def test_a_lost_second_factor_is_reset_by_an_administrator_and_changed_with_the_password_only(
    people: Sequence[Person],
) -> None:
    admin, clerk = people
    await signed_in(admin, "admin")
    login, code, one = await hired(admin)
    await settled(clerk, login, code)
    assert "重置两步验证" not in (await admin.get(one)).page.text
    page = await clerk.get("/staff/second/enrol")
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.page.text)
    assert found
    secret, now = found[1].replace(" ", ""), datetime.now(UTC)
    await clerk.press(page, "/staff/second/enrol", {"code": totp.code_at(secret, totp.step_at(now))})
    page = await clerk.get("/staff/second/enrol")
    ahead = totp.code_at(secret, totp.step_at(now) + 1)
    alone = await clerk.press(page, "/staff/second/remove", {"code": ahead, "password": "a guess"})
    assert (alone.status, "#password" in alone.page.links) == (400, True)
    assert "已启用" in (await clerk.get("/staff/account")).page.text
    done = await act(admin, one, "second")
    assert "两步验证已重置" in done.page.text
    assert (await clerk.get("/staff")).url.partition("?")[0].endswith("/staff/login")
    assert (await enter(clerk, login, CHOSEN)).url.endswith("/staff")
    assert "未启用" in (await clerk.get("/staff/account")).page.text


async def test_nobody_locks_or_resets_themselves(person: Person, platform: Platform) -> None:
    token = csrf_of(await signed_in(person, "admin"))
    own = await account_of(platform, token)
    before = await kept(platform, "accounts", own)
    page = await person.get(f"/staff/people/{own}")
    assert "须由其他管理员办理" in page.page.text
    for action in ("lock", "unlock", "reset", "second"):
        body = {"csrf": token, "action": action, "reason": "x y"}
        answer = await person.post(f"/staff/people/{own}", body)
        assert (answer.status, "请由其他管理员办理" in answer.page.text) == (400, True), action
    assert await kept(platform, "accounts", own) == before
    assert (await person.get("/staff")).status == 200


async def test_staff_are_listed_and_found_and_none_is_said(person: Person) -> None:
    await signed_in(person, "admin")
    login, _, one = await hired(person, display="欧阳明")
    page = await person.get("/staff/people")
    assert one in page.page.links or "/staff/people?cursor=" in page.page.text
    for words in ("欧阳明", login, SCHOOL):
        found = await person.press(page, "/staff/people", {"q": words})
        assert one in found.page.links, words
        assert "迎泽区职业技术学校" in found.page.text
    nobody = await person.press(page, "/staff/people", {"q": "查无此人"})
    assert "没有找到这样的工作人员" in nobody.page.text
    assert not any("欧阳" in each or login in each for each in person.asked), "not in any address"


async def test_a_wrong_code_is_said_beside_its_request_and_what_was_given_stays(
    person: Person, platform: Platform
) -> None:
    await signed_in(person, "admin")
    other, request = await request_of(platform, "吴求"), await request_of(platform, "郑求")
    path = f"/staff/people/requests/{request}/approve"
    given = {"roles": "city", "schools": SCHOOL, "regions": "140199"}
    wrong = await person.press(await person.get("/staff/people"), path, given)
    assert (wrong.status, f"#r{request}-regions" in wrong.page.links) == (400, True)
    assert {name: dict(wrong.page.form(path).fields)[name] for name in given} == given
    assert dict(wrong.page.form(path.replace(request, other)).fields)["regions"] == ""
    done = await person.press(wrong, path, {"regions": "1401，140106"})
    assert done.url.endswith("done=staff_approved")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "zh-CN"), (PHONE, "en")])
async def test_the_pages_are_for_all(page: Page, size: dict[str, int], language: str) -> None:
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back=/staff/login")
    await page.locator("#login").fill("admin")
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.locator("#password").press("Enter")
    await page.wait_for_url("**/staff")
    for path in ("/staff/people", NEW, "/staff/account", "/staff/password"):
        await page.goto(path)
        await assert_fit_for_all(page)
    await page.goto(NEW)
    await page.locator("#display").fill("张老师")
    await page.locator("#login").fill(f"s{uuid4().hex[:8]}")
    await page.locator("input[value=auditor]").check(force=True)
    await page.locator("#login").press("Enter")
    await expect(page.locator(".bk-slip__code")).to_have_text(CODE)
    await assert_fit_for_all(page)
    await page.locator("main a[href^='/staff/people/']").last.click()
    await assert_fit_for_all(page)
    await page.locator("#reason").fill("离职")
    await page.locator("#reason").press("Enter")
    await expect(page.locator(".govuk-error-summary a")).to_have_attribute("href", "#lock")
    await expect(page.locator("#reason")).to_have_value("离职")
    await page.locator("input[value=lock]").check(force=True)
    await page.locator("#reason").press("Enter")
    await expect(page.locator(".bk-note--good")).to_be_visible()
    await expect(page.locator("input[value=unlock]")).to_have_count(1)
