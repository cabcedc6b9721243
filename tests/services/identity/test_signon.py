"""Signing on by the provider (003.11): the way in, and every answer that must not open it. The demo's provider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from yarl import URL

from services.identity.domain.signon import SIGN_ON_LIFE, digest
from services.identity.handlers import signon
from services.identity.handlers.signon import Answer, Door
from services.identity.oidc import Oidc, load_oidc
from shared.errors import DomainError
from shared.store import Query
from tests.services.identity.signing import CLIENT, SITE, World, now, world

__all__ = ["world"]


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


async def test_a_discovery_document_of_another_issuer_is_not_used(world: World) -> None:
    oidc = world.door.provider
    assert isinstance(oidc, Oidc)
    world.provider.issuer += "/moved"
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await oidc.address("s", "n", "v")


async def test_a_provider_may_be_asked_elsewhere_than_browsers_go(world: World, tmp_path: Path) -> None:
    asked_at, issuer = world.provider.issuer, "http://127.0.0.1:9/sign-on"
    world.provider.issuer = issuer
    oidc = load_oidc(world.http, tmp_path / "oidc.json", issuer, SITE, asked_at)
    inside = World(world.provider, replace(world.door, provider=oidc), world.http)
    address, binding = await inside.begin()
    assert str(address).startswith(f"{issuer}/authorize?")
    query = await inside.back(URL(str(address).replace(issuer, asked_at)))
    assert (await inside.finish(query, binding)).ticket


async def test_a_provider_that_is_away_is_told_as_such(world: World) -> None:
    oidc = Oidc(world.http, {"issuer": "http://127.0.0.1:9", "client_id": "x", "client_secret": "y"}, SITE)
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await oidc.address("s", "n", "v")


async def test_without_a_provider_there_is_no_such_door(world: World) -> None:
    door = Door(world.door.deps, None, world.door.sign_ons, world.door.newcomers, world.door.requests)
    with pytest.raises(DomainError, match=r"signon\.unavailable"):
        await signon.begin("", door=door, now=now())
