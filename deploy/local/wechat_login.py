"""A simulated WeChat for pages: who somebody is (OAuth 2, scope snsapi_base), and "scan the code with WeChat".

For demo and tests; served by the process of the simulated WeChat Pay. After WeChat's documents for web pages in its
browser: `authorize` sends the browser back with a code that is good once and for five minutes, `access_token` gives
the openid for it, as text/plain, and refuses with status 200 and an `errcode`.
"""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.local import wechat_login_pages as pages

APP_ID = "wx0000000000000000"
CODE_LIFE_S = 300
COOKIE = "openid"
UNKNOWN_CODE, USED_CODE, WRONG_SECRET = (40029, "invalid code"), (40163, "code been used"), (40125, "invalid appsecret")


def make_login_secrets(secrets_dir: Path) -> Path:
    """Create `<secrets_dir>/wechat_login.json` ({"appid", "secret"}) where it is missing; returns it."""
    file = secrets_dir / "wechat_login.json"
    if not file.exists():
        secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets_dir / f".wechat_login-{secrets.token_hex(8)}"
        made.touch(mode=0o600)
        made.write_text(json.dumps({"appid": APP_ID, "secret": secrets.token_hex(16)}))
        made.rename(file)
    return file


class WechatLogin:
    """`site` is the only one that people are sent back to, as the account's settings at WeChat say."""

    def __init__(self, secret_file: Path, site: str) -> None:
        self._app: dict[str, str] = json.loads(secret_file.read_text())
        self._site = site
        self._codes: dict[str, tuple[str, float]] = {}
        self._used: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """What browsers and the identity service ask."""
        return [
            web.get("/scan", self.scan_page),
            web.post("/scan", self.scan),
            web.get("/connect/oauth2/authorize", self.authorize),
            web.post("/connect/oauth2/authorize", self.choose),
            web.get("/sns/oauth2/access_token", self.access_token),
        ]

    async def scan_page(self, request: web.Request) -> web.Response:
        """Whose WeChat scans, and what."""
        return _page(pages.scan(request.query.get("url", ""), request.cookies.get(COOKIE, "")))

    async def scan(self, request: web.Request) -> web.StreamResponse:
        """The phone opens the address of the code in WeChat's browser."""
        form = await request.post()
        url = str(form.get("url", ""))
        if not url.startswith(self._site + "/"):
            return _page(pages.refused("二维码不是本站的 / not a code of this site"), 400)
        return _as(str(form.get("openid", "")), url)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Send the browser back with a code for whoever uses this WeChat; ask who that is when nobody has said."""
        asked = request.query
        wanted = (self._app["appid"], "code", "snsapi_base")
        if (asked.get("appid"), asked.get("response_type"), asked.get("scope")) != wanted:
            return _page(pages.refused("参数错误 / bad parameters"), 400)
        if not asked.get("redirect_uri", "").startswith(self._site + "/"):
            return _page(pages.refused("redirect_uri 域名与后台配置不一致，错误码 10003"), 400)
        openid = request.cookies.get(COOKIE, "")
        if not openid:
            return _page(pages.who())
        code = secrets.token_hex(16)
        self._codes[code] = (openid, time.monotonic() + CODE_LIFE_S)
        join = "&" if "?" in asked["redirect_uri"] else "?"
        raise web.HTTPFound(f"{asked['redirect_uri']}{join}code={code}&state={asked.get('state', '')}")

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Somebody said whose WeChat this is."""
        return _as(str((await request.post()).get("openid", "")), request.path_qs)

    async def access_token(self, request: web.Request) -> web.Response:
        """The openid behind a code."""
        asked = request.query
        if (asked.get("appid"), asked.get("secret")) != (self._app["appid"], self._app["secret"]):
            return _told(WRONG_SECRET)
        code = asked.get("code", "")
        if code in self._used:
            return _told(USED_CODE)
        openid, until = self._codes.pop(code, ("", 0.0))
        if not openid or time.monotonic() > until:
            return _told(UNKNOWN_CODE)
        self._used.add(code)
        told = {"access_token": secrets.token_hex(16), "expires_in": 7200, "openid": openid, "scope": "snsapi_base"}
        return web.Response(text=json.dumps(told), content_type="text/plain")


def _as(openid: str, target: str) -> web.StreamResponse:
    kept = "".join(each for each in openid if each.isascii() and (each.isalnum() or each in "-_"))[:64]
    if not kept:
        return _page(pages.refused("没有选择微信用户 / nobody chosen"), 400)
    answer = web.Response(status=303, headers={"Location": target})
    answer.set_cookie(COOKIE, kept, httponly=True, samesite="Lax")
    return answer


def _told(error: tuple[int, str]) -> web.Response:
    told: dict[str, Any] = {"errcode": error[0], "errmsg": error[1]}
    return web.Response(text=json.dumps(told), content_type="text/plain")


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")
