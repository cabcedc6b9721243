"""Files that are large: what fits goes through however many there are, what does not is said beside its field, and
nothing typed is lost over it."""

from __future__ import annotations

import io
from collections.abc import Mapping

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from PIL import Image
from playwright.async_api import Page, expect

from services.gateway.bodies import Limit, read_form
from services.gateway.settings import Settings
from services.registration.reference.api import MAX_BYTES as TABLE_BYTES
from tests.services.gateway.conftest import NAME, Answer, Person, photo
from tests.services.gateway.test_browser import at_form as at_form_in_browser
from tests.services.gateway.test_browser import choose_picture
from tests.services.gateway.test_staff import signed_in
from tests.services.gateway.walks import assert_summary_leads_to_fields, at_form

MB = 1 << 20
TOO_LARGE = "照片太大，最多 12 MB"


def weighing(megabytes: int) -> bytes:
    """A picture whose file is this large: decoders stop at its end, whatever follows."""
    return photo() + b"\0" * (megabytes * MB)


def camera_photo() -> bytes:
    """28 megapixels in more than 12 MiB, and both are too many; telephones take larger ones still."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((6000, 4800)).convert("RGB").save(out, "JPEG")
    return out.getvalue() + b"\0" * (13 * MB)


async def send_files(person: Person, page: Answer, fields: Mapping[str, str], files: Mapping[str, bytes]) -> Answer:
    body = aiohttp.FormData()
    for name, value in (dict(page.page.form("/form").fields) | dict(fields)).items():
        body.add_field(name, value)
    for kind, content in files.items():
        body.add_field(f"picture-{kind}", content, filename=f"{kind}.jpg", content_type="image/jpeg")
    return await person.post("/form", body)


async def test_two_ordinary_photos_of_seven_megabytes_go_in_one_form(person: Person) -> None:
    page = await at_form(person)
    saved = await send_files(person, page, {"name": NAME}, {"id_card": weighing(7), "portrait": weighing(7)})
    assert (saved.status, saved.page.text.count('src="/pictures/')) == (200, 2)
    assert dict(saved.page.form("/form").fields)["name"] == NAME


async def test_what_was_typed_is_kept_when_a_file_is_too_large_and_the_other_files_too(person: Person) -> None:
    page = await at_form(person)
    files = {"id_card": weighing(13), "portrait": weighing(2)}
    answer = await send_files(person, page, {"name": NAME}, files)
    assert answer.status == 400
    assert answer.page.text.count(TOO_LARGE) == 2, "in the summary, and beside the field"
    assert_summary_leads_to_fields(answer)
    assert answer.page.text.count('src="/pictures/') == 1
    assert dict((await person.get("/apply/fill")).page.form("/form").fields)["name"] == NAME


async def test_files_larger_than_all_that_is_asked_for_together_cost_no_more_than_themselves(person: Person) -> None:
    page = await at_form(person)
    answer = await send_files(person, page, {"name": NAME}, {"id_card": weighing(70), "portrait": weighing(20)})
    assert (answer.status, answer.page.text.count(TOO_LARGE)) == (400, 4)
    assert dict(answer.page.form("/form").fields)["name"] == NAME


async def test_no_more_of_a_form_is_kept_than_it_has_inputs_for() -> None:
    async def sizes(request: web.Request) -> web.Response:
        form = await read_form(request, Limit(files=2, each=10))
        return web.json_response([len(each.file.read()) for each in form.values() if isinstance(each, web.FileField)])

    app = web.Application()
    app.router.add_post("/", sizes)
    body = aiohttp.FormData()
    for number, size in enumerate((3, 70_000, 5)):
        body.add_field(f"file-{number}", b"x" * size, filename="a.jpg")
    async with TestClient(TestServer(app)) as client, client.post("/", data=body) as answer:
        # Of one that is too large a byte more than it may have, of one too many nothing.
        assert await answer.json() == [3, 11, 0]


async def test_a_text_that_fills_the_disk_is_refused(person: Person) -> None:
    page = await at_form(person)
    answer = await send_files(person, page, {"name": "王" * MB}, {})
    assert answer.status == 413


@pytest.mark.parametrize("megabytes", [13, 70])
async def test_a_picture_sent_by_script_is_refused_with_the_reason(person: Person, megabytes: int) -> None:
    page = await at_form(person)
    csrf = dict(page.page.form("/form").fields)["csrf"]
    headers = {"X-CSRF-Token": csrf, "HX-Request": "true", "Content-Type": "application/octet-stream"}
    answer = await person.post("/form/pictures/portrait", weighing(megabytes), **headers)
    assert answer.status == 400
    assert TOO_LARGE in answer.page.text and "material-portrait" in answer.page.text


async def test_a_camera_photo_that_is_too_large_is_made_smaller_and_taken(page: Page) -> None:
    content = camera_photo()
    assert len(content) > Settings().body_limit_bytes
    await at_form_in_browser(page)
    await choose_picture(page, "id_card", content)
    part = page.locator("#material-id_card")
    await part.get_by_role("button", name="使用这张").click()
    picture = part.locator("img[src^='/pictures/']")
    await expect(picture).to_be_visible()
    assert [await picture.get_attribute(side) for side in ("width", "height")] == ["3000", "2400"]


async def test_a_refusal_of_the_whole_request_is_said_and_not_tried_again(page: Page) -> None:
    await at_form_in_browser(page)
    await page.evaluate("document.body.dataset.csrf = 'of-an-older-page'")
    await choose_picture(page, "portrait", photo())
    part = page.locator("#material-portrait")
    await part.get_by_role("button", name="使用这张").click()
    await expect(part.locator(".govuk-error-message")).to_contain_text("刷新")
    await expect(part.get_by_role("button", name="重试")).to_have_count(0)


def table(megabytes: int) -> bytes:
    """So many bytes of regions, most of them in a column that nobody asked for."""
    line = f"1499,试验市,,{'备' * 40_000}\n".encode()
    return "代码,名称,上级代码,备注\n".encode() + line * (megabytes * MB // len(line))


@pytest.mark.parametrize(("megabytes", "told"), [(20, "可以导入"), (31, "30 MB")])
async def test_a_table_may_be_as_large_in_the_browser_as_the_service_takes_it(
    person: Person, megabytes: int, told: str
) -> None:
    assert Settings().table_limit_bytes == TABLE_BYTES
    await signed_in(person, "admin")
    page = await person.get("/staff/imports")
    body = aiohttp.FormData()
    for name, value in (dict(page.page.forms[-1].fields) | {"what": "regions", "action": "check"}).items():
        body.add_field(name, value)
    body.add_field("file", table(megabytes), filename="regions.csv", content_type="text/csv")
    answer = await person.post("/staff/imports", body)
    assert told in answer.page.text
