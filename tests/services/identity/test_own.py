"""Another phone for one's own staff account: for the password, a code to it, and the old one is told (003.13)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from services.identity.domain import issuing
from services.identity.handlers import codes, joining, own, sessions, staff, staff_sms
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Opened
from services.identity.handlers.signon import Door
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, phones, solved
from tests.services.identity.test_claims import jostling
from tests.services.identity.test_joining import FORM, asked, door, signed_on
from tests.services.identity.test_staff import (
    CLIENT,
    NEW,
    actor_of,
    administrator,
    chosen,
    entered,
    hired,
    refusal,
    told,
)

__all__ = ["door"]

OLD_PHONE, PHONE, TAKEN = "13900001111", "13900002222", "13900003333"
LATER = NOW + timedelta(minutes=11)


async def clerk(deps: Deps) -> Opened:
    """A clerk with a password, and no phone yet."""
    return await chosen(deps, (await hired(deps, await administrator(deps))).code)


async def member(deps: Deps, name: str) -> Actor:
    """Somebody else with a password."""
    launcher = Actor("service", "launcher")
    await staff.add_staff(name, "老师", "correct horse", ["auditor"], {}, launcher, deps=deps, now=NOW)
    return actor_of(await entered(deps, "correct horse", name))


async def code_to(deps: Deps, phone: str, at: datetime = NOW) -> str:
    """The digits that came to a phone."""
    for code in (await deps.codes.find(Query())).items:
        await codes.hand_over(code.id, deps=deps, clock=lambda: at)
    return next(digits for to, digits in reversed(phones(deps).brought) if to == phone)


async def bound(deps: Deps, me: Actor, phone: str, password: str = NEW, at: datetime = NOW) -> None:
    """Bind a phone by its code."""
    await own.send_phone_code(me, phone, password, deps=deps, now=at)
    await own.change_phone(me, await code_to(deps, phone, at), deps=deps, now=at)


async def left(deps: Deps, account: str) -> list[tuple[str, str]]:
    """Which numbers wait to be told that they are no longer a member of staff's, and why."""
    document = await deps.accounts.store.get("accounts", account)
    assert document
    bodies = [json.loads(each) for each in document["outbox"]]
    events = [json.loads(each["body"]) for each in bodies if each["type"] == "identity.staff_phone_left.v1"]
    return [(deps.vault.open(each["sealed_contact"], f"contact|phone|{account}"), each["why"]) for each in events]


async def signs_in_by(deps: Deps, phone: str, at: datetime) -> str:
    """Whose account a code to a phone opens."""
    flow = await staff_sms.begin(phone, await solved(deps, at), "192.0.2.7", deps=deps, now=at)
    opened = await staff_sms.finish(flow, await code_to(deps, phone, at), CLIENT, deps=deps, now=at)
    return opened.session.subject


async def test_a_phone_is_bound_and_changed_for_the_password_and_a_code_and_the_old_one_is_told(deps: Deps) -> None:
    me = actor_of(await clerk(deps))
    for password in ("", "a guess"):
        refused = own.send_phone_code(me, OLD_PHONE, password, deps=deps, now=NOW)
        assert await refusal(refused) == "password.old_wrong", "for the first one too"
    assert phones(deps).brought == []
    await bound(deps, me, OLD_PHONE)
    assert await signs_in_by(deps, OLD_PHONE, NOW + timedelta(minutes=2)) == me.id
    assert await left(deps, me.id) == []
    await bound(deps, me, PHONE, at=NOW + timedelta(minutes=4))
    assert await left(deps, me.id) == [(OLD_PHONE, "changed")]
    assert await signs_in_by(deps, PHONE, NOW + timedelta(minutes=6)) == me.id
    entries = await told(deps, me.id)
    assert "phone_changed" in entries and OLD_PHONE not in entries and PHONE not in entries
    at, count = NOW + timedelta(minutes=8), len(phones(deps).brought)
    await staff_sms.begin(OLD_PHONE, await solved(deps, at), "192.0.2.7", deps=deps, now=at)
    for code in (await deps.codes.find(Query())).items:
        await codes.hand_over(code.id, deps=deps, clock=lambda: at)
    assert len(phones(deps).brought) == count, "nobody's any more"


async def test_a_wrong_number_or_code_changes_nothing_and_the_days_codes_are_few(deps: Deps) -> None:
    me = actor_of(await clerk(deps))
    await bound(deps, me, OLD_PHONE)
    assert await refusal(own.send_phone_code(me, "12", NEW, deps=deps, now=LATER)) == "phone.not_mobile"
    assert await refusal(own.change_phone(me, "000000", deps=deps, now=LATER)) == "code.expired"
    for minutes in (2, 4):
        await own.send_phone_code(me, PHONE, NEW, deps=deps, now=NOW + timedelta(minutes=minutes))
    assert await refusal(own.send_phone_code(me, PHONE, NEW, deps=deps, now=LATER)) == "code.too_many"
    assert (await deps.accounts.get(me.id)).phone == OLD_PHONE


async def test_whether_a_number_is_anothers_is_told_only_to_who_has_it_in_hand(deps: Deps, door: Door) -> None:
    request = await asked(door)
    me = actor_of(await clerk(deps))
    at = NOW + timedelta(minutes=5)
    sent = await own.send_phone_code(me, FORM.phone, NEW, deps=deps, now=at)
    assert sent.resend_s == 60
    proof = own.change_phone(me, await code_to(deps, FORM.phone, at), deps=deps, now=at)
    assert await refusal(proof) == "staff.phone_of_another", "one that waits for an administrator has it too"
    assert (await deps.accounts.get(me.id)).phone == ""
    assert await deps.accounts.store.holder(joining.phone_claim(FORM.phone, deps=deps)) == request.id


async def test_a_number_is_one_accounts_those_at_once_too_and_a_crash_does_not_keep_it(deps: Deps) -> None:
    both, proofs = [await member(deps, name) for name in ("one", "two")], []
    for minute, me in enumerate(both):
        at = NOW + timedelta(minutes=2 * minute)
        await own.send_phone_code(me, TAKEN, "correct horse", deps=deps, now=at)
        proofs.append(own.change_phone(me, await code_to(deps, TAKEN, at), deps=deps, now=NOW + timedelta(minutes=3)))
    results: list[Any] = await asyncio.gather(*proofs, return_exceptions=True)
    assert sorted(each.code if each else "" for each in results) == ["", "staff.phone_of_another"]
    (winner,) = [me for me in both if (await deps.accounts.get(me.id)).phone == TAKEN]
    (loser,) = [me for me in both if me is not winner]
    # A crash between writing another number and letting this one go leaves the claim.
    async with deps.accounts.edit(winner.id) as work:
        work.state.phone = PHONE
    await bound(deps, loser, TAKEN, "correct horse", NOW + timedelta(minutes=5))
    assert (await deps.accounts.get(loser.id)).phone == TAKEN


async def test_of_two_who_bind_one_number_among_many_steps_one_has_it_at_most(deps: Deps) -> None:
    both, at, alone = [await member(deps, name) for name in ("one", "two")], NOW, 0
    for seed in range(40):
        at += timedelta(days=1)
        phone, proofs = f"139000044{seed:02}", []
        for minute, me in enumerate(both):
            then = at + timedelta(minutes=2 * minute)
            await own.send_phone_code(me, phone, "correct horse", deps=deps, now=then)
            proofs.append(partial(own.change_phone, me, await code_to(deps, phone, then), deps=deps, now=then))
        await jostling(deps, seed, 2, partial(_next, iter(proofs)))
        have = [me.id for me in both if (await deps.accounts.get(me.id)).phone == phone]
        assert have in ([], [await deps.accounts.store.holder(joining.phone_claim(phone, deps=deps))]), seed
        alone += len(have)
    assert alone, "now and then neither gets it, and has to ask again"


async def _next(proofs: Iterator[Any]) -> None:
    await next(proofs)()


async def test_with_the_old_number_goes_what_it_opened(deps: Deps) -> None:
    me = actor_of(await clerk(deps))
    await bound(deps, me, OLD_PHONE)
    by_phone, at = await entered(deps, NEW), NOW + timedelta(minutes=3)
    flow = await staff_sms.begin(OLD_PHONE, await solved(deps, at), "192.0.2.7", deps=deps, now=at)
    digits = await code_to(deps, OLD_PHONE, at)
    await bound(deps, me, PHONE, at=NOW + timedelta(minutes=4))
    assert await refusal(sessions.resolve(by_phone.token, deps=deps, now=at)) == "session.expired"
    # As a crash would leave it before the old claim was let go.
    await deps.accounts.store.claim(joining.phone_claim(OLD_PHONE, deps=deps), me.id)
    assert await refusal(staff_sms.finish(flow, digits, CLIENT, deps=deps, now=at)) == "code.wrong"


async def test_who_has_no_password_signs_in_anew_before_the_phone_changes(deps: Deps, door: Door) -> None:
    request = await asked(door)
    await joining.approve(request.id, ["reviewer"], {}, Actor("staff", "a", roles=("admin",)), door=door, now=NOW)
    opened = (await signed_on(door)).opened
    assert opened
    me = actor_of(opened)
    assert await refusal(own.send_phone_code(me, PHONE, "", deps=deps, now=LATER)) == "session.not_fresh"
    await bound(deps, me, PHONE, "", NOW + timedelta(minutes=9))
    assert await left(deps, me.id) == [(FORM.phone, "changed")]
    assert await refusal(own.close(me, "", "", deps=deps, now=LATER)) == "session.not_fresh"


@pytest.mark.parametrize(
    ("change", "code"), [(staff.lock, "session.expired"), (staff.reset, "session.expired"), (None, "code.wrong")]
)
async def test_a_lock_or_a_reset_ends_a_change_that_is_under_way(deps: Deps, change: Any, code: str) -> None:
    me, chief = actor_of(await clerk(deps)), await administrator(deps, "another")
    await own.send_phone_code(me, PHONE, NEW, deps=deps, now=NOW)
    digits = await code_to(deps, PHONE)
    if change:
        await change(me.id, "离职", chief, deps=deps, now=NOW)
    assert await refusal(own.change_phone(me, digits if change else "000000", deps=deps, now=NOW)) == code
    assert (await deps.accounts.get(me.id)).phone == ""


@pytest.mark.parametrize(
    ("act", "code"), [("lock", "login.locked_by_admin"), ("reset", "session.expired"), ("close", "staff.closed")]
)
async def test_between_the_two_writes_of_such_a_change_nothing_changes_hands(deps: Deps, act: str, code: str) -> None:
    me = actor_of(await clerk(deps))
    await own.send_phone_code(me, PHONE, NEW, deps=deps, now=NOW)
    digits = await code_to(deps, PHONE)
    async with deps.accounts.edit(me.id) as work:
        if act == "lock":
            work.state.put_lock("admin", "a", "离职", NOW)
        elif act == "close":
            work.state.close(NOW)
        else:
            issuing.activate(work.state, "hash of a code", 7, NOW)
    assert await refusal(own.change_phone(me, digits, deps=deps, now=NOW)) == code
    closing = own.close(me, NEW, "", deps=deps, now=NOW)
    assert await refusal(closing) == ("password.old_wrong" if act == "reset" else code)
    account = await deps.accounts.get(me.id)
    assert (account.phone, account.closed_at is not None) == ("", act == "close")
    assert await deps.accounts.store.holder(joining.phone_claim(PHONE, deps=deps)) is None, "free for who has it"
