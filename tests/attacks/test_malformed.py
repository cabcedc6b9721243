"""Requests that are broken on purpose are refused as such: no 5xx, nothing in the error log to hide behind."""

from __future__ import annotations

import pytest

from tests.attacks.support import FORM, PARTS, csrf_of, raw, signed_in
from tests.services.gateway.conftest import ID_NUMBER, Person
from tests.services.gateway.walks import at_form

NOBODY = "0" * 32


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    return b'--x\r\nContent-Disposition: form-data; name="%s"\r\n%s\r\n%s\r\n' % (name.encode(), more, value)


async def test_an_origin_that_is_no_address_is_another_site(person: Person) -> None:
    answer = await raw(person, "POST", "/programmes/qualification-2024/start", Origin="http://[")
    assert answer.status == 403


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"name=\xff\xfe", FORM),
        (b"name=a", FORM + "; charset=nonsense"),
        (b"name=a", "multipart/form-data"),
        (part("name", b"a")[:-4], PARTS),
        (part("name", b"\xff\xfe") + b"--x--\r\n", PARTS),
        (part("name", b"a", b"Content-Transfer-Encoding: foo\r\n") + b"--x--\r\n", PARTS),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(person: Person, body: bytes, content_type: str) -> None:
    token = csrf_of(await at_form(person))
    answer = await raw(person, "POST", "/form", body, Content_Type=content_type, X_CSRF_Token=token)
    assert answer.status == 400


@pytest.mark.parametrize("stage", ["nothing", "%2e%2e", "x%23", "..%2f..%2fcheck%3f", "..%2fwithdraw%23"])
async def test_a_stage_that_is_none_is_not_found(person: Person, stage: str) -> None:
    token = csrf_of(await at_form(person))
    for action in ("accept", "decline"):
        answer = await raw(person, "POST", f"/apply/{stage}/{action}", f"csrf={token}".encode(), Content_Type=FORM)
        assert answer.status == 404
    assert (await person.get("/apply")).url.endswith("/apply/fill")


@pytest.mark.parametrize("version", ["abc", "-1", "9" * 5000, "²"])
async def test_a_version_that_is_no_number_is_a_stale_one(person: Person, version: str) -> None:
    token = csrf_of(await signed_in(person, "admin"))
    answer = await person.post(f"/staff/files/{NOBODY}/approve", {"csrf": token, "version": version})
    assert answer.status == 404


@pytest.mark.parametrize("yuan", ["²", "9" * 400, ".", "1.005", "-1", "1e3"])
async def test_an_amount_that_is_none_is_refused(person: Person, yuan: str) -> None:
    token = csrf_of(await signed_in(person, "admin"))
    answer = await person.post(f"/staff/money/orders/{NOBODY}/cash", {"csrf": token, "yuan": yuan})
    assert answer.status in {400, 404}


async def test_search_words_go_into_no_address_and_find_nobody_else(person: Person) -> None:
    page = await signed_in(person, "admin")
    for words in ("查无此人", "a" * 9999, ID_NUMBER[:10]):
        answer = await person.post("/staff/queue", {"csrf": csrf_of(page), "q": words})
        assert answer.status in {200, 400}
        assert not [link for link in answer.page.links if link.startswith("/staff/files/")]
