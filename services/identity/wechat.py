"""Who holds the phone: WeChat's OAuth 2 for pages in its browser, scope snsapi_base, which asks nobody anything.

After WeChat's documents ("网页授权"): the browser goes to `authorize` and comes back with a code; the code, good once
and for five minutes, is exchanged for the openid, a pseudonym of this person for this app.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from shared.errors import DomainError, Kind

PAGES = "https://open.weixin.qq.com"
API = "https://api.weixin.qq.com"
TIMEOUT = aiohttp.ClientTimeout(total=5, connect=2)
BAD_CODE = frozenset({40029, 40163, 42003})
"""Unknown, used, expired."""


class Wechat:
    """One app at WeChat. `pages` is where browsers go, `api` where we ask; `scanner` the simulator's page, or empty."""

    def __init__(
        self, http: aiohttp.ClientSession, app_id: str, secret: str, *, pages: str, api: str, scanner: str = ""
    ) -> None:
        self._http = http
        self._app_id = app_id
        self._secret = secret
        self._pages = pages
        self._api = api
        self._scanner = scanner

    def authorise_url(self, back: str, state: str) -> str:
        """Where the browser learns a code; WeChat sends it to `back` with it and with `state` (hexadecimal)."""
        asked = {
            "appid": self._app_id,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
        return f"{self._pages}/connect/oauth2/authorize?{urlencode(asked)}#wechat_redirect"

    def scan_url(self, content: str) -> str:
        """The simulator's page that scans this code; empty outside the demo."""
        return f"{self._scanner}/scan?{urlencode({'url': content})}" if self._scanner else ""

    async def openid(self, code: str) -> str:
        """Exchange a code. Raises `wechat.code_refused`, or `wechat.unavailable` when WeChat does not answer well."""
        asked = {"appid": self._app_id, "secret": self._secret, "code": code, "grant_type": "authorization_code"}
        told = await self._ask("/sns/oauth2/access_token", asked)
        if told.get("errcode") in BAD_CODE:
            raise DomainError("wechat.code_refused", Kind.INVALID)
        openid = told.get("openid")
        if not isinstance(openid, str) or not openid:
            raise _unavailable()
        return openid

    async def _ask(self, path: str, asked: dict[str, str]) -> dict[str, Any]:
        # The secret goes with the address, as WeChat wants it: neither it nor an error that holds it is ever logged.
        try:
            async with self._http.get(self._api + path, params=asked, timeout=TIMEOUT) as answer:
                told = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise _unavailable() from None
        return told if isinstance(told, dict) else {}


def load_wechat(http: aiohttp.ClientSession, secret_file: Path, simulator: str, api: str) -> Wechat | None:
    """The app of `wechat_login.json` ({"appid", "secret"}), None without one. `api` replaces the address we ask."""
    if not secret_file.exists():
        return None
    app = json.loads(secret_file.read_text())
    return Wechat(
        http,
        app["appid"],
        app["secret"],
        pages=simulator or PAGES,
        api=api or simulator or API,
        scanner=simulator,
    )


def _unavailable() -> DomainError:
    return DomainError("wechat.unavailable", Kind.UNAVAILABLE)
