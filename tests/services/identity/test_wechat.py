"""WeChat's OAuth against the simulator, which answers and refuses as WeChat's documents say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.local.wechat_login import WechatLogin, make_login_secrets
from services.identity.wechat import Wechat, load_wechat
from shared.errors import DomainError, Kind

SITE = "http://127.0.0.1:9"
BACK = f"{SITE}/wx/reset/t/back"


@dataclass
class World:
    """The simulator, ourselves, and a phone's browser."""

    wechat: Wechat
    address: str
    phone: ClientSession
    http: ClientSession
    secret_file: Path

    async def allowed(self, state: str = "ab12") -> URL:
        """Where WeChat sends the phone."""
        answer = await self.phone.get(self.wechat.authorise_url(BACK, state), allow_redirects=False)
        assert answer.status == 302
        return URL(answer.headers["Location"])

    async def scan(self, openid: str, url: str = BACK) -> int:
        """Choose whose WeChat it is, by scanning."""
        form = {"openid": openid, "url": url}
        return (await self.phone.post(f"{self.address}/scan", data=form, allow_redirects=False)).status


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    secret_file = make_login_secrets(tmp_path)
    app = web.Application()
    app.add_routes(WechatLogin(secret_file, SITE).routes())
    async with TestServer(app) as server, ClientSession(cookie_jar=CookieJar(unsafe=True)) as phone:
        async with ClientSession() as http:
            address = str(server.make_url("")).rstrip("/")
            wechat = load_wechat(http, secret_file, address, "")
            assert wechat
            yield World(wechat, address, phone, http, secret_file)


async def refused(wechat: Wechat, code: str) -> tuple[str, Kind]:
    with pytest.raises(DomainError) as caught:
        await wechat.openid(code)
    return caught.value.code, caught.value.kind


async def test_a_code_is_worth_one_openid_once(world: World) -> None:
    assert await world.scan("o-li") == 303
    back = await world.allowed("ab12")
    assert back.query["state"] == "ab12"
    assert str(back.with_query(None)) == BACK
    assert await world.wechat.openid(back.query["code"]) == "o-li"
    assert await refused(world.wechat, back.query["code"]) == ("wechat.code_refused", Kind.INVALID)


async def test_an_invented_code_is_refused(world: World) -> None:
    for code in ("", "0" * 32, "x" * 5000):
        assert await refused(world.wechat, code) == ("wechat.code_refused", Kind.INVALID)


async def test_a_wrong_secret_and_a_silent_wechat_are_no_refusal_of_the_person(world: World) -> None:
    wrong = Wechat(world.http, "wx0000000000000000", "wrong", pages=world.address, api=world.address)
    away = Wechat(world.http, "wx0000000000000000", "wrong", pages="", api="http://127.0.0.1:1")
    lost = Wechat(world.http, "wx0000000000000000", "wrong", pages="", api=f"{world.address}/nowhere")
    for wechat in (wrong, away, lost):
        assert await refused(wechat, "0" * 32) == ("wechat.unavailable", Kind.UNAVAILABLE)


async def test_wechat_sends_nobody_to_another_site(world: World) -> None:
    await world.scan("o-li")
    url = world.wechat.authorise_url("https://evil.example/back", "ab12")
    assert (await world.phone.get(url, allow_redirects=False)).status == 400
    assert await world.scan("o-li", "https://evil.example/") == 400


async def test_without_a_secret_there_is_no_wechat_and_without_a_simulator_the_real_one(world: World) -> None:
    assert load_wechat(world.http, Path("/nowhere"), "", "") is None
    real = load_wechat(world.http, world.secret_file, "", "")
    assert real
    assert real.authorise_url(BACK, "a").startswith("https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx")
    assert real.scan_url(BACK) == ""
