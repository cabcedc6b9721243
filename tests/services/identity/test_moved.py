"""A school moves in the tree of offices while its pupil signs in: who handles the account moves with it, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from services.identity.handlers import desk, first, office
from services.identity.handlers.deps import Deps, login_key
from shared.errors import DomainError, NotFound
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.office_support import OTHER, SCHOOL, STRANGER, TEACHER, Roll, entered, issued, office_of

PROGRAMME = "quality-evaluation"
HERE, THERE = "140106", "140107"


@dataclass
class Tree(Roll):
    """Schools by region, as the last import has them."""

    regions: dict[str, str] = field(default_factory=lambda: {SCHOOL: HERE, OTHER: HERE})

    async def inside(self, regions: Sequence[str]) -> set[str]:
        return {school for school, region in self.regions.items() if region in regions}


def clerk(region: str) -> Actor:
    return Actor("staff", f"clerk of {region}", roles=("city",), scope={"regions": [region]})


async def pupil(deps: Deps, login: str) -> str:
    """The id of the account."""
    return await deps.accounts.store.holder(login_key(deps, PROGRAMME, login)) or ""


async def test_a_school_that_moves_takes_its_pupils_along_and_stops_none_on_the_way(deps: Deps) -> None:
    tree = Tree()
    moving = replace(office_of(deps), registry=tree)
    slip = await issued(moving)
    async with deps.accounts.edit(await pupil(deps, slip.login)) as work:
        work.state.take_lock()
    opened = await entered(moving, slip)
    me = Actor("candidate", opened.session.subject, PROGRAMME, session=opened.session.id)
    assert (await office.reached(me.id, clerk(HERE), office=moving)).id == me.id
    asked = await first.ask_correction(me, "胡思欣", OTHER, "换了学校", office=moving, now=NOW)
    tree.regions[SCHOOL] = THERE
    with pytest.raises(NotFound):
        await office.reached(me.id, clerk(HERE), office=moving)
    assert await desk.corrections("asked", clerk(HERE), office=moving) == []
    assert [each.id for each in await desk.corrections("asked", clerk(THERE), office=moving)] == [asked.id]
    await first.confirm_roll(me, "胡思欣", SCHOOL, office=moving, now=NOW)
    assert (await desk.reset(me.id, clerk(THERE), office=moving, now=NOW)).code
    again = await entered(moving, await desk.reset(me.id, clerk(THERE), office=moving, now=NOW))
    assert again.session.todo == ["password", "phone"], "what was done is done"


async def test_a_pupil_who_changes_school_on_the_roll_is_asked_for_the_new_one(deps: Deps) -> None:
    tree = Tree()
    moving = replace(office_of(deps), registry=tree)
    slip = await issued(moving)
    account = await deps.accounts.get(await pupil(deps, slip.login))
    me = Actor("candidate", account.id, PROGRAMME, session="s")
    tree.pupils = {(number, name, OTHER) for number, name, _ in tree.pupils}
    with pytest.raises(DomainError, match=r"first\.roll_differs"):
        await first.confirm_roll(me, account.name, SCHOOL, office=moving, now=NOW)
    await first.confirm_roll(me, account.name, OTHER, office=moving, now=NOW)
    assert (await deps.accounts.get(account.id)).todo == ["password", "phone"]
    assert (await office.reached(account.id, STRANGER, office=moving)).class_name == "", "the class was the other's"
    with pytest.raises(NotFound):
        await desk.reset(account.id, TEACHER, office=moving, now=NOW)
