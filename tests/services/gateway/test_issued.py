"""Accounts that an office opens, page by page: table, sheet, unlocking, first login, and what is refused on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence

import aiohttp
import pytest

from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from tests.attacks.support import csrf_of, raw, signed_in
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import ID_NUMBER, Answer, Person, captcha_text
from tests.services.gateway.walks import send

SCHOOL, PUPILS, SELECTION = "140106002", "quality-evaluation", "selection-2021"
WRONG_NAME, CHOSEN = "王不是", "Kites-over-7"
PHONES = ("13955570001", "13955570002")
ON_ROLL = (("于子彤", "140106200701208586", SCHOOL), ("徐萱俊", "140107200712198498", "140107001"))


async def issue(person: Person, programme: str, name: str, number: str) -> tuple[str, str]:
    """Have an administrator open and unlock one account; its login name and the code of the sheet."""
    page = await signed_in(person, "admin")
    body = aiohttp.FormData()
    for field, value in (("csrf", csrf_of(page)), ("programme", programme), ("action", "issue")):
        body.add_field(field, value)
    table = f"姓名,身份证号,学校代码,班级\n{name},{number},{SCHOOL},3\n".encode()
    body.add_field("file", table, filename="a.csv", content_type="text/csv")
    sheet = await person.post("/staff/accounts/issue", body)
    code = re.search(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}", sheet.page.text)
    issued = re.search(r"考生号 (\d{12})", sheet.page.text)
    assert sheet.status == 200 and code
    unlock = {"csrf": csrf_of(sheet), "programme": programme, "school": SCHOOL, "class_name": "3"}
    assert (await person.post("/staff/accounts/unlock", unlock)).status == 200
    await person.post("/logout", {"csrf": csrf_of(sheet)})
    return issued[1] if issued else number, code[0]


async def enter(person: Person, platform: Platform, programme: str, login: str, secret: str) -> Answer:
    """Sign in, with the captcha that these programmes always want."""
    page = await person.get(f"/login?programme={programme}")
    captcha = dict(page.page.form("").fields)["captcha_id"]
    given = {"programme": programme, "login": login, "password": secret}
    return await person.press(page, "", given | {"captcha_text": await captcha_text(platform, captcha)})


async def past_the_notices(platform: Platform) -> None:
    """Put the newest draft of this programme at its form, as if the notices had been read for as long as they ask."""
    newest = Query(equal={"programme": SELECTION, "state": "draft"}, sort="-created_at", limit=1)
    async with open_store(platform, "registration", ()) as store:
        [draft] = (await store.find("applications", newest)).documents
        at_form = draft | {"stage": "fill", "version": draft["version"] + 1}
        assert await store.replace("applications", at_form, version=draft["version"])


def told_of(answer: Answer) -> list[str]:
    """The sentences of the error summary."""
    return re.findall(r'<a href="#[^"]*">([^<]*)</a>', answer.page.text)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_pupils_first_login_goes_in_its_order_alone(person: Person, platform: Platform, language: str) -> None:
    number = "11010519491231002X" if language == "en" else "440308199901101512"
    login, code = await issue(person, PUPILS, "李兰", number)
    await person.get(f"/language/{language}")
    assert (await enter(person, platform, PUPILS, login, code)).url.endswith("/first/roll")
    for path in ("/mine", "/mine/account", "/mine/phone", "/apply", "/first/phone", "/first/password"):
        assert (await person.get(path)).url.endswith("/first/roll")
    token = csrf_of(await person.get("/first/roll"))
    chosen = {"new": "Kites-over-7", "again": "Kites-over-7"}
    ahead: tuple[tuple[str, dict[str, str]], ...] = (
        ("/first/password", chosen),
        ("/first/phone", {"action": "skip"}),
        ("/mine/password", {}),
    )
    for path, values in ahead:
        assert (await person.post(path, values | {"csrf": token})).url.endswith("/first/roll")
    found = await person.get("/first/roll?q=职业")
    assert f"school={SCHOOL}" in " ".join(found.page.links)
    refused = [
        await person.post("/first/roll", {"csrf": token, "name": name, "school": school})
        for name, school in (("李兰", SCHOOL), (WRONG_NAME, "140106003"))
    ]
    told = [told_of(answer) for answer in refused]
    assert {answer.status for answer in refused} == {400} and told[0] and told[0] == told[1]
    asked = {"csrf": token, "name": "李兰", "school": SCHOOL, "remark": "学校错了", "action": "correction"}
    assert (await person.post("/first/roll", asked)).url.endswith("?done=correction")


async def test_a_pupil_on_the_roll_comes_home(person: Person, platform: Platform) -> None:
    login, code = await issue(person, PUPILS, "邓然俊", "140105200806288774")
    page = await enter(person, platform, PUPILS, login, code)
    tree = await person.get("/first/roll?region=140105")
    assert "school=140105001" in " ".join(tree.page.links)
    found = await person.get("/first/roll?school=140105001")
    page = await person.press(found, "/first/roll", {"name": "邓然俊"})
    assert page.url.endswith("/first/password")
    page = await person.press(page, "/first/password", {"new": "Kites-over-7", "again": "Kites-over-7"})
    assert page.url.endswith("/first/phone")
    home = await person.post("/first/phone", {"csrf": csrf_of(page), "action": "skip"})
    assert home.url.endswith("/mine") and home.status == 200
    assert (await person.get("/apply")).url.endswith("/mine")
    assert (await person.get("/mine/account")).status == 200


async def test_a_pupil_binds_a_phone_on_the_way_home_and_whoever_has_none_binds_it_with_the_password(
    people: Sequence[Person], platform: Platform
) -> None:
    for person, phone, (name, number, school) in zip(people, PHONES, ON_ROLL, strict=True):
        login, code = await issue(person, PUPILS, name, number)
        await enter(person, platform, PUPILS, login, code)
        page = await person.press(await person.get(f"/first/roll?school={school}"), "/first/roll", {"name": name})
        page = await person.press(page, "/first/password", {"new": CHOSEN, "again": CHOSEN})
        if person is people[1]:
            await person.post("/first/phone", {"csrf": csrf_of(page), "action": "skip"})
            page = await person.get("/mine/phone")
            for guess in ("", "a guess"):
                page = await person.press(page, "/mine/phone", {"phone": phone, "password": guess})
                assert (page.status, "#password" in page.page.links) == (400, True)
                assert dict(page.page.form("/mine/phone").fields)["phone"] == phone, "what was typed is kept"
            asked = await person.press(page, "/mine/phone", {"phone": phone, "password": CHOSEN})
            way = "/mine/phone/code"
        else:
            assert "password" not in dict(page.page.form("/first/phone").fields)
            wrong = await person.press(page, "/first/phone", {"phone": "12"})
            assert (wrong.status, "#phone" in wrong.page.links) == (400, True)
            asked = await person.press(page, "/first/phone", {"phone": phone})
            way = "/first/phone/code"
            assert (await person.press(asked, way, {"code": "000000"})).status == 400
        done = await person.press(asked, way, {"code": await code_to(platform, phone)})
        assert (done.status, done.url.partition("?")[0].rpartition("/mine")[1]) == (200, "/mine")
        assert f"{phone[:3]}****{phone[-4:]}" in (await person.get("/mine/account")).page.text


async def test_a_selection_candidate_chooses_a_password_and_applies_without_another(
    person: Person, platform: Platform
) -> None:
    login, code = await issue(person, SELECTION, "赵青", "340104198808154527")
    assert (await person.post(f"/programmes/{SELECTION}/start", {})).url.endswith(f"/login?programme={SELECTION}")
    page = await enter(person, platform, SELECTION, login, code)
    assert page.url.endswith("/first/password")
    weak = await person.press(page, "/first/password", {"new": "short", "again": "short"})
    assert weak.status == 400
    done = await person.press(page, "/first/password", {"new": "Kites-over-77", "again": "Kites-over-77"})
    assert done.url.endswith("/apply/instructions")
    await person.post("/logout", {"csrf": csrf_of(done)})
    assert (await enter(person, platform, SELECTION, login, code)).status == 400


async def test_a_candidate_with_an_account_registers_nobody_else(person: Person, platform: Platform) -> None:
    own = "620102199003074617"
    login, code = await issue(person, SELECTION, "钱远", own)
    page = await enter(person, platform, SELECTION, login, code)
    page = await person.press(page, "/first/password", {"new": "Kites-over-77", "again": "Kites-over-77"})
    await past_the_notices(platform)
    page = await person.get("/apply")
    refused = await send(person, page, {"id_number": ID_NUMBER, "action": "submit"})
    assert refused.url.endswith("/apply/fill?check=1") and "不是您登录账号的身份证号" in refused.page.text
    assert dict(refused.page.form("/form").fields)["id_number"] == ID_NUMBER
    theirs = await send(person, refused, {"id_number": own, "action": "submit"})
    assert "不是您登录账号的身份证号" not in theirs.page.text


async def test_a_guessed_address_of_an_account_is_nobodys(person: Person) -> None:
    await signed_in(person, "admin")
    assert (await raw(person, "GET", "/staff/accounts/" + "a" * 32)).status == 404
