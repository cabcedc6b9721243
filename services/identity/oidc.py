"""Who a member of staff is, by the government's sign-on: OpenID Connect 1.0, code flow with PKCE (RFC 7636).

One provider, found by its discovery document. Of an ID token are checked: RS256 by a key of the provider (and nothing
else, whatever its header says), issuer, audience, times, nonce. The answer's `iss` (RFC 9207) tells which provider it
is from, so that one cannot pass off another's code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.identity.domain.signon import Person
from shared.errors import DomainError, Kind

ALGORITHMS = ["RS256"]
SCOPE = "openid profile"
TIMEOUT = aiohttp.ClientTimeout(total=5, connect=2)
LEEWAY_S = 60
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

Json = dict[str, Any]


class Oidc:
    """One provider, and us as its client. `back` is where it sends people, as registered with it; `asked_at` where it
    is asked when we do not reach it at its issuer, as browsers do."""

    def __init__(self, http: aiohttp.ClientSession, client: Mapping[str, str], back: str, asked_at: str = "") -> None:
        self._http = http
        self._issuer = client["issuer"]
        self._id = client["client_id"]
        self._secret = client["client_secret"]
        self._back = back
        self._asked_at = asked_at or self._issuer
        self._described: Json | None = None
        self._keys: KeySet | None = None

    async def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where the browser signs on. Raises `signon.unavailable`."""
        described = await self._describe()
        challenge = create_s256_code_challenge(verifier)
        asked = {"nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
        start = described["authorization_endpoint"]
        return str(prepare_grant_uri(start, self._id, "code", self._back, scope=SCOPE, state=state, **asked))

    async def person(self, code: str, issuer: str, nonce: str, verifier: str, now: datetime) -> Person:
        """Who signed on, for the code that came back. Raises `signon.refused` or `signon.unavailable`."""
        described = await self._describe()
        promised = described.get("authorization_response_iss_parameter_supported", False)
        if (issuer or promised) and issuer != self._issuer:
            raise refused()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": verifier,
        }
        login = aiohttp.BasicAuth(self._id, self._secret)
        told = await self._ask("POST", described["token_endpoint"], data=form, auth=login)
        claims = await self._claims(str(told.get("id_token", "")), nonce, now)
        return Person(self._issuer, str(claims["sub"]), str(claims.get("name", "")))

    async def _claims(self, id_token: str, nonce: str, now: datetime) -> Mapping[str, Any]:
        try:
            token = await self._opened(id_token)
            wanted = {"iss": {"value": self._issuer}, "aud": {"value": self._id}, "sub": {"essential": True}}
            claims = CodeIDToken(token.claims, token.header, wanted, {"nonce": nonce, "client_id": self._id})
            claims.validate(int(now.timestamp()), LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, TypeError) as error:
            raise refused() from error
        if not claims["sub"] or not isinstance(claims["sub"], str):
            raise refused()
        return dict(claims)

    async def _opened(self, id_token: str) -> jwt.Token:
        """The token, its signature checked. Keys are asked for again when none fits: the provider has rotated."""
        if self._keys is not None:
            try:
                return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                self._keys = None
        described = await self._describe()
        self._keys = KeySet.import_key_set(await self._ask("GET", described["jwks_uri"]))  # type: ignore[arg-type]
        return jwt.decode(id_token, self._keys, algorithms=ALGORITHMS)

    async def _describe(self) -> Json:
        """The discovery document, asked for once; it must be the issuer's own (OpenID Connect Discovery 4.3)."""
        if self._described is None:
            found = await self._ask("GET", self._asked_at + DISCOVERY)
            own = found.get("issuer") == self._issuer and "S256" in found.get("code_challenge_methods_supported", [])
            safe = all(str(found.get(name, "")).startswith(self._issuer.partition("//")[0]) for name in ENDPOINTS)
            if not own or not safe:
                raise unavailable()
            self._described = found
        return self._described

    async def _ask(self, method: str, url: str, **options: Any) -> Json:
        try:
            async with self._http.request(method, url, timeout=TIMEOUT, allow_redirects=False, **options) as answer:
                told = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            # No chain: what failed may hold the code.
            raise unavailable() from None
        if answer.status in (400, 401):
            raise refused()
        if answer.status != 200 or not isinstance(told, dict):
            raise unavailable()
        return told


def load_oidc(
    http: aiohttp.ClientSession, secret_file: Path, issuer: str, site: str, asked_at: str = ""
) -> Oidc | None:
    """The client of `oidc.json` ({"issuer", "client_id", "client_secret"}), None without one; `issuer` (the demo's
    simulator) replaces the file's, `asked_at` is as in `Oidc`."""
    if not secret_file.exists():
        return None
    client = json.loads(secret_file.read_text())
    return Oidc(http, {**client, "issuer": issuer or client["issuer"]}, f"{site}/staff/sso/back", asked_at)


def refused() -> DomainError:
    """The same for everything that is wrong with an answer: whoever forges one learns nothing."""
    return DomainError("signon.refused", Kind.FORBIDDEN)


def unavailable() -> DomainError:
    """The provider does not answer as one does."""
    return DomainError("signon.unavailable", Kind.UNAVAILABLE)
