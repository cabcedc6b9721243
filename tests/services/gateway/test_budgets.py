"""Budgets behind a proxy: counted for the address that our proxy saw, whatever the browser claims."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import get_args

import pytest

from deploy.local.make_secrets import make_all
from services.identity.domain.budgets import Matter
from shared.settings import Platform
from tests.services.gateway.conftest import SERVICES, Person, photo
from tests.services.gateway.walks import at_form
from tests.support.platform import platform_in_thread

PROGRAMME = "qualification-2024"
US, THEM = "198.51.100.7", "198.51.100.8"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("budgets")
    make_all(folder / "secrets", "demo")
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("BAOKAO_GATEWAY__PROXIES", "1")
        settings.setenv("BAOKAO_IDENTITY__BUDGETS", json.dumps(dict.fromkeys(get_args(Matter), 2)))
        with platform_in_thread(folder, SERVICES) as running:
            yield running


async def begin(person: Person, forwarded: str) -> int:
    person.session.cookie_jar.clear()
    start = f"/programmes/{PROGRAMME}/start"
    return (await person.post(start, {}, **{"X-Forwarded-For": forwarded})).status


async def test_sessions_are_counted_for_the_address_the_proxy_saw(people: Sequence[Person]) -> None:
    statuses = [await begin(people[0], f"10.0.0.{at}, {US}") for at in range(3)]
    assert statuses == [200, 200, 429]
    assert await begin(people[0], f"{US}, {THEM}") == 200


async def test_uploads_and_roll_questions_say_that_it_is_too_much_for_now(people: Sequence[Person]) -> None:
    person = people[1]
    page = await at_form(person)
    csrf = next(value for form in page.page.forms for name, value in form.fields if name == "csrf")
    headers = {"X-Forwarded-For": "198.51.100.9", "X-CSRF-Token": csrf}
    for path, body in (("/form/pictures/portrait", photo()), ("/form/roll", {"id_number": "1", "name": "李"})):
        answers = [await person.post(path, body, **headers) for _ in range(3)]
        assert "这个网络上的操作太多了" not in answers[1].page.text
        assert "这个网络上的操作太多了" in answers[2].page.text


@pytest.mark.parametrize("path", ["/reset/face?again=1&programme=qualification-2024", "/proof/slider"])
async def test_puzzles_and_face_resets_are_counted_for_the_address_too(people: Sequence[Person], path: str) -> None:
    statuses = [(await people[0].get(path, **{"X-Forwarded-For": "198.51.100.11"})).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await people[0].get(path, **{"X-Forwarded-For": "198.51.100.12"})).status == 200
    if path == "/proof/slider":
        work = await people[0].get("/proof/work", **{"X-Forwarded-For": "198.51.100.11"})
        assert work.status == 200


async def test_phones_that_scan_begin_no_more_sessions_than_others(people: Sequence[Person]) -> None:
    person, path = people[0], f"/wx/reset/{'a' * 24}"
    person.session.cookie_jar.clear()
    statuses = [(await person.get(path, **{"X-Forwarded-For": "198.51.100.13"})).status for _ in range(3)]
    assert 429 not in statuses[:2]
    assert statuses[2] == 429
