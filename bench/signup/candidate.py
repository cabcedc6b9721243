"""One candidate as a browser without scripts: pages, forms, cookies; every request is timed by its step."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import aiohttp

from services.identity.domain.captcha import CAPTCHA_DIGITS
from shared.privacy import Vault
from shared.programme.id_number import check_character
from shared.store import Store
from tests.support.specimen import Specimen

PROGRAMME = "qualification-2024"
SUBJECTS = ("history", "geography", "chemistry", "biology")
COOKIE = "__Host-baokao"
CSRF = re.compile(r'data-csrf="([^"]*)"')
HIDDEN = re.compile(r'name="(captcha_id|seen)" value="([^"]*)"')

Inline = Callable[[bytes, bytes], Coroutine[None, None, None]]


@dataclass
class Timings:
    """Seconds by step, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    registered: int = 0

    def add(self, step: str, seconds: float) -> None:
        """Note one request."""
        self.seconds.setdefault(step, []).append(seconds)


@dataclass(frozen=True)
class World:
    """What all candidates of a run share. `inline` is the work done inside the request, when that is measured."""

    site: str
    session: aiohttp.ClientSession
    identity: Store
    vault: Vault
    card: Specimen
    portrait: bytes
    timings: Timings
    inline: Inline | None = None


class Visitor:
    """One person on the way from the home page to the payment code."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._number = number
        self._token = ""
        self._csrf = ""
        self._hidden: dict[str, str] = {}

    async def sign_up(self) -> None:
        """The whole way; a wrong answer of any step ends it and is counted."""
        try:
            await self._walk()
            self._world.timings.registered += 1
        except (aiohttp.ClientError, TimeoutError, RuntimeError) as error:
            self._world.timings.failures.append(f"{type(error).__name__}: {error}")

    async def _walk(self) -> None:
        await self._get("home", "/")
        await self._post("start", f"/programmes/{PROGRAMME}/start", {})
        await self._post("notice", "/apply/violations/accept", {})
        await self._post("notice", "/apply/pledge/accept", {})
        await self._patch(self._fields())
        await self._picture("id_card", self._world.card.jpeg)
        await self._picture("portrait", self._world.portrait)
        captcha = await self._captcha()
        if self._world.inline:
            started = time.perf_counter()
            await self._world.inline(self._world.card.jpeg, self._world.portrait)
            waited = time.perf_counter() - started
        else:
            waited = 0.0
        form = {"action": "submit", "password": "abcd1234", "password_again": "abcd1234", "captcha_text": captcha}
        await self._post("register", "/form", {**form, **self._hidden}, also=waited)
        await self._post("subjects", "/subjects", {"subjects": SUBJECTS})
        await self._post("submit", "/answers", {"seen": self._hidden["seen"], "subjects": SUBJECTS})
        await self._post("pay", "/payment/pay", {"channel": "wechat"})

    def _fields(self) -> dict[str, str]:
        body = f"140105{2007 + self._number // 336 % 3}{self._number // 28 % 12 + 1:02}{self._number % 28 + 1:02}"
        first_17 = body + f"{self._number % 1000:03}"
        return {
            "id_number": first_17 + check_character(first_17),
            "name": "测试考生",
            "category": "pupil",
            "city": "1401",
            "district": "140105",
            "school": "140105002",
            "class_number": "0101",
            "phone": f"139{self._number:08}",
        }

    async def _captcha(self) -> str:
        """Digits of our own, put in place of those drawn: the bench owns the installation's secrets, and trying all
        would hold up the clock of every other candidate for 30 ms."""
        captcha_id, digits = self._hidden["captcha_id"], "0" * CAPTCHA_DIGITS
        document = await self._world.identity.get("captchas", captcha_id)
        if document is None:
            raise RuntimeError("captcha gone")
        document["answer"] = self._world.vault.blind("captcha", f"{captcha_id}|{digits}")
        await self._world.identity.replace("captchas", document, version=document["version"])
        return digits

    async def _get(self, step: str, path: str) -> None:
        await self._request(step, "GET", path)

    async def _post(self, step: str, path: str, form: dict[str, Any], also: float = 0.0) -> None:
        pairs = [
            (name, one) for name, value in form.items() for one in (value if isinstance(value, tuple) else (value,))
        ]
        await self._request(step, "POST", path, also=also, data=aiohttp.FormData(pairs))

    async def _patch(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            await self._request("field", "PATCH", "/form/fields", data=aiohttp.FormData({name: value}))

    async def _picture(self, kind: str, content: bytes) -> None:
        await self._request(f"upload {kind}", "POST", f"/form/pictures/{kind}", data=content)

    async def _request(self, step: str, method: str, path: str, also: float = 0.0, **body: Any) -> None:
        headers = {"Origin": self._world.site, "Sec-Fetch-Site": "same-origin", "X-CSRF-Token": self._csrf}
        if self._token:
            headers["Cookie"] = f"{COOKIE}={self._token}"
        started = time.perf_counter()
        async with self._world.session.request(
            method, self._world.site + path, headers=headers, allow_redirects=False, **body
        ) as answer:
            text = await answer.text()
        self._world.timings.add(step, time.perf_counter() - started + also)
        if answer.status >= 400:
            raise RuntimeError(f"{step}: {answer.status}")
        self._learn(answer, text)
        if answer.status == HTTPStatus.SEE_OTHER:
            await self._request("page after", "GET", answer.headers["Location"])

    def _learn(self, answer: aiohttp.ClientResponse, text: str) -> None:
        if COOKIE in answer.cookies:
            self._token = answer.cookies[COOKIE].value
        if found := CSRF.search(text):
            self._csrf = found.group(1)
        self._hidden.update(HIDDEN.findall(text))
