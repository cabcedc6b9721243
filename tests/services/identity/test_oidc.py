"""ID tokens that must not be believed, made by the demo's provider and by others (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from shared.errors import DomainError
from tests.services.identity.signing import Claims, World, world

__all__ = ["world"]

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
