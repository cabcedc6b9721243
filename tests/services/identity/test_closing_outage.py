"""What comes in the middle of giving an account up: an outage, or somebody else. One administrator is left, and nobody
loses a role without going (003.13)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import pytest

from services.identity.handlers import own, staff
from services.identity.handlers.deps import Deps
from shared.errors import DomainError
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.outages import Outage, before, outage
from tests.services.identity.test_closing import at_work
from tests.services.identity.test_staff import REASON, actor_of, administrator, entered, refusal

PASSWORD = "correct horse"


async def close(deps: Deps, me: Actor, write: int, happens: Callable[[], Awaitable[object]]) -> bool:
    """Give the account up while something happens before this write of it; whether there was such a write."""
    with before(deps, write, happens) as store, suppress(Outage, DomainError):
        await own.close(me, PASSWORD, "", deps=deps, now=NOW)
    return store.came


async def left_open(deps: Deps) -> list[Actor]:
    """Administrators, each of whom an outage kept from giving the account up at another write. Nothing is half done."""
    found, write = [], 0
    while await close(deps, await at_work(deps, f"chief{write}"), write, outage):
        for account in await staff.find(f"chief{write}", deps=deps):
            assert account.roles == ["admin"], write
            found.append(actor_of(await entered(deps, PASSWORD, f"chief{write}")))
        write += 1
    assert write > len(found) >= 3
    return found


async def test_an_outage_takes_no_role_and_the_same_request_completes_it(deps: Deps) -> None:
    await administrator(deps, "other")
    for me in await left_open(deps):
        await own.close(me, PASSWORD, "", deps=deps, now=NOW)
        assert (await deps.accounts.get(me.id)).closed_at == NOW


async def test_nobody_relies_on_who_was_about_to_go_until_they_act(deps: Deps) -> None:
    other = await at_work(deps, "other")
    *gone, me = await left_open(deps)
    for each in gone:
        await staff.lock(each.id, REASON, other, deps=deps, now=NOW)
    assert await refusal(own.close(other, PASSWORD, "", deps=deps, now=NOW)) == "staff.last_administrator"
    assert (await staff.add_staff("zhao", "赵", "", ["auditor"], {}, me, deps=deps, now=NOW)).id
    await own.close(other, PASSWORD, "", deps=deps, now=NOW)
    assert await refusal(own.close(me, PASSWORD, "", deps=deps, now=NOW)) == "staff.last_administrator"


@pytest.mark.parametrize("act", ["goes too", "is locked by who goes", "locks who goes", "takes the role of who goes"])
async def test_whatever_comes_between_the_writes_one_is_left_in_office(deps: Deps, act: str) -> None:
    write, going = 0, True
    while going:
        me, other = await at_work(deps, f"one{write}"), await at_work(deps, f"two{write}")
        happens = {
            "goes too": partial(own.close, other, PASSWORD, "", deps=deps, now=NOW),
            "is locked by who goes": partial(staff.lock, other.id, REASON, me, deps=deps, now=NOW),
            "locks who goes": partial(staff.lock, me.id, REASON, other, deps=deps, now=NOW),
            "takes the role of who goes": partial(staff.set_roles, me.id, ["auditor"], {}, other, deps=deps, now=NOW),
        }[act]
        going = await close(deps, me, write, happens)
        left = [each for each in (me, other) if (await deps.accounts.get(each.id)).in_office]
        assert left, write
        for each in left:
            await deps.accounts.delete(each.id)
        write += 1
    assert write > 4
