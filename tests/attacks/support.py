"""Requests that no page of ours sends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from yarl import URL

from tests.services.gateway.conftest import STAFF_PASSWORD, Answer, Person

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
