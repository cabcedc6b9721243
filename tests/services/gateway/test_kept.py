"""A form sent after the session had ended: what was typed goes along through the sign-in and is kept when wanted."""

from __future__ import annotations

from shared.settings import Platform
from tests.services.gateway.conftest import ID_NUMBER, Answer, Person
from tests.services.gateway.walks import PASSWORD, register

TYPED = '测试 "<b>考生</b>'


CREDENTIALS = {"login": ID_NUMBER, "password": PASSWORD}


async def test_what_was_typed_goes_along_through_the_sign_in(person: Person, platform: Platform) -> None:
    await register(person, platform)
    form = await person.get("/apply/fill")
    person.session.cookie_jar.clear()
    asked = await person.press(form, "/form", {"action": "submit", "class_number": TYPED, "evil": "x"})
    assert asked.status == 401
    offered = await person.press(asked, "/login", CREDENTIALS)
    fields = dict(offered.page.form("/form").fields)
    assert (fields["class_number"], "evil" in fields) == (TYPED, False)
    assert "还没有保存" in offered.page.text and "<b>考生" not in offered.page.text
    assert await class_number(person) == form_value(form, "class_number")
    assert (await person.press(offered, "/form")).status == 200
    assert await class_number(person) == TYPED


async def test_a_wrong_password_does_not_lose_it_and_no_secret_goes_along(person: Person) -> None:
    sent = {"class_number": "0413", "password": "secret-77", "csrf": "x", "key": "k", "action": "submit"}
    asked = await person.post("/form", sent)
    carried = {"kept-class_number": "0413"}
    assert (asked.status, kept(asked)) == (401, carried)
    wrong = await person.press(asked, "/login", CREDENTIALS | {"password": "wrong"})
    assert (wrong.status, kept(wrong)) == (400, carried)


async def class_number(person: Person) -> str:
    return form_value(await person.get("/apply/fill"), "class_number")


def form_value(answer: Answer, name: str) -> str:
    return dict(answer.page.form("/form").fields)[name]


def kept(answer: Answer) -> dict[str, str]:
    return {name: text for name, text in answer.page.form("/login").fields if name.startswith("kept-")}
