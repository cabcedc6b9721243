"""What one address may do before anybody is signed in: security.md 23."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.domain.budgets import Budgets, Matter
from services.identity.handlers import budgets
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, Kind
from shared.store import Query
from tests.services.identity.conftest import NOW
from tests.services.identity.test_accounts import refused

MATTERS: list[Matter] = ["sessions", "uploads", "roll", "tickets", "puzzles"]


@pytest.mark.parametrize("matter", MATTERS)
async def test_a_budget_is_one_addresss_own_and_comes_back_bit_by_bit(deps: Deps, matter: Matter) -> None:
    few = replace(deps, budgets=Budgets(**dict.fromkeys(MATTERS, 6)))
    for _ in range(6):
        await budgets.spend(matter, "203.0.113.1", deps=few, now=NOW)
    with pytest.raises(DomainError) as caught:
        await budgets.spend(matter, "203.0.113.1", deps=few, now=NOW)
    assert (caught.value.code, caught.value.kind) == ("budget.spent", Kind.TOO_MANY)
    assert caught.value.params == {"seconds": 600}
    await budgets.spend(matter, "203.0.113.2", deps=few, now=NOW)
    later = NOW + timedelta(minutes=10)
    await budgets.spend(matter, "203.0.113.1", deps=few, now=later)
    assert await refused(budgets.spend(matter, "203.0.113.1", deps=few, now=later)) == "budget.spent"
    rested = NOW + timedelta(hours=2)
    for _ in range(6):
        await budgets.spend(matter, "203.0.113.1", deps=few, now=rested)


async def test_a_customers_whole_ipv6_network_is_one_address(deps: Deps) -> None:
    few = replace(deps, budgets=Budgets(puzzles=2))
    for address in ("2001:db8:1:2::1", "2001:db8:1:2::2"):
        await budgets.spend("puzzles", address, deps=few, now=NOW)
    assert await refused(budgets.spend("puzzles", "2001:db8:1:2:ffff::3", deps=few, now=NOW)) == "budget.spent"
    await budgets.spend("puzzles", "2001:db8:1:3::1", deps=few, now=NOW)


async def test_a_budget_of_nothing_is_no_limit_and_this_machine_has_none(deps: Deps) -> None:
    few = replace(deps, budgets=Budgets(sessions=0, uploads=1))
    for _ in range(3):
        await budgets.spend("sessions", "203.0.113.1", deps=few, now=NOW)
        await budgets.spend("uploads", "127.0.0.1", deps=few, now=NOW)
        await budgets.spend("uploads", "::1", deps=few, now=NOW)
    assert (await deps.attempts.find(Query())).items == []


async def test_addresses_are_kept_as_keyed_hashes_only(deps: Deps) -> None:
    await budgets.spend("roll", "203.0.113.9", deps=deps, now=NOW)
    documents = (await deps.attempts.find(Query(limit=10))).items
    assert len(documents) == 1
    assert "203.0.113" not in repr(documents)
