"""What the use cases of an office work with, and whose accounts a member of staff reaches (ST.1, ST.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from services.identity.domain.account import Account
from services.identity.domain.corrections import Correction
from services.identity.domain.signon import BOUND_ROLES
from services.identity.handlers.deps import Deps
from shared.errors import NotFound
from shared.store.repository import Repository
from shared.tokens import Actor

ROLES = ("school", "point", "city", "province", "admin")


class Registry(Protocol):
    """Who knows the schools and the roll: `services.identity.registry.Registry`."""

    async def names(self, schools: Sequence[str]) -> dict[str, str]:
        """Names by code."""

    async def inside(self, regions: Sequence[str]) -> set[str]:
        """The schools of regions."""

    async def applied_at(self, accounts: Sequence[str]) -> dict[str, str]:
        """The schools or points that candidates have chosen, by account."""

    async def on_roll(self, id_number: str, name: str, school: str) -> bool:
        """Whether these three belong together."""


@dataclass(frozen=True)
class Office:
    """The accounts, the registry, and requests to correct the roll."""

    deps: Deps
    registry: Registry
    corrections: Repository[Correction]


async def reach(actor: Actor, *, office: Office) -> frozenset[str] | None:
    """The schools whose accounts this member of staff may handle; None: all."""
    schools, regions = actor.scope.get("schools", []), actor.scope.get("regions", [])
    if not schools and not regions:
        return frozenset() if BOUND_ROLES & set(actor.roles) else None
    return frozenset({*schools, *(await office.registry.inside(regions) if regions else ())})


async def within_reach(accounts: Sequence[Account], actor: Actor, *, office: Office) -> list[Account]:
    """Those of these accounts that this member of staff may handle. An account that nobody issued belongs where its
    candidate applies, and says so in what is returned."""
    alone = [account.id for account in accounts if not account.school]
    chosen = await office.registry.applied_at(alone) if alone else {}
    placed = [replace(account, school=account.school or chosen.get(account.id, "")) for account in accounts]
    within = await reach(actor, office=office)
    return [account for account in placed if within is None or account.school in within]


async def reached(account_id: str, actor: Actor, *, office: Office) -> Account:
    """A candidate's account inside the scope; `NotFound` for all others, as for none."""
    account = await office.deps.accounts.get(account_id)
    if account.kind != "candidate" or account.programme not in office.deps.programmes:
        raise NotFound("account")
    found = await within_reach([account], actor, office=office)
    if not found:
        raise NotFound("account")
    return found[0]
