"""Requests that no page of ours sends."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from yarl import URL

from shared.programme.id_number import check_character
from shared.settings import Platform
from tests.services.gateway.conftest import STAFF_PASSWORD, Answer, Person, captcha_text
from tests.services.gateway.walks import FOUR, PASSWORD, TYPED, at_form, send, tick

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"


@dataclass(frozen=True)
class Raw:
    """An answer, redirects not followed."""

    status: int
    location: str
    text: str


async def raw(person: Person, method: str, path: str, body: bytes = b"", **headers: str) -> Raw:
    """Send exactly these bytes to exactly this address; `Content_Type="..."` names the header Content-Type."""
    named = {"Origin": person.site, **{name.replace("_", "-"): value for name, value in headers.items()}}
    url = URL(person.site + path, encoded=True)
    async with person.session.request(method, url, data=body, headers=named, allow_redirects=False) as answer:
        return Raw(answer.status, answer.headers.get("Location", ""), await answer.text(errors="replace"))


def csrf_of(answer: Answer) -> str:
    """The token on a page."""
    return next(value for form in answer.page.forms for name, value in form.fields if name == "csrf")


async def signed_in(person: Person, login: str) -> Answer:
    """A member of staff at the first page."""
    return await person.press(await person.get("/staff/login"), "", {"login": login, "password": STAFF_PASSWORD})


def statuses(answers: Iterable[Raw]) -> list[int]:
    """Sorted, so that a test can say how many of each there were."""
    return sorted(answer.status for answer in answers)


async def at_once(person: Person, times: int, path: str, body: bytes) -> list[Raw]:
    """The same form sent many times at once."""
    sent = (raw(person, "POST", path, body, Content_Type=FORM) for _ in range(times))
    return list(await asyncio.gather(*sent))


def number(serial: int) -> str:
    """A valid ID number of its own for each serial number."""
    body = f"140106200706{1 + serial % 27:02}{serial % 1000:03}"
    return body + check_character(body)


async def filled(person: Person, platform: Platform, serial: int, **changes: str) -> dict[str, str]:
    """A form complete but for its submission: the fields that submit it."""
    own = {"id_number": number(serial), "phone": f"1390001{serial:04}"}
    page = await send(person, await at_form(person), {**TYPED, **own, **changes}, "id_card", "portrait")
    fields = dict(page.page.form("/form").fields)
    secrets = {"password": PASSWORD, "password_again": PASSWORD, "action": "submit"}
    return {**fields, **secrets, "captcha_text": await captcha_text(platform, fields["captcha_id"])}


async def ticked(person: Person, platform: Platform, serial: int, **changes: str) -> Answer:
    """A candidate who has yet to submit: the page that shows everything."""
    page = await person.post("/form", await filled(person, platform, serial, **changes))
    return await tick(person, page, *FOUR)


async def chosen(person: Person, platform: Platform, serial: int, **changes: str) -> Answer:
    """A candidate who has submitted; the page after it."""
    return await person.press(await ticked(person, platform, serial, **changes), "/answers")


async def file_of(staff: Person, words: str) -> Answer:
    """A submitted file, found by name or number and opened."""
    found = await staff.press(await staff.get("/staff/queue"), "/staff/queue", {"q": words})
    ids = re.findall(r"/staff/files/[0-9a-f]{32}", found.page.text)
    return await staff.get(ids[0])
