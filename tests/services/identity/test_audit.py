"""The audit log: what breaks its chain is found, events are entered once, appenders may race (security.md 16)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.identity.domain import audit as domain
from services.identity.domain.audit import Checkpoint, Entry
from services.identity.handlers import audit
from services.identity.handlers.audit import Chain, Verdict
from services.identity.handlers.deps import Deps
from services.identity.handlers.login import Name, login
from services.identity.handlers.sessions import Client
from services.identity.handlers.staff import add_staff
from services.identity.store import INDEXES
from shared.audit import Thing, network_of, recorded
from shared.errors import DomainError
from shared.events.audit import ActionRecorded
from shared.privacy import Vault
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, solved

MAKER = Actor("service", "launcher")
AUDITOR = Actor("staff", "s-1", roles=("admin",), source="192.0.2.0/24")


@pytest.fixture
async def chain() -> AsyncIterator[Chain]:
    vault = Vault({"k1": b"a" * 32}, "k1", b"b" * 32)
    async with SqliteStore.open(":memory:", INDEXES) as store:
        yield Chain(Repository(store, "audit", Entry), Repository(store, "audit_checkpoints", Checkpoint), vault)


def acted(number: int, action: str = "application_approved") -> ActionRecorded:
    thing = Thing("application", f"a-{number}")
    now = NOW + timedelta(seconds=number)
    return recorded(
        AUDITOR, action, thing, now, {"state": "submitted", "level": "0"}, {"state": "approved", "level": "0"}
    )


async def filled(chain: Chain, count: int) -> None:
    for number in range(1, count + 1):
        await audit.append(acted(number), chain=chain)


async def walk(chain: Chain, start: int = 1, expected: dict[str, str] | None = None) -> Verdict:
    return await audit.verify(start, expected or {}, chain=chain)


async def tampered(chain: Chain, number: int, **changes: Any) -> None:
    """Write to the database behind the service's back."""
    store = chain.entries.store
    document = await store.get("audit", domain.place(number))
    assert document
    assert await store.replace("audit", {**document, **changes}, version=document["version"])


async def test_only_what_changed_is_told_with_the_callers_network() -> None:
    event = acted(1)
    assert (event.before, event.after) == ({"state": "submitted"}, {"state": "approved"})
    assert event.network == "192.0.2.0/24"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_a_chain_that_nobody_touched_fits(chain: Chain) -> None:
    assert await walk(chain) == Verdict(0, domain.place(0), domain.GENESIS)
    await filled(chain, 7)
    verdict = await walk(chain)
    assert (verdict.entries, verdict.head, verdict.reason) == (7, domain.place(7), "")
    assert (await walk(chain, start=4)).entries == 4


async def test_an_event_that_comes_again_is_entered_once(chain: Chain) -> None:
    event = acted(1)
    for _ in range(3):
        await audit.append(event, chain=chain)
    await asyncio.gather(*(audit.append(event, chain=chain) for _ in range(5)))
    assert (await walk(chain)).entries == 1


async def test_appenders_that_race_make_one_chain(chain: Chain) -> None:
    await asyncio.gather(*(audit.append(acted(number), chain=chain) for number in range(12)))
    assert await walk(chain) == Verdict(12, domain.place(12), (await audit.head_of(chain=chain) or pytest.fail()).hash)


@pytest.mark.parametrize(
    "change",
    [
        {"after": {"state": "returned"}},
        {"actor_id": "somebody-else"},
        {"at": "2020-01-01T00:00:00.000000+00:00"},
        {"note": "added"},
        {"hash": "0" * 64},
    ],
)
async def test_a_changed_entry_is_found(chain: Chain, change: dict[str, Any]) -> None:
    await filled(chain, 5)
    await tampered(chain, 3, **change)
    verdict = await walk(chain)
    assert (verdict.entries, verdict.broken, verdict.reason) == (2, domain.place(3), "audit.changed")
    assert (await walk(chain, start=5)).entries == 1 or change == {"hash": "0" * 64}


async def test_a_changed_entry_with_a_fitting_hash_breaks_the_next(chain: Chain) -> None:
    await filled(chain, 5)
    document = await chain.entries.store.get("audit", domain.place(3))
    forged = {**(document or {}), "actor_id": "somebody-else"}
    await tampered(chain, 3, actor_id="somebody-else", hash=domain.hash_of(forged))
    verdict = await walk(chain)
    assert (verdict.broken, verdict.reason) == (domain.place(4), "audit.chain_broken")


async def test_a_removed_entry_is_found(chain: Chain) -> None:
    await filled(chain, 5)
    await chain.entries.store.delete("audit", domain.place(2))
    verdict = await walk(chain)
    assert (verdict.broken, verdict.reason) == (domain.place(2), "audit.missing_or_inserted")
    assert (await walk(chain, start=3)).reason == "audit.missing_or_inserted"


async def test_an_entry_slipped_in_between_is_found(chain: Chain) -> None:
    await filled(chain, 3)
    document = await chain.entries.store.get("audit", domain.place(2))
    await chain.entries.store.insert("audit", {**(document or {}), "_id": domain.place(2) + "5"})
    verdict = await walk(chain)
    assert (verdict.broken, verdict.reason) == (domain.place(3), "audit.missing_or_inserted")


async def test_an_end_that_was_cut_off_is_found_by_the_checkpoint(chain: Chain) -> None:
    await filled(chain, 5)
    await audit.checkpoint(chain=chain, clock=lambda: NOW)
    await audit.checkpoint(chain=chain, clock=lambda: NOW)
    for number in (4, 5):
        await chain.entries.store.delete("audit", domain.place(number))
    verdict = await walk(chain)
    assert (verdict.entries, verdict.broken, verdict.reason) == (3, domain.place(4), "audit.cut_off")


async def test_a_forged_chain_fails_at_the_signed_checkpoint_and_at_one_kept_outside(chain: Chain) -> None:
    await filled(chain, 4)
    kept = (await walk(chain)).hash
    await audit.checkpoint(chain=chain, clock=lambda: NOW)
    for number in range(1, 5):
        await chain.entries.store.delete("audit", domain.place(number))
    chain.newest.clear()
    await filled(chain, 3)
    await audit.append(acted(9), chain=chain)
    assert (await walk(chain)).reason == "audit.not_as_signed"
    mark = await chain.checkpoints.store.get("audit_checkpoints", domain.place(4))
    forged = {**(mark or {}), "hash": (await audit.head_of(chain=chain) or pytest.fail()).hash}
    await chain.checkpoints.store.replace("audit_checkpoints", forged, version=1)
    assert (await walk(chain)).reason == "audit.not_as_signed"
    await chain.checkpoints.delete(domain.place(4))
    assert (await walk(chain)).reason == ""
    assert (await walk(chain, expected={domain.place(4): kept})).reason == "audit.not_as_signed"


async def test_canonical_json_is_sorted_compact_and_plain() -> None:
    one = {"b": "é中\u2028", "a": {"z": "1", "y": "\u001f"}, "hash": "x", "version": 3}
    other = json.loads(json.dumps({"a": {"y": "\u001f", "z": "1"}, "b": "é中\u2028"}))
    assert domain.hash_of(one) == domain.hash_of(other)


async def test_entries_are_found_by_object_actor_action_and_time(chain: Chain) -> None:
    await filled(chain, 4)
    await audit.append(acted(9, "application_returned"), chain=chain)

    async def numbers(since: int | None = None, until: int | None = None, **filters: str) -> list[int]:
        times = [NOW + timedelta(seconds=each) if each is not None else None for each in (since, until)]
        return [int(entry.id) for entry in (await audit.search(filters, times[0], times[1], None, chain=chain)).items]

    assert await numbers() == [5, 4, 3, 2, 1]
    assert await numbers(object_id="a-2") == [2]
    assert await numbers(action="application_returned", actor_id="s-1") == [5]
    assert await numbers(since=2, until=4) == [3, 2]


async def test_owners_see_their_own_sign_ins_only(chain: Chain) -> None:
    for owner in ("me", "you"):
        actor = Actor("candidate", owner, source="192.0.2.0/24")
        for action in ("signed_in", "password_changed"):
            await audit.append(recorded(actor, action, Thing("account", owner), NOW), chain=chain)
    found = (await audit.sign_ins("me", None, chain=chain)).items
    assert [(entry.object_id, entry.action) for entry in found] == [("me", "signed_in")]


async def told(deps: Deps, account_id: str) -> list[tuple[str, dict[str, str]]]:
    """What the account's outbox tells the audit log."""
    document = await deps.accounts.store.get("accounts", account_id)
    envelopes = [json.loads(entry) for entry in (document or {})["outbox"]]
    events = [json.loads(each["body"]) for each in envelopes if each["type"] == ActionRecorded.TYPE]
    return [(event["action"], event["after"]) for event in events]


async def networks(deps: Deps, account_id: str) -> list[str]:
    """From where, of the same entries."""
    document = await deps.accounts.store.get("accounts", account_id)
    envelopes = [json.loads(entry) for entry in (document or {})["outbox"]]
    return [json.loads(each["body"])["network"] for each in envelopes if each["type"] == ActionRecorded.TYPE]


async def test_signing_in_is_told_with_the_network_and_how_many_guesses_failed_before(deps: Deps) -> None:
    made = await add_staff("wang", "王老师", "correct horse", ["reviewer"], {}, MAKER, deps=deps, now=NOW)
    client, name = Client("192.0.2.77", ""), Name("", "wang")
    for password in ("wrong horse", "wrong too"):
        proof = await solved(deps)
        with pytest.raises(DomainError, match=r"login\.refused"):
            await login(name, password, proof, client, deps=deps, now=NOW)
    await login(name, "correct horse", await solved(deps), client, deps=deps, now=NOW)
    assert [action for action, _ in await told(deps, made.id)] == ["staff_made", "signed_in"]
    assert (await told(deps, made.id))[1][1]["refused_before"] == "2"
    document = str(await deps.accounts.store.get("accounts", made.id))
    assert "192.0.2.0/24" in document
    assert "192.0.2.77" not in document
