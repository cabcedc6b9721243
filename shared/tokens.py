"""Signed tokens between services: who calls, and for whom (JWT HS256, a minute at most), and grants for pictures."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.clock import utc_now
from shared.errors import DomainError, Kind

TOKEN_LIFE = timedelta(minutes=1)
GRANT_LIFE = timedelta(minutes=15)
STEP_S = 20
REMEMBERED = 2_000

ActorKind = Literal["candidate", "staff", "service", "anonymous"]


@dataclass(frozen=True)
class Actor:
    """For whom a request is made. `scope` limits staff to regions or schools: {"schools": [...]}; empty = all.

    `source` is the network that the browser's request came from (`shared.audit.network_of`), for the audit log;
    `person` is the keyed hash of the ID number that the account was opened with (`Vault.person`), "" without one.
    """

    kind: ActorKind
    id: str
    programme: str = ""
    roles: tuple[str, ...] = ()
    scope: Mapping[str, list[str]] = field(default_factory=dict)
    session: str = ""
    source: str = ""
    person: str = ""


class Tokens:
    """Makes and checks tokens under one key shared by the services (`service.key`)."""

    def __init__(self, key: bytes) -> None:
        self._key = OctKey.import_key(key)
        # One person's requests come in rows, each with some calls; signing and reading cost as much as a small answer.
        self._signed = lru_cache(REMEMBERED)(self._sign)
        self._read = lru_cache(REMEMBERED)(self._decode)

    def mint(self, actor: Actor, audience: str, now: datetime | None = None) -> str:
        """A token with which to call service `audience` for `actor`."""
        claims = {
            "aud": audience,
            "sub": actor.id,
            "kind": actor.kind,
            "programme": actor.programme,
            "roles": list(actor.roles),
            "scope": dict(actor.scope),
            "sid": actor.session,
            "src": actor.source,
            "per": actor.person,
        }
        return self._until(claims, TOKEN_LIFE, now)

    def verify(self, token: str, audience: str, now: datetime | None = None) -> Actor:
        """The actor of a token meant for `audience`. Raises an `unauthenticated` refusal."""
        claims = self._claims(token, audience, now)
        return Actor(
            kind=claims["kind"],
            id=claims["sub"],
            programme=claims["programme"],
            roles=tuple(claims["roles"]),
            scope={kind: [*each] for kind, each in claims["scope"].items()},
            session=claims["sid"],
            source=claims.get("src", ""),
            person=claims.get("per", ""),
        )

    def grant(self, resource: str, now: datetime | None = None) -> str:
        """A token with which its bearer may read one resource (`upload:<id>`) for a while."""
        return self._until({"aud": "grant", "sub": resource}, GRANT_LIFE, now)

    def check_grant(self, token: str, resource: str, now: datetime | None = None) -> None:
        """Refuse unless `token` grants `resource`."""
        if self._claims(token, "grant", now)["sub"] != resource:
            raise _refusal()

    def _until(self, claims: dict[str, Any], life: timedelta, now: datetime | None) -> str:
        # In steps, so that within one the same claims give the same token.
        expires = int(((now or utc_now()) + life).timestamp()) // STEP_S * STEP_S
        return self._signed(json.dumps({**claims, "exp": expires}))

    def _sign(self, claims: str) -> str:
        return jwt.encode({"alg": "HS256"}, json.loads(claims), self._key)

    def _decode(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._key, algorithms=["HS256"]).claims

    def _claims(self, token: str, audience: str, now: datetime | None) -> dict[str, Any]:
        try:
            claims = self._read(token)
        except (JoseError, ValueError) as error:
            raise _refusal() from error
        expired = claims["exp"] < (now or utc_now()).timestamp()
        if claims.get("aud") != audience or expired:
            raise _refusal()
        return claims


def cash_resource(application_id: str, clerk: Actor) -> str:
    """What a grant names that lets a clerk take cash for a file: registration knows which files are whose."""
    return f"cash:{application_id}:{clerk.id}"


def load_tokens(secrets_dir: Path) -> Tokens:
    """Read the key that the services share."""
    return Tokens(base64.b64decode((secrets_dir / "service.key").read_text()))


def _refusal() -> DomainError:
    return DomainError("token.invalid", Kind.UNAUTHENTICATED)
