"""A whole registration without any script: nothing typed is lost, nothing personal stands in an address."""

from __future__ import annotations

from urllib.parse import quote

import aiohttp

from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from tests.services.gateway.conftest import ID_NUMBER, NAME, PHONE, Person
from tests.services.gateway.walks import (
    PASSWORD,
    TYPED,
    assert_summary_leads_to_fields,
    at_form,
    choose,
    register,
    send,
)


async def test_a_stage_not_reached_leads_back_to_the_current_one(person: Person) -> None:
    await person.post("/programmes/qualification-2024/start", {})
    for stage in ("fill", "subjects", "payment", "done", "nothing"):
        assert (await person.get(f"/apply/{stage}")).url.endswith("/apply/violations")


async def test_what_was_typed_is_there_after_an_error_and_after_a_reload(person: Person) -> None:
    page = await at_form(person)
    answer = await send(person, page, {"id_number": "140213200706189847", "name": NAME, "action": "submit"})
    assert answer.status == 400
    assert_summary_leads_to_fields(answer)
    assert "身份证号不对" in answer.page.text
    assert "请上传这张照片" in answer.page.text
    for again in (answer, await person.get("/apply/fill")):
        fields = dict(again.page.form("/form").fields)
        assert (fields["id_number"], fields["name"]) == ("140213200706189847", NAME)


async def test_a_form_that_is_kept_already_is_not_written_again(person: Person, platform: Platform) -> None:
    page = await send(person, await at_form(person), TYPED)
    before = await _version(platform)
    page = await send(person, page, {})
    assert await _version(platform) == before
    await send(person, page, {"class_number": "0808"})
    assert await _version(platform) == before + 1


async def _version(platform: Platform) -> int:
    """Of the application that was begun last."""
    async with open_store(platform, "registration", ()) as store:
        found = await store.find("applications", Query(sort="-created_at", limit=1))
    return int(found.documents[0]["version"])


async def test_a_file_that_is_no_picture_is_refused_beside_its_field(person: Person) -> None:
    page = await at_form(person)
    body = aiohttp.FormData()
    body.add_field("csrf", dict(page.page.form("/form").fields)["csrf"])
    body.add_field("name", NAME)
    body.add_field("picture-id_card", b"GIF89a nonsense", filename="x.jpg", content_type="image/jpeg")
    answer = await person.post("/form", body)
    assert answer.status == 400
    assert "只能上传 JPG 或 PNG 照片" in answer.page.text
    assert dict(answer.page.form("/form").fields)["name"] == NAME
    assert_summary_leads_to_fields(answer)


async def test_leaving_a_field_keeps_it_and_answers_with_its_verdict(person: Person) -> None:
    page = await at_form(person)
    csrf = dict(page.page.form("/form").fields)["csrf"]
    headers = {"Origin": person.site, "X-CSRF-Token": csrf, "HX-Request": "true"}
    address = person.site + "/form/fields"
    async with person.session.patch(address, data={"phone": "123"}, headers=headers) as answer:
        part = await answer.text()
    assert "verdict-phone" in part and "11 位" in part
    async with person.session.patch(address, data={"city": "1401"}, headers=headers) as answer:
        part = await answer.text()
    assert "group-district" in part and "迎泽区" in part
    assert dict((await person.get("/apply/fill")).page.form("/form").fields)["phone"] == "123"


async def test_social_candidates_are_asked_for_their_papers(person: Person) -> None:
    page = await at_form(person)
    page = await send(person, page, {"category": "social"})
    assert {"picture-hukou_first", "picture-hukou_own", "picture-diploma"} <= page.page.ids
    assert "class_number" not in page.page.ids
    page = await send(person, page, {"category": "pupil"})
    assert "picture-diploma" not in page.page.ids
    assert "class_number" in page.page.ids


async def test_grades_are_asked_of_ordinary_high_schools_only(person: Person) -> None:
    page = await at_form(person)
    page = await send(person, page, {**TYPED, "school": "140106001"})
    assert "grade" in page.page.form("/form").choices
    page = await send(person, page, {"school": "140106002"})
    assert "grade" not in page.page.form("/form").choices


async def test_the_whole_way_without_scripts(person: Person, platform: Platform) -> None:
    await at_form(person)
    anonymous = person.cookie
    registered = await register(person, platform)
    assert person.cookie != anonymous
    assert registered.url.endswith("/apply/subjects")
    refused = await person.press(registered, "/subjects", {"subjects": "history"})
    assert refused.status == 400
    assert_summary_leads_to_fields(refused)
    assert "地理：首次报考必须报这一科" in refused.page.text
    answer = await choose(person, refused)
    assert answer.url.endswith("/apply/payment")
    mine = await person.get("/mine")
    assert "已报名，还没有缴费" in mine.page.text
    async with person.session.get(person.site + "/mine/registration-form.pdf") as pdf:
        assert (pdf.status, (await pdf.read())[:5]) == (200, b"%PDF-")
    changed = await person.press(
        await person.get("/mine/password"), "", {"old": "wrong123", "new": "efgh5678", "again": "efgh5678"}
    )
    assert "密码不对" in changed.page.text
    assert_summary_leads_to_fields(changed)
    left = await person.press(mine, "/logout")
    assert "您已安全退出" in left.page.text
    assert not person.cookie
    personal = {ID_NUMBER, PHONE, PASSWORD, quote(NAME), NAME}
    assert not [url for url in person.asked for secret in personal if secret in url]


async def test_polling_ends_when_nothing_more_is_to_come(person: Person) -> None:
    page = await at_form(person)
    assert (await person.get("/form/checks")).status == 286
    await send(person, page, {}, "id_card", "portrait")
    assert (await person.get("/form/checks")).status == 200
