"""Without an app at WeChat no page offers the way by face, nor says anything of it (000.24)."""

from __future__ import annotations

from collections.abc import Iterator

import aiohttp
import pytest
from yarl import URL

from deploy.local.make_secrets import make_all
from services.gateway.main import service as gateway
from services.identity.main import service as identity
from services.registration.main import service as registration
from shared.settings import Platform
from tests.services.gateway.by_sms import OLD, account, signed_in
from tests.services.gateway.conftest import Person
from tests.support.platform import platform_in_thread


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("bare")
    make_all(folder / "secrets", "demo")
    (folder / "secrets" / "wechat_login.json").unlink()
    with platform_in_thread(folder, (identity, registration, gateway)) as running:
        yield running


async def test_the_way_by_face_is_offered_only_where_it_can_be_gone(person: Person, bare: Platform) -> None:
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(bare.site))
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        without = Person(session, bare.site)
        for visitor, offered in ((person, True), (without, False)):
            page = await visitor.get("/reset")
            assert ("/reset/face" in page.page.links, "刷脸" in page.page.text) == (offered, offered)
            assert "/reset/sms" in page.page.links
        direct = await without.get("/reset/face")
        assert (direct.status, "目前不能刷脸重置密码" in direct.page.text) == (409, True)
        login, _ = await account(bare, 114)
        assert await signed_in(without, login, OLD)
        assert "刷脸" not in (await without.get("/mine/account")).page.text
