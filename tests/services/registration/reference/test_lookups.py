"""What is remembered of reference data, and for how long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.registration.reference.domain import PriorResult, Results, RollEntry
from services.registration.reference.lookups import INDEXES, Reference
from shared.privacy import Vault
from shared.store.sqlite import SqliteStore

NUMBER = "140105200806288774"
VAULT = Vault({"k1": b"a" * 32}, "k1", b"b" * 32)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(":memory:", INDEXES) as opened:
        yield opened


async def test_one_press_of_a_button_asks_the_store_once_for_a_person_known_or_not(store: SqliteStore) -> None:
    remembering, fresh = Reference(store, VAULT, person_s=60), Reference(store, VAULT, person_s=0)
    assert (await remembering.roll(NUMBER), await remembering.results(NUMBER)) == (None, [])
    person = fresh.person(NUMBER)
    await fresh.roll_entries.add(person, RollEntry(person, "邓然俊", "140105001", "senior_1", "12"))
    await fresh.prior_results.add(person, Results(person, [PriorResult("history", "2023-06", False)]))
    assert (await remembering.roll(NUMBER), await remembering.results(NUMBER)) == (None, [])
    entry = await fresh.roll(NUMBER)
    assert entry and entry.name == "邓然俊"
    assert [result.subject for result in await fresh.results(NUMBER)] == ["history"]


async def test_what_is_remembered_of_one_person_is_not_told_of_another(store: SqliteStore) -> None:
    reference = Reference(store, VAULT, person_s=60)
    person = reference.person(NUMBER)
    await reference.roll_entries.add(person, RollEntry(person, "邓然俊", "140105001", "senior_1", "12"))
    entry = await reference.roll(NUMBER.lower())
    assert entry and entry.name == "邓然俊"
    assert await reference.roll("14010519800101001X") is None
