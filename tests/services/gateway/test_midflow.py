"""In the middle of a way: two of them in one browser, a button pressed twice, another language."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from deploy.local.demo.seed import PROGRAMME
from services.gateway.locales import by_code
from shared.settings import Platform
from tests.attacks import test_face as face
from tests.attacks.support import at_once, chosen, csrf_of, statuses
from tests.attacks.support import signed_in as signed_in_staff
from tests.attacks.test_codes_crossed import account_of
from tests.attacks.test_face import wechat
from tests.attacks.test_matrix_ways import at_login_code
from tests.services.gateway.by_sms import NEW, OLD, account, at_code, at_phone, code_to, number, signed_in
from tests.services.gateway.conftest import Answer, Person, captcha_text
from tests.services.gateway.test_issued import PUPILS, SCHOOL, enter, issue
from tests.services.gateway.walks import PASSWORD

__all__ = ["wechat"]


async def at_password(person: Person, platform: Platform, login: str, phone: str) -> Answer:
    """The first three steps of a reset."""
    page = await at_code(person, platform, login, phone)
    return await person.press(page, "/reset/sms/code", {"code": await code_to(platform, phone)})


async def in_english(person: Person, answer: Answer) -> Answer:
    """The same page after the link to the other language."""
    (link,) = [each for each in answer.page.links if each.startswith("/language/en?")]
    page = await person.get(link)
    await person.get("/language/zh-CN?back=/help")
    assert page.status == 200 and 'lang="en"' in page.page.text
    return page


async def test_a_password_typed_in_one_tab_is_not_set_for_the_account_of_another(
    person: Person, platform: Platform
) -> None:
    mine, theirs = await account(platform, 60), await account(platform, 61)
    tabs = [await at_password(person, platform, *each) for each in (mine, theirs)]
    for late in (
        await person.press(tabs[0], "/reset/sms/password", {"new": NEW, "again": NEW}),
        await person.post("/reset/sms/password", {"new": NEW, "again": NEW}),
    ):
        assert late.url.endswith("/reset/sms?why=expired")
    for login, _ in (mine, theirs):
        assert await signed_in(person, login, OLD), login
        await person.press(await person.get("/mine"), "/logout")
    done = await person.press(tabs[1], "/reset/sms/password", {"new": NEW, "again": NEW})
    assert "/login" in done.url, "the newer one goes on"
    assert await signed_in(person, theirs[0], NEW)


async def test_a_code_or_a_phone_of_one_tab_is_nothing_in_the_way_of_another(
    person: Person, platform: Platform
) -> None:
    mine, theirs = await account(platform, 62), await account(platform, 63)
    at_first = await at_phone(person, platform, mine[0])
    codes = [await at_code(person, platform, *each) for each in (mine, theirs)]
    for page, path, typed in (
        (at_first, "/reset/sms/phone", {"phone": mine[1]}),
        (codes[0], "/reset/sms/code", {"code": "000000"}),
        (codes[0], "/reset/sms/resend", {}),
    ):
        assert (await person.press(page, path, typed)).url.endswith("/reset/sms?why=expired"), path
    page = await person.press(codes[1], "/reset/sms/code", {"code": await code_to(platform, theirs[1])})
    assert page.url.endswith("/reset/sms/password"), "no guess of it was used up"


async def test_a_button_pressed_twice_leads_to_where_one_is(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 64)
    first = await at_phone(person, platform, login)
    page, again = [await person.press(first, "/reset/sms/phone", {"phone": phone}) for _ in range(2)]
    assert page.url == again.url and page.url.endswith("/reset/sms/code")
    code = {"code": await code_to(platform, phone)}
    page, again = [await person.press(page, "/reset/sms/code", code) for _ in range(2)]
    assert page.url == again.url and page.url.endswith("/reset/sms/password")
    assert (await person.press(first, "/reset/sms/phone", {"phone": phone})).url == page.url, "and back, and forth"
    done = await person.press(page, "/reset/sms/password", {"new": NEW, "again": NEW})
    assert "/login" in done.url


async def test_another_phone_asked_for_twice_comes_to_where_its_code_is_typed(
    person: Person, platform: Platform
) -> None:
    await chosen(person, platform, 660)
    form, typed = await person.get("/mine/phone"), {"phone": "13700000660", "password": PASSWORD}
    page, again = [await person.press(form, "/mine/phone", typed) for _ in range(2)]
    assert "太频繁" in again.page.text
    for each in (page, again, await in_english(person, again), await person.get("/mine/phone/code")):
        assert any(one.action == "/mine/phone/code" for one in each.page.forms), each.url
    wrong = await person.press(again, "/mine/phone/code", {"code": "000000"})
    here = await in_english(person, wrong)
    done = await person.press(here, "/mine/phone/code", {"code": await code_to(platform, "13700000660")})
    assert "137****0660" in done.page.text


async def test_another_language_shows_the_same_step_of_a_reset(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 65)
    first = await at_phone(person, platform, login)
    wrong = await person.press(first, "/reset/sms/phone", {"phone": "1"})
    for page in (first, wrong):
        assert (await in_english(person, page)).url.endswith("/reset/sms/phone")
    page = await person.press(wrong, "/reset/sms/phone", {"phone": phone})
    soon = await person.press(page, "/reset/sms/resend")
    wrongs = [await person.press(each, "/reset/sms/code", {"code": "000000"}) for each in (page, soon)]
    for each in (page, soon, *wrongs):
        assert (await in_english(person, each)).url.endswith("/reset/sms/code")


async def test_another_language_keeps_the_school_that_a_pupil_has_chosen(person: Person, platform: Platform) -> None:
    login, code = await issue(person, PUPILS, "何晨", number(66))
    await enter(person, platform, PUPILS, login, code)
    found = await person.get(f"/first/roll?school={SCHOOL}&title=职业中学")
    wrong = await person.press(found, "/first/roll", {"name": "不是"})
    assert wrong.status == 400
    for page in (found, wrong):
        kept = dict((await in_english(person, page)).page.form("/first/roll").fields)
        assert (kept["school"], kept["school_name"]) == (SCHOOL, "职业中学")
    for path, words in (("/first/roll?q=职业", "职业"), ("/first/roll?region=140105", "140105")):
        page = await in_english(person, await person.get(path))
        assert words in str(parse_qs(urlsplit(page.url).query))


async def test_another_language_keeps_where_the_sign_in_leads(person: Person, platform: Platform) -> None:
    await account(platform, 67)
    page = await person.get("/login?next=/mine/account")
    wrong = await person.press(page, "", {"login": number(67), "password": "x"})
    for each in (page, wrong):
        assert dict((await in_english(person, each)).page.form("").fields)["next"] == "/mine/account"


async def test_a_language_is_never_switched_to_an_address_that_only_takes_forms(
    person: Person, platform: Platform
) -> None:
    page = await person.get("/help")
    other = await person.post("/reset/sms/resend", {}, Referer="https://evil.example/x")
    assert other.url.endswith("?why=expired")
    await chosen(person, platform, 661)
    form = await person.get("/mine/account")
    answer = await person.post("/mine/account/end", {"csrf": csrf_of(form), "id": "0" * 64}, Referer=form.url)
    assert answer.status == 404
    assert (await in_english(person, answer)).url.endswith("/mine/account")
    here = person.site + "/mine/account/end"
    again = await person.post("/mine/account/end", {"csrf": csrf_of(form), "id": "0" * 64}, Referer=here)
    assert (await in_english(person, again)).url.endswith("/mine/account"), "the nearest page above it"
    evil = await person.post("/mine/account/end", {"csrf": csrf_of(form), "id": "0" * 64}, Referer="//evil.example")
    assert not [each for each in evil.page.links if "evil" in each]
    assert page.status == 200


async def test_every_step_in_wechat_pressed_twice_leads_to_where_one_is(
    person: Person, platform: Platform, wechat: str
) -> None:
    login = await face.account(platform, 69, "o-me")
    path = await face.code(person)
    opened = await face.scan(person, wechat, path, "o-me")
    given = {"login": login, "consent": "yes"}
    wrong = await person.press(await person.press(opened, f"{path}/name", {}), f"{path}/name", {"login": "1"})
    assert wrong.status == 400 and (await in_english(person, wrong)).url.endswith(path)
    named = [await person.press(opened, f"{path}/name", given) for _ in range(2)]
    assert {each.status for each in named} == {200} and "photo" in named[1].page.ids
    for again in [await face.photographed(person, named[0], path) for _ in range(2)]:
        assert "正在核对照片" in again.page.text
    assert "正在核对照片" in (await person.press(opened, f"{path}/name", given)).page.text, "too late to correct"
    await face.answered(platform, path, "match")
    page = await person.get(path)
    assert (await in_english(person, await person.press(page, f"{path}/password", {"new": "1"}))).url.endswith(path)
    new = {"new": NEW, "again": NEW}
    done = [await person.press(page, f"{path}/password", each) for each in (new, {"new": OLD, "again": OLD})]
    assert [each.status for each in done] == [200, 400], "one more is told that it was not taken"
    assert all("密码已修改" in each.page.text for each in done)
    assert await signed_in(person, login, NEW)


async def test_who_is_locked_while_the_code_comes_reads_who_unlocks(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 68)
    page = await at_login_code(person, platform, login, phone)
    async with account_of(platform, PROGRAMME, login) as work:
        work.state.put_lock("school", "a", "转学", datetime.now(UTC))
    locked = await person.press(page, "/login/sms/code", {"code": await code_to(platform, phone)})
    assert by_code("errors", "login.locked_by_school") in locked.page.text


async def test_what_is_shown_once_is_not_left_by_another_language(person: Person, platform: Platform) -> None:
    await signed_in_staff(person, "admin")
    page = await person.get("/staff/people/new")
    sheet = await person.press(page, "/staff/people/new", {"login": "once", "display": "只一次", "roles": "auditor"})
    assert "激活码" in sheet.page.text
    assert not [link for link in sheet.page.links if link.startswith("/language/")]
    await person.press(sheet, "/logout")
    page = await person.get("/staff/login/sms")
    text = await captcha_text(platform, dict(page.page.form("").fields)["captcha_id"])
    code = await person.press(page, "", {"phone": "13900003169", "captcha_text": text})
    assert "flow" in dict(code.page.form("").fields)
    assert not [link for link in code.page.links if link.startswith("/language/")]


async def test_going_on_without_a_phone_leads_home_however_often_it_is_pressed(
    person: Person, platform: Platform
) -> None:
    login, code = await issue(person, PUPILS, "马静梓", "140107200707182504")
    await enter(person, platform, PUPILS, login, code)
    page = await person.press(await person.get("/first/roll?school=140107002"), "/first/roll", {"name": "马静梓"})
    page = await person.press(page, "/first/password", {"new": "Kites-over-7", "again": "Kites-over-7"})
    body = f"csrf={csrf_of(page)}&action=skip".encode()
    assert statuses(await at_once(person, 4, "/first/phone", body)) == [303] * 4
    assert (await person.get("/first")).url.endswith("/mine")
