"""A simulated government sign-on for staff: an OpenID Connect 1.0 provider, for demo and tests.

Code flow with PKCE, RS256, discovery, keys that rotate, codes good once and for a minute. Served by the process of the
simulated WeChat Pay, below `/sign-on`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import BasicAuth, web
from joserfc import jwt
from joserfc.jwk import Key, KeySet, RSAKey

from deploy.local import sign_on_pages as pages

PREFIX = "/sign-on"
CLIENT_ID = "baokao"
CODE_LIFE_S = 60
TOKEN_LIFE_S = 300
KEYS_KEPT = 2

Json = dict[str, Any]


def make_sign_on_secrets(secrets_dir: Path) -> Path:
    """Create `<secrets_dir>/oidc.json` ({"issuer", "client_id", "client_secret"}) where it is missing; returns it."""
    file = secrets_dir / "oidc.json"
    if not file.exists():
        secrets_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets_dir / f".oidc-{secrets.token_hex(8)}"
        made.touch(mode=0o600)
        made.write_text(json.dumps({"issuer": "", "client_id": CLIENT_ID, "client_secret": secrets.token_hex(16)}))
        made.rename(file)
    return file


class SignOn:
    """`base` is where it is served; `site` the only one that people are sent back to."""

    def __init__(self, secret_file: Path, base: str, site: str) -> None:
        client = json.loads(secret_file.read_text())
        self.login = BasicAuth(client["client_id"], client["client_secret"])
        self.issuer = base + PREFIX
        self._back = f"{site}/staff/sso/back"
        self._codes: dict[str, tuple[Json, float]] = {}
        self._keys: list[Key] = []
        self.rotate()

    def rotate(self) -> None:
        """A new signing key; the one before is still published, for tokens under way."""
        key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig", "alg": "RS256"})
        self._keys = [key, *self._keys][:KEYS_KEPT]

    def public(self) -> KeySet:
        """The keys as everybody may have them."""
        return KeySet(self._keys)

    def routes(self) -> list[web.RouteDef]:
        """What browsers and the identity service ask."""
        return [
            web.get(PREFIX + "/.well-known/openid-configuration", self.describe),
            web.get(PREFIX + "/jwks", self.jwks),
            web.get(PREFIX + "/authorize", self.authorize),
            web.post(PREFIX + "/authorize", self.choose),
            web.post(PREFIX + "/token", self.token),
            web.post(PREFIX + "/rotate", self.rotated),
        ]

    async def describe(self, request: web.Request) -> web.Response:
        """The discovery document. Browsers go to the issuer; who asks under another name finds the rest there."""
        here = f"{request.url.origin()}{PREFIX}"
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": here + "/token",
                "jwks_uri": here + "/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, _request: web.Request) -> web.Response:
        """The public keys."""
        return web.json_response(self.public().as_dict(private=False))

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Ask who it is; the real one asks for a password, a card or a face."""
        asked = request.query
        wanted = {
            "client_id": self.login.login,
            "response_type": "code",
            "redirect_uri": self._back,
            "code_challenge_method": "S256",
        }
        if any(asked.get(name) != value for name, value in wanted.items()):
            return _page(pages.refused("参数错误 / bad parameters"), 400)
        return _page(pages.who())

    async def choose(self, request: web.Request) -> web.StreamResponse:
        """Somebody said who they are: back, with a code."""
        form, asked = await request.post(), request.query
        name = str(form.get("name", "")).strip()[:30]
        subject = str(form.get("subject", "")) or hashlib.sha256(name.encode()).hexdigest()[:24]
        if not name or asked.get("redirect_uri") != self._back:
            return _page(pages.refused("没有填写姓名 / no name"), 400)
        code = secrets.token_urlsafe(24)
        kept = {"sub": subject, "name": name, "nonce": asked.get("nonce"), "challenge": asked.get("code_challenge")}
        self._codes[code] = (kept, time.monotonic() + CODE_LIFE_S)
        answer = urlencode({"code": code, "state": asked.get("state", ""), "iss": self.issuer})
        return web.Response(status=303, headers={"Location": f"{self._back}?{answer}"})

    async def token(self, request: web.Request) -> web.Response:
        """The ID token behind a code, for the client that can show the verifier."""
        form = await request.post()
        if request.headers.get("Authorization") != self.login.encode():
            return web.json_response({"error": "invalid_client"}, status=401)
        kept, until = self._codes.pop(str(form.get("code", "")), ({}, 0.0))
        verifier = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if time.monotonic() > until or challenge != kept["challenge"] or form.get("redirect_uri") != self._back:
            return web.json_response({"error": "invalid_grant"}, status=400)
        told = {name: kept[name] for name in ("sub", "name", "nonce")}
        return web.json_response(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": TOKEN_LIFE_S,
                "id_token": self.id_token(told),
            }
        )

    def id_token(self, told: Json) -> str:
        """An ID token as the provider signs it now."""
        now = int(time.time())
        return self.signed({"iss": self.issuer, "aud": self.login.login, "iat": now, "exp": now + TOKEN_LIFE_S, **told})

    def signed(self, claims: Json) -> str:
        """Any claims under the newest key."""
        return jwt.encode({"alg": "RS256", "kid": self._keys[0].kid}, claims, self._keys[0])

    async def rotated(self, _request: web.Request) -> web.Response:
        """Rotate the keys, for tests."""
        self.rotate()
        return web.Response(status=204)


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html")
