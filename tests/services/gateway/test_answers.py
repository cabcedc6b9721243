"""核对信息: what will be sent is seen before, nothing is lost on the way back, and it is sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.registration.api import candidate
from shared.programme.id_number import check_character
from shared.settings import Platform
from tests.services.gateway.conftest import ID_NUMBER, NAME, PHONE, Answer, Person
from tests.services.gateway.walks import FOUR, TYPED, register, send, tick

NINE = ("chinese", "mathematics", "physics", "politics", *FOUR)
WHOLE = {"school": "140106001", "grade": "senior_2"}
LATE = datetime(2029, 1, 1, tzinfo=UTC)


def number_of(serial: int) -> str:
    body = f"14010620070618{serial:03}"
    return body + check_character(body)


async def registered(person: Person, platform: Platform, serial: int, **changes: str) -> Answer:
    """Somebody else for each serial number, at the subjects."""
    own = {"id_number": number_of(serial), "phone": f"1390002{serial:04}"}
    return await register(person, platform, **own, **changes)


def ticked(page: Answer) -> set[str]:
    return {value for name, value in page.page.form("/subjects").fields if name == "subjects"}


async def times_submitted(person: Person) -> int:
    return (await person.get("/mine")).page.text.count("提交报名")


async def test_everything_is_shown_as_it_will_be_sent_and_nothing_is_sent_yet(
    person: Person, platform: Platform
) -> None:
    page = await tick(person, await register(person, platform), *FOUR)
    assert page.url.endswith("/answers")
    for shown in (ID_NUMBER, NAME, "在校生", "太原市", "迎泽区", "0709", PHONE, "女", "历史", "生物学", "30.00"):
        assert shown in page.page.text
    assert page.page.text.count('src="/pictures/') == 2
    assert "正在检测照片" in page.page.text
    assert page.page.text.count("（不可修改）") == 2
    assert {"/apply/fill#id_number", "/apply/fill#pictures", "/apply/subjects"} <= set(page.page.links)
    assert TYPED["school"] not in page.page.text
    assert (await person.get("/mine")).url.endswith("/apply/subjects")


async def test_who_has_nothing_to_send_is_led_to_where_he_stands(people: Sequence[Person], platform: Platform) -> None:
    person, nobody = people
    await registered(person, platform, 1)
    assert (await person.get("/answers")).url.endswith("/apply/subjects")
    assert "/login" in (await nobody.get("/answers")).url


async def test_the_ways_back_keep_the_choice(person: Person, platform: Platform) -> None:
    page = await registered(person, platform, 2, **WHOLE)
    page = await tick(person, page, *NINE, "japanese")
    assert "日语" in page.page.text
    assert ticked(await person.get("/apply/subjects")) == {*NINE, "japanese"}
    form = await person.get("/apply/fill")
    assert "/answers" in form.page.links
    back = await send(person, form, {"phone": "13900029999", "action": "submit"})
    assert back.url.endswith("/answers")
    assert "日语" in back.page.text and "13900029999" in back.page.text


async def test_refused_subjects_never_reach_the_page(person: Person, platform: Platform) -> None:
    page = await registered(person, platform, 3, **WHOLE)
    refused = await tick(person, page, "history")
    assert (refused.status, ticked(refused)) == (400, {"history"})
    assert (await person.get("/answers")).url.endswith("/apply/subjects")
    await tick(person, page, *NINE, "english")
    # Another grade has another rule: what was right before is not.
    back = await send(person, await person.get("/apply/fill"), {"grade": "senior_1", "action": "submit"})
    assert (back.status, ticked(back)) == (400, {*NINE, "english"})
    assert not [form for form in back.page.forms if form.action == "/answers"]


async def test_a_form_emptied_meanwhile_is_mended_before_anything_is_sent(person: Person, platform: Platform) -> None:
    page = await registered(person, platform, 8)
    token = dict(page.page.form("/subjects").fields)["csrf"]
    async with person.session.patch(
        person.site + "/form/fields", data={"phone": ""}, headers={"Origin": person.site, "X-CSRF-Token": token}
    ) as saved:
        assert saved.status == 200
    form = await tick(person, page, *FOUR)
    assert form.url.endswith("/apply/fill?check=1")
    assert "#phone" in form.page.links
    assert (await person.get("/mine")).url.endswith("/apply/subjects")


async def test_two_presses_submit_once(person: Person, platform: Platform) -> None:
    page = await tick(person, await registered(person, platform, 4), *FOUR)
    presses = await asyncio.gather(*(person.press(page, "/answers") for _ in range(2)))
    assert {answer.url.rpartition("/")[2] for answer in presses} == {"payment"}
    assert await times_submitted(person) == 1
    # A third one, long after.
    assert (await person.press(page, "/answers")).url.endswith("/apply/payment")
    assert await times_submitted(person) == 1


async def test_a_page_older_than_the_answers_is_shown_anew(person: Person, platform: Platform) -> None:
    old = await tick(person, await registered(person, platform, 5), *FOUR)
    await send(person, await person.get("/apply/fill"), {"phone": "13900028888"})
    answer = await person.press(old, "/answers")
    assert answer.status == 400
    assert "有变化" in answer.page.text and "13900028888" in answer.page.text
    assert (await person.get("/mine")).url.endswith("/apply/subjects")
    assert (await person.press(answer, "/answers")).url.endswith("/apply/payment")


async def test_a_page_older_than_the_end_of_registration_says_so(
    person: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await tick(person, await registered(person, platform, 6), *FOUR)
    monkeypatch.setattr(candidate, "utc_now", lambda: LATE)
    for _ in range(2):
        answer = await person.press(page, "/answers")
        assert answer.status == 400
        assert "不在报名时间内" in answer.page.text
    assert (await person.get("/mine")).url.endswith("/apply/subjects")


async def test_other_subjects_are_seen_before_they_stand(person: Person, platform: Platform) -> None:
    page = await tick(person, await registered(person, platform, 7, **WHOLE), *NINE, "english")
    await person.press(page, "/answers")
    page = await tick(person, await person.get("/apply/subjects"), *NINE, "japanese")
    mine = await person.get("/mine")
    assert "英语" in mine.page.text and "日语" not in mine.page.text
    assert "/answers" in mine.page.links
    assert ticked(await person.get("/apply/subjects")) == {*NINE, "japanese"}
    await person.press(page, "/answers")
    mine = await person.get("/mine")
    assert "日语" in mine.page.text and "英语" not in mine.page.text
    assert "/answers" not in mine.page.links
    assert await times_submitted(person) == 1
