"""Two exams whose passwords can be reset by face, in one browser: the code is for the one that was chosen last."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from yarl import URL

from deploy import ROOT
from deploy.local.make_secrets import make_all
from services.documents.main import service as documents
from services.gateway.main import service as gateway
from services.identity.main import service as identity
from services.registration.main import service as registration
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from tests.services.gateway.conftest import Person
from tests.support.platform import platform_in_thread

FIRST, OTHER = "qualification-2024", "posts"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("two")
    make_all(folder / "secrets", "demo")
    shutil.copytree(ROOT / "shared" / "programmes", folder / "programmes")
    file = folder / "programmes" / f"{OTHER}.yaml"
    file.write_text(file.read_text().replace("reset_channels: [sms]", "reset_channels: [sms, face]"))
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("BAOKAO_PROGRAMMES", str(folder / "programmes"))
        with platform_in_thread(folder, (identity, registration, documents, gateway)) as running:
            yield running


@pytest.fixture
async def somebody(two: Platform) -> AsyncIterator[Person]:
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(two.site))
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Person(session, two.site)


async def test_the_code_is_for_the_exam_that_was_chosen_last(somebody: Person, two: Platform) -> None:
    asked = await somebody.get("/reset/face")
    links = {one: f"/reset/face?programme={one}" for one in (FIRST, OTHER)}
    assert set(links.values()) <= set(asked.page.links)
    for chosen, title in ((FIRST, "合格性考试"), (OTHER, "岗位考试"), (OTHER, "岗位考试")):
        page = await somebody.get(links[chosen])
        assert page.url.endswith("/reset/face/code") and title in page.page.text, "and says so"
    async with open_store(two, "identity", ()) as store:
        tickets = (await store.find("tickets", Query(sort="created_at", limit=9))).documents
    assert [each["programme"] for each in tickets] == [FIRST, OTHER], "the same again is the code that is there"
