"""A phone alone opens no staff account whose roles need a second factor, and enrols none (security.md 18)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.identity.domain import totp
from services.identity.domain.signon import ROLES
from services.identity.handlers import joining, second, sessions, staff, staff_sms
from services.identity.handlers.deps import Deps
from services.identity.handlers.sessions import Opened
from services.identity.handlers.signon import Door
from tests.services.identity.conftest import NOW, phones, solved
from tests.services.identity.test_joining import ADMIN, FORM, asked, door, signed_on
from tests.services.identity.test_own import bound, clerk, code_to
from tests.services.identity.test_staff import CLIENT, actor_of, administrator, entered, refusal, told

__all__ = ["door"]

AT, LATER = NOW + timedelta(minutes=5), NOW + timedelta(minutes=10, seconds=1)


@pytest.fixture
def strict(door: Door) -> Door:
    """The door of production, where every role needs a second factor."""
    return replace(door, deps=replace(door.deps, second_roles=frozenset(ROLES)))


async def by_sign_on(door: Door) -> Opened:
    """An administrator who came by the provider: no password, and a phone."""
    request = await asked(door)
    await joining.approve(request.id, ["admin"], {}, ADMIN, door=door, now=NOW)
    opened = (await signed_on(door)).opened
    assert opened
    return opened


async def by_phone(deps: Deps, phone: str = FORM.phone, at: datetime = AT) -> Opened:
    """Sign in by a code to the phone, and by nothing else."""
    flow = await staff_sms.begin(phone, await solved(deps, at), CLIENT.source, deps=deps, now=at)
    return await staff_sms.finish(flow, await code_to(deps, phone, at), CLIENT, deps=deps, now=at)


async def enrolled(deps: Deps, me: Opened, at: datetime = NOW) -> str:
    """The secret, once it is in use."""
    secret = await second.begin(actor_of(me), deps=deps, now=at)
    await second.confirm(actor_of(me), totp.code_at(secret, totp.step_at(at)), CLIENT, deps=deps, now=at)
    return secret


async def test_who_has_only_the_phone_of_a_member_by_sign_on_gets_no_session(strict: Door) -> None:
    deps, me = strict.deps, await by_sign_on(strict)
    before = await sessions.sessions_of(me.session.subject, deps=deps, now=NOW)
    assert await refusal(by_phone(deps)) == "staff.sms_needs_second"
    assert await sessions.sessions_of(me.session.subject, deps=deps, now=NOW) == before
    assert "sign_in_refused" in await told(deps, me.session.subject), "its owner can see that somebody has the phone"


async def test_whose_phone_it_is_is_told_only_to_who_has_it(strict: Door) -> None:
    deps, _ = strict.deps, await by_sign_on(strict)
    flows = [
        await staff_sms.begin(phone, await solved(deps, AT), CLIENT.source, deps=deps, now=AT)
        for phone in (FORM.phone, "13900009999")
    ]
    wrong = f"{(int(await code_to(deps, FORM.phone, AT)) + 1) % 10**6:06}"
    assert {await refusal(staff_sms.finish(flow, wrong, CLIENT, deps=deps, now=AT)) for flow in flows} == {"code.wrong"}
    assert [to for to, _ in phones(deps).brought if to != FORM.phone] == []


async def test_after_a_sign_on_they_enrol_and_then_the_phone_opens_it_with_a_code_of_the_app(strict: Door) -> None:
    deps, me = strict.deps, await by_sign_on(strict)
    assert await second.standing(me.session.subject, deps=deps) == second.Standing(True, False, False, True, 0)
    secret = await enrolled(deps, me)
    half = await by_phone(deps)
    assert (half.session.roles, half.session.todo) == ([], ["totp"])
    code = totp.code_at(secret, totp.step_at(AT))
    whole = await second.prove(actor_of(half), code, CLIENT, deps=deps, now=AT)
    assert whole.session.roles == ["admin"]


async def test_without_a_password_enrolling_takes_a_sign_in_just_now(strict: Door) -> None:
    deps, me = strict.deps, await by_sign_on(strict)
    assert await refusal(second.begin(actor_of(me), deps=deps, now=LATER)) == "session.not_fresh"


async def test_a_phone_that_waits_until_the_app_is_given_up_enrols_no_other(strict: Door) -> None:
    deps, me = strict.deps, await by_sign_on(strict)
    secret = await enrolled(deps, me)
    waiting = actor_of(await by_phone(deps))
    owner = (await signed_on(strict)).opened
    assert owner
    await second.remove(actor_of(owner), "", totp.code_at(secret, totp.step_at(AT)), deps=deps, now=AT)
    assert await refusal(second.begin(waiting, deps=deps, now=AT)) == "totp.not_by_phone"
    assert (await deps.accounts.get(me.session.subject)).second is None


async def test_a_phone_enrols_nothing_where_nobody_demands_it_either(deps: Deps) -> None:
    await bound(deps, actor_of(await clerk(deps)), "13900001111")
    alone = await by_phone(deps, "13900001111")
    assert alone.session.roles == ["school"], "the role needs no more than that"
    assert await refusal(second.begin(actor_of(alone), deps=deps, now=AT)) == "totp.not_by_phone"
    assert await second.begin(actor_of(await entered(deps, "correct horse")), deps=deps, now=AT)


@pytest.mark.parametrize("reset", [staff.reset, staff.reset_second])
async def test_after_a_reset_by_an_administrator_the_phone_is_not_enough(
    deps: Deps, strict: Door, reset: Callable[..., object]
) -> None:
    me, chief = actor_of(await clerk(deps)), await administrator(deps, "another")
    await bound(deps, me, "13900001111")
    await enrolled(deps, await entered(deps, "correct horse"))
    await reset(me.id, "丢失", chief, deps=deps, now=NOW)  # type: ignore[misc]
    if reset is staff.reset_second:
        assert await refusal(by_phone(strict.deps, "13900001111")) == "staff.sms_needs_second"
    else:
        assert (await by_phone(strict.deps, "13900001111")).session.todo == ["totp"]


async def test_a_factor_that_is_reset_while_the_phone_signs_in_opens_nothing(deps: Deps) -> None:
    me, chief = actor_of(await clerk(deps)), await administrator(deps, "another")
    await enrolled(deps, await entered(deps, "correct horse"))
    read_before = await deps.accounts.get(me.id)
    await staff.reset_second(me.id, "丢失", chief, deps=deps, now=NOW)
    late = sessions.sign_in(read_before, CLIENT, deps=deps, now=NOW)
    assert await refusal(late) == "session.expired"
