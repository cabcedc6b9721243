"""A form sent after the session had ended: it goes along through every way to sign in, and is sent when wanted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deploy.local.demo.seed import PROGRAMME
from services.gateway.kept import PATH, PREFIX
from shared.programme.id_number import check_character
from shared.settings import Platform
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import Answer, Person, captcha_text
from tests.services.gateway.walks import FOUR, PASSWORD, register, tick

TYPED = '测试 "<b>考生</b>'
LOGIN, CODE = "/login/sms", "/login/sms/code"


def login_of(serial: int) -> str:
    body = f"14021320070704{serial:03}"
    return body + check_character(body)


def phone_of(serial: int) -> str:
    return f"1390003{serial:04}"


async def registered(person: Person, platform: Platform, serial: int) -> Answer:
    """Somebody else for each serial number, at the subjects."""
    return await register(person, platform, id_number=login_of(serial), phone=phone_of(serial))


async def press(person: Person, page: Answer, path: str, having: str, changes: dict[str, str]) -> Answer:
    """The button of the form with a field: the links of the sign-in are forms too while something is carried."""
    form = next(each for each in page.page.forms if each.action == path and having in dict(each.fields))
    return await person.post(path, [*(pair for pair in form.fields if pair[0] not in changes), *changes.items()])


async def by_password(person: Person, page: Answer, serial: int) -> Answer:
    return await press(person, page, "/login", "password", {"login": login_of(serial), "password": PASSWORD})


async def by_code(person: Person, platform: Platform, page: Answer, serial: int) -> Answer:
    """From the sign-in by password, with a wrong turn at each step; no script runs."""
    page = await person.press(page, LOGIN, {"action": "show"})
    page = await press(person, page, LOGIN, "login", {"action": "digits", "login": login_of(serial)})
    page = await press(person, page, LOGIN, "login", {"phone": "12"})
    assert page.status == 400
    captcha = next(value for form in page.page.forms for name, value in form.fields if name == "captcha_id")
    own = {"phone": phone_of(serial), "captcha_text": await captcha_text(platform, captcha)}
    page = await press(person, page, LOGIN, "login", own)
    assert "请输入短信验证码" in page.page.text
    code = await code_to(platform, phone_of(serial))
    page = await person.press(page, "/login/sms/resend")
    assert page.status == 400
    page = await person.press(page, CODE, {"code": "000000"})
    assert page.status == 400
    return await person.press(page, CODE, {"code": code})


def carried(answer: Answer) -> set[frozenset[tuple[str, str]]]:
    """What each form of a page that carries anything carries."""
    found = {frozenset(pair for pair in form.fields if pair[0].startswith(PATH)) for form in answer.page.forms}
    return found - {frozenset()}


async def class_number(person: Person) -> str:
    return dict((await person.get("/apply/fill")).page.form("/form").fields)["class_number"]


@pytest.mark.parametrize("way", ["password", "code"])
async def test_what_was_typed_goes_along_and_is_offered_and_saved(person: Person, platform: Platform, way: str) -> None:
    serial = 1 if way == "password" else 2
    await registered(person, platform, serial)
    form = await person.get("/apply/fill")
    before = await class_number(person)
    person.session.cookie_jar.clear()
    asked = await person.press(form, "/form", {"action": "submit", "class_number": TYPED, "evil": "x"})
    assert asked.status == 401
    if way == "password":
        offered = await by_password(person, asked, serial)
    else:
        offered = await by_code(person, platform, asked, serial)
    fields = dict(offered.page.form("/form").fields)
    # Only what is not saved already is shown and sent again.
    assert {name for name in fields if name not in {"csrf", "action"}} == {"class_number"}
    assert fields["class_number"] == TYPED
    assert "还没有保存" in offered.page.text and "<b>考生" not in offered.page.text
    assert await class_number(person) == before
    assert (await person.press(offered, "/form")).status == 200
    assert await class_number(person) == TYPED


@pytest.mark.parametrize("way", ["password", "code"])
async def test_subjects_that_were_ticked_go_along_and_are_used(person: Person, platform: Platform, way: str) -> None:
    serial = 3 if way == "password" else 4
    page = await registered(person, platform, serial)
    person.session.cookie_jar.clear()
    asked = await tick(person, page, *FOUR, "evil")
    assert asked.status == 401
    if way == "password":
        offered = await by_password(person, asked, serial)
    else:
        offered = await by_code(person, platform, asked, serial)
    ticked = [value for name, value in offered.page.form("/subjects").fields if name == "subjects"]
    assert ticked == list(FOUR)
    assert "历史" in offered.page.text and "evil" not in offered.page.text
    assert (await person.get("/answers")).url.endswith("/apply/subjects"), "nothing is used before it is wanted"
    assert (await person.press(offered, "/subjects")).url.endswith("/answers")


async def test_choices_are_offered_in_words(person: Person, platform: Platform) -> None:
    await registered(person, platform, 5)
    form = await person.get("/apply/fill")
    person.session.cookie_jar.clear()
    other = {"category": "social", "district": "140105", "school": "140105001"}
    offered = await by_password(person, await person.press(form, "/form", other), 5)
    for words in ("社会考生", "小店区"):
        assert words in offered.page.text
    assert ">140105" not in offered.page.text
    hostile = {"city": "../../x", "district": "'", "school": "140105001"}
    person.session.cookie_jar.clear()
    page = await by_password(person, await person.press(form, "/form", hostile), 5)
    assert page.status == 200 and person.cookie


async def test_what_is_saved_already_is_not_offered(person: Person, platform: Platform) -> None:
    page = await registered(person, platform, 6)
    form = await person.get("/apply/fill")
    await tick(person, page, *FOUR)
    for sent in (form, page):
        person.session.cookie_jar.clear()
        path = "/form" if sent is form else "/subjects"
        asked = await (person.press(form, path) if sent is form else tick(person, page, *FOUR))
        assert carried(asked)
        assert (await by_password(person, asked, 6)).url.endswith("/apply/subjects")


async def test_somebody_elses_account_is_offered_it_and_nothing_is_written(
    people: Sequence[Person], platform: Platform
) -> None:
    """Two on one computer: who signs in sees what was typed, and decides."""
    mine, theirs = people
    await registered(mine, platform, 7)
    await registered(theirs, platform, 8)
    form, before = await mine.get("/apply/fill"), await class_number(theirs)
    theirs.session.cookie_jar.clear()
    offered = await by_password(theirs, await theirs.press(form, "/form", {"class_number": "0999"}), 8)
    fields = dict(offered.page.form("/form").fields)
    assert fields["class_number"] == "0999" and "id_number" not in fields
    assert await class_number(theirs) == before


async def test_no_turn_of_the_sign_in_loses_it_and_no_secret_goes_along(person: Person, platform: Platform) -> None:
    sent = {"class_number": "0413", "password": "secret-77", "csrf": "x", "action": "submit"}
    asked = await person.post("/form", sent)
    assert asked.status == 401
    wanted = {frozenset({(PATH, "/form"), (PREFIX + "class_number", "0413")})}
    assert carried(asked) == wanted
    wrong = await press(person, asked, "/login", "password", {"login": login_of(9), "password": "wrong"})
    assert (wrong.status, carried(wrong)) == (400, wanted)
    for path in (LOGIN, "/login", LOGIN):
        asked = await person.press(asked, path, {"action": "show"})
        assert (asked.status, carried(asked)) == (200, wanted)
    left_behind = [link for link in asked.page.links if link.startswith(("/login", "/language"))]
    assert left_behind == [], "a plain link leaves it behind"
    over = await person.post(CODE, [*next(iter(wanted)), ("code", "123456")])
    assert (over.status, carried(over)) == (400, wanted)
    assert "重新开始" in over.page.text


async def test_hostile_fields_change_nothing_about_signing_in(person: Person, platform: Platform) -> None:
    await registered(person, platform, 10)
    own = {"programme": PROGRAMME, "login": login_of(10), "password": PASSWORD}
    for kept in ({PATH: "/mine/withdraw"}, {PATH: ""}, {PREFIX + "x": "y"}, {PATH: "/subjects", "kept-subjects": "no"}):
        person.session.cookie_jar.clear()
        page = await person.post("/login", own | kept)
        assert page.url.endswith("/apply/subjects"), kept
