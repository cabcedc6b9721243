"""Signing on by the provider (003.11): the way in, and every answer that must not open it. The demo's provider."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey
from yarl import URL

from deploy.local.sign_on import SignOn as Provider
from deploy.local.sign_on import make_sign_on_secrets
from services.identity.domain.signon import SIGN_ON_LIFE, Newcomer, SignOn, StaffRequest, digest
from services.identity.handlers import signon
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Client
from services.identity.handlers.signon import Admitted, Answer, Door
from services.identity.oidc import Oidc, load_oidc
from services.identity.store import NEWCOMER_SEALED, REQUEST_SEALED, SIGN_ON_SEALED
from shared.errors import DomainError
from shared.store import Query
from shared.store.repository import Repository

SITE = "http://127.0.0.1:9"
CLIENT = Client("192.0.2.7")
Claims = dict[str, Any]


@dataclass
class World:
    """The provider, our door, and a browser."""

    provider: Provider
    door: Door
    http: aiohttp.ClientSession

    async def begin(self) -> tuple[URL, str]:
        """The provider's address, and what the browser keeps."""
        address, binding = await signon.begin("/staff/queue?state=identity", door=self.door, now=now())
        return URL(address), binding

    async def back(self, address: URL, name: str = "赵老师") -> dict[str, str]:
        """Sign on under a name; the query with which the provider sends the browser back."""
        async with self.http.post(address, data={"name": name}, allow_redirects=False) as answer:
            assert answer.status == 303
            location = URL(answer.headers["Location"])
        assert str(location).startswith(f"{SITE}/staff/sso/back?")
        return dict(location.query)

    async def finish(self, query: dict[str, str], binding: str) -> Admitted:
        """Bring the answer to the identity service."""
        answer = Answer(query["code"], query["state"], query.get("iss", ""), binding)
        return await signon.finish(answer, CLIENT, door=self.door, now=now())

    async def signed_on(self, name: str = "赵老师") -> Admitted:
        """The whole way."""
        address, binding = await self.begin()
        return await self.finish(await self.back(address, name), binding)


def now() -> datetime:
    """The provider's clock is the real one."""
    return datetime.now(UTC)


@pytest.fixture
async def world(deps: Deps, tmp_path: Path) -> AsyncIterator[World]:
    secret_file = make_sign_on_secrets(tmp_path)
    provider, app = Provider(secret_file, "", SITE), web.Application()
    app.add_routes(provider.routes())
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        provider.issuer = str(server.make_url("/sign-on"))
        store = deps.accounts.store
        yield World(
            provider,
            Door(
                deps=deps,
                provider=load_oidc(http, secret_file, provider.issuer, SITE),
                sign_ons=Repository(store, "sign_ons", SignOn, vault=deps.vault, sealed=SIGN_ON_SEALED),
                newcomers=Repository(store, "newcomers", Newcomer, vault=deps.vault, sealed=NEWCOMER_SEALED),
                requests=Repository(store, "staff_requests", StaffRequest, vault=deps.vault, sealed=REQUEST_SEALED),
            ),
            http,
        )


async def refused(world: World, query: dict[str, str], binding: str) -> str:
    with pytest.raises(DomainError) as caught:
        await world.finish(query, binding)
    return caught.value.code


async def test_somebody_unknown_gets_a_ticket_and_keeps_where_they_came_from(world: World) -> None:
    admitted = await world.signed_on()
    assert admitted.next == "/staff/queue?state=identity"
    assert admitted.opened is None
    newcomer = await world.door.newcomers.get(digest(admitted.ticket))
    assert newcomer.name == "赵老师"
    stored = str((await world.door.newcomers.store.find("newcomers", Query())).documents)
    assert "赵老师" not in stored
    assert admitted.ticket not in stored


async def test_the_request_has_pkce_state_and_nonce_and_none_of_our_secrets(world: World) -> None:
    address, _ = await world.begin()
    asked = address.query
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{SITE}/staff/sso/back"
    kept = await world.door.sign_ons.get(digest(asked["state"]))
    assert kept.verifier not in str(address)
    assert len(asked["code_challenge"]) == 43


async def test_a_state_is_good_for_one_answer_in_one_browser(world: World) -> None:
    address, binding = await world.begin()
    query = await world.back(address)
    assert await refused(world, query, "another-browser") == "signon.refused"
    assert await refused(world, query, binding) == "signon.refused", "spent, right or wrong"
    address, binding = await world.begin()
    query = await world.back(address)
    await world.finish(query, binding)
    assert await refused(world, query, binding) == "signon.refused"


async def test_a_state_of_ours_is_needed_and_it_ends(world: World) -> None:
    address, binding = await world.begin()
    query = await world.back(address)
    assert await refused(world, {**query, "state": "made-up"}, binding) == "signon.refused"
    answer = Answer(query["code"], query["state"], query["iss"], binding)
    with pytest.raises(DomainError, match=r"signon\.refused"):
        await signon.finish(answer, CLIENT, door=world.door, now=now() + SIGN_ON_LIFE)


async def test_a_code_of_somebody_elses_sign_on_does_not_fit_the_verifier(world: World) -> None:
    stolen = await world.back((await world.begin())[0], "受害人")
    address, binding = await world.begin()
    mine = await world.back(address)
    assert await refused(world, {**mine, "code": stolen["code"]}, binding) == "signon.refused"


@pytest.mark.parametrize("issuer", ["", "https://other.example", "http://127.0.0.1:1/sign-on"])
async def test_an_answer_of_another_provider_is_refused_before_its_code_is_used(world: World, issuer: str) -> None:
    address, binding = await world.begin()
    query = await world.back(address)
    assert await refused(world, {**query, "iss": issuer}, binding) == "signon.refused"


async def test_keys_may_rotate_between_and_during_sign_ons(world: World) -> None:
    await world.signed_on()
    for _ in range(3):
        world.provider.rotate()
        assert (await world.signed_on()).ticket


FORGERIES: dict[str, Callable[[Claims], Claims]] = {
    "another issuer": lambda claims: {**claims, "iss": "https://other.example"},
    "another audience": lambda claims: {**claims, "aud": "another-client"},
    "several audiences, not ours": lambda claims: {**claims, "aud": ["a", "b"]},
    "ours among others, for another party": lambda claims: {**claims, "aud": ["baokao", "b"], "azp": "b"},
    "ended": lambda claims: {**claims, "iat": int(time.time()) - 900, "exp": int(time.time()) - 600},
    "no end": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "from the future": lambda claims: {**claims, "iat": int(time.time()) + 900},
    "another nonce": lambda claims: {**claims, "nonce": "x"},
    "no nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "nobody": lambda claims: {**claims, "sub": ""},
    "no subject": lambda claims: {name: value for name, value in claims.items() if name != "sub"},
    "a subject that is no text": lambda claims: {**claims, "sub": 1},
}


async def judged(world: World, monkeypatch: pytest.MonkeyPatch, forge: Callable[[Claims], str]) -> str:
    """The refusal of an ID token that `forge` made of the right claims; empty when it was believed."""
    right = world.provider.id_token

    def forged(told: Claims) -> str:
        return forge(jwt.decode(right(told), world.provider.public(), algorithms=["RS256"]).claims)

    monkeypatch.setattr(world.provider, "id_token", forged)
    address, binding = await world.begin()
    query = await world.back(address)
    try:
        await world.finish(query, binding)
    except DomainError as error:
        return error.code
    return ""


@pytest.mark.parametrize("what", FORGERIES)
async def test_a_well_signed_token_with_wrong_claims_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert await judged(world, monkeypatch, lambda claims: world.provider.signed(FORGERIES[what](claims))) == (
        "signon.refused"
    )


async def test_the_harness_itself_is_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await judged(world, monkeypatch, world.provider.signed) == ""


async def test_no_other_algorithm_and_no_other_key_is_believed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    public = world.provider.public().keys[0]
    assert isinstance(public, RSAKey)
    pem = public.as_pem(private=False)
    stranger = RSAKey.generate_key(2048, {"kid": str(public.kid)})
    unsigned = "eyJhbGciOiJub25lIn0."

    def none(claims: Claims) -> str:
        return f"{unsigned}{jwt.encode({'alg': 'RS256'}, claims, stranger).split('.')[1]}."

    def with_public_key_as_secret(claims: Claims) -> str:
        signed = f"eyJhbGciOiJIUzI1NiJ9.{jwt.encode({'alg': 'RS256'}, claims, stranger).split('.')[1]}"
        mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    forgeries: tuple[Callable[[Claims], str], ...] = (
        none,
        with_public_key_as_secret,
        lambda claims: jwt.encode({"alg": "RS256", "kid": str(public.kid)}, claims, stranger),
        lambda claims: jwt.encode({"alg": "PS256"}, claims, stranger, algorithms=["PS256"]),
        lambda _claims: "",
        lambda _claims: "a.b.c",
    )
    for forge in forgeries:
        with monkeypatch.context() as patch:
            assert await judged(world, patch, forge) == "signon.refused"


async def test_a_discovery_document_of_another_issuer_is_not_used(world: World) -> None:
    oidc = world.door.provider
    assert isinstance(oidc, Oidc)
    world.provider.issuer += "/moved"
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await oidc.address("s", "n", "v")


async def test_a_provider_that_is_away_is_told_as_such(world: World) -> None:
    oidc = Oidc(world.http, {"issuer": "http://127.0.0.1:9", "client_id": "x", "client_secret": "y"}, SITE)
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await oidc.address("s", "n", "v")


async def test_without_a_provider_there_is_no_such_door(world: World) -> None:
    door = Door(world.door.deps, None, world.door.sign_ons, world.door.newcomers, world.door.requests)
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await signon.begin("", door=door, now=now())
