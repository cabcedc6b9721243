"""One-time codes: bound, guessed at five times, within budgets, and never waited for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.codes import TRIES, Code, Purpose
from services.identity.handlers import codes, sweeps
from services.identity.handlers.codes import send_code, spend_code
from services.identity.handlers.deps import Deps, Limits
from shared.errors import DomainError, Kind
from shared.store import Query
from tests.services.identity.conftest import NOW, phones

PHONE, OTHER = "13812345678", "13900000000"
MINUTE = timedelta(minutes=1)


async def sent(deps: Deps, flow: str = "flow", phone: str = PHONE, minutes: int = 0, source: str = "1.2.3.4") -> str:
    """The digits that came to the phone."""
    at = NOW + minutes * MINUTE
    await send_code(flow, "reset", phone, source, deps=deps, now=at)
    await codes.sweep(deps=deps, clock=lambda: at + timedelta(seconds=5))
    return phones(deps).brought[-1][1]


async def refusal(deps: Deps, code: str, flow: str = "flow", purpose: Purpose = "reset", minutes: int = 0) -> str:
    with pytest.raises(DomainError) as error:
        await spend_code(flow, purpose, code, deps=deps, now=NOW + minutes * MINUTE)
    return error.value.code


async def test_a_code_proves_the_phone_once(deps: Deps) -> None:
    digits = await sent(deps)
    assert await spend_code("flow", "reset", f" {digits} ", deps=deps, now=NOW) == PHONE
    assert await refusal(deps, digits) == "code.expired"


async def test_a_code_is_worth_nothing_in_another_flow_or_for_another_purpose_or_later(deps: Deps) -> None:
    digits = await sent(deps)
    assert await refusal(deps, digits, flow="other") == "code.expired"
    assert await refusal(deps, digits, purpose="login") == "code.expired"
    assert await refusal(deps, digits, minutes=5) == "code.expired"


async def test_the_next_code_makes_the_one_before_worthless(deps: Deps) -> None:
    first = await sent(deps)
    second = await sent(deps, minutes=2)
    if first != second:
        assert await refusal(deps, first, minutes=2) == "code.wrong"
    assert await spend_code("flow", "reset", second, deps=deps, now=NOW + 2 * MINUTE) == PHONE


async def test_guesses_at_once_are_each_counted(deps: Deps) -> None:
    digits = await sent(deps)
    wrong = [f"{(int(digits) + step) % 1_000_000:06d}" for step in range(1, 41)]
    answers = await asyncio.gather(
        *(spend_code("flow", "reset", each, deps=deps, now=NOW) for each in wrong), return_exceptions=True
    )
    told = [each.code for each in answers if isinstance(each, DomainError)]
    assert told.count("code.wrong") == TRIES - 1
    assert await refusal(deps, digits) == "code.tries_used"


async def test_the_right_code_sent_twice_at_once_is_right_once(deps: Deps) -> None:
    digits = await sent(deps)
    answers = await asyncio.gather(
        *(spend_code("flow", "reset", digits, deps=deps, now=NOW) for _ in range(5)), return_exceptions=True
    )
    assert answers.count(PHONE) == 1


@given(guesses=st.lists(st.sampled_from(["right", "wrong"]), max_size=12))
def test_five_guesses_and_one_success_at_most(guesses: list[str]) -> None:
    code = Code("i", "m", PHONE, "right", NOW, NOW + 5 * MINUTE, None, None)
    verdicts = [code.spend(each, NOW) for each in guesses]
    assert verdicts.count("right") <= 1
    assert "right" not in verdicts[TRIES:]
    if "right" in guesses[:TRIES]:
        assert "right" in verdicts


async def test_one_a_minute_and_ten_a_day_for_a_number(deps: Deps) -> None:
    await sent(deps)
    with pytest.raises(DomainError) as error:
        await sent(deps, flow="another flow")
    assert (error.value.code, error.value.kind) == ("code.too_soon", Kind.TOO_MANY)
    assert error.value.params["seconds"] == 60
    for number in range(1, 10):
        await sent(deps, flow=f"f{number}", minutes=number * 2, source=f"{number}")
    with pytest.raises(DomainError, match=r"code\.too_many"):
        await sent(deps, minutes=30, source="another")
    assert len(phones(deps).brought) == 10


async def test_many_numbers_from_one_address_and_one_number_for_many_accounts(deps: Deps) -> None:
    tight = replace(deps, limits=Limits(address_hour=5))
    for number in range(5):
        await sent(tight, flow=f"f{number}", phone=f"1380000000{number}")
    with pytest.raises(DomainError, match=r"code\.address"):
        await sent(tight, flow="f", phone="13811111111")
    await sent(tight, flow="f", phone="13811111111", source="elsewhere")


async def test_a_network_of_ipv6_is_one_address(deps: Deps) -> None:
    tight = replace(deps, limits=Limits(address_hour=2))
    for number in range(2):
        await sent(tight, flow=f"f{number}", phone=f"1380000000{number}", source=f"2001:db8:1:2::{number}")
    with pytest.raises(DomainError, match=r"code\.address"):
        await sent(tight, flow="f", phone="13811111111", source="2001:db8:1:2:ffff::1")


async def test_the_total_bounds_what_many_addresses_can_do(deps: Deps) -> None:
    tight = replace(deps, limits=Limits(total_hour=32))
    done = 0
    for number in range(100):
        try:
            await sent(tight, flow=f"f{number}", phone=f"138000{number:05d}", source=f"{number}")
        except DomainError as error:
            assert error.code == "code.busy"
        else:
            done += 1
    assert 16 <= done <= 32


async def test_who_is_refused_uses_nothing_up(deps: Deps) -> None:
    tight = replace(deps, limits=Limits(address_hour=1))
    await sent(tight, flow="a")
    for _ in range(5):
        with pytest.raises(DomainError, match=r"code\.address"):
            await sent(tight, flow="b", phone=OTHER)
    assert await sent(tight, flow="b", phone=OTHER, source="elsewhere")


async def test_at_once_from_one_address_no_more_than_the_budget_go_out(deps: Deps) -> None:
    tight = replace(deps, limits=Limits(address_hour=5))
    answers = await asyncio.gather(
        *(send_code(f"f{number}", "reset", f"1380000{number:04d}", "one", deps=tight, now=NOW) for number in range(40)),
        return_exceptions=True,
    )
    assert sum(not isinstance(each, BaseException) for each in answers) == 5


async def test_a_phone_that_is_not_the_owners_gets_nothing_and_is_answered_alike(deps: Deps) -> None:
    answers = [
        await send_code(f"f{owner}", "reset", PHONE, owner, deps=deps, now=NOW, about=owner, owner=owner)
        for owner in ("", "nobody")
    ]
    assert answers == [codes.Sent(60), codes.Sent(60)]
    await codes.sweep(deps=deps, clock=lambda: NOW + MINUTE)
    assert phones(deps).brought == []
    assert await refusal(deps, "123456", flow="f") in ("code.wrong", "code.expired")


async def test_what_a_crash_or_a_dead_channel_left_is_handed_over_once_by_the_sweep(deps: Deps) -> None:
    phones(deps).closed = DomainError("service.unavailable", Kind.UNAVAILABLE)
    await send_code("flow", "reset", PHONE, "s", deps=deps, now=NOW)
    assert await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=10)) == 1
    phones(deps).closed = None
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=30))
    await codes.sweep(deps=deps, clock=lambda: NOW + MINUTE)
    ((phone, digits),) = phones(deps).brought
    assert await spend_code("flow", "reset", digits, deps=deps, now=NOW + MINUTE) == phone


async def test_two_accounts_with_one_phone_both_get_their_code_one_minute_apart(deps: Deps) -> None:
    """A parent who resets two children: the channel has a minute of its own, for the number."""
    courier, asked = phones(deps), NOW + timedelta(seconds=20)
    await send_code("elder", "reset", PHONE, "s", deps=deps, now=NOW, about="elder")
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=5))
    await send_code("younger", "reset", PHONE, "s", deps=deps, now=asked, about="younger")
    courier.closed = DomainError("code.too_soon", Kind.TOO_MANY, params={"seconds": 40})
    await codes.sweep(deps=deps, clock=lambda: asked + timedelta(seconds=5))
    courier.closed = None
    for seconds in range(30, 70, 5):
        await codes.sweep(deps=deps, clock=partial(datetime.__add__, NOW, timedelta(seconds=seconds)))
        assert len(courier.brought) == 1, "not asked for again before"
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=75))
    (_, first), (to, second) = courier.brought
    assert to == PHONE
    for flow, digits in (("elder", first), ("younger", second)):
        assert await spend_code(flow, "reset", digits, deps=deps, now=NOW + timedelta(seconds=90)) == PHONE


async def test_a_number_that_has_had_its_codes_of_the_day_is_not_asked_for_again(deps: Deps) -> None:
    courier = phones(deps)
    await send_code("flow", "reset", PHONE, "s", deps=deps, now=NOW)
    courier.closed = DomainError("code.too_many", Kind.TOO_MANY, params={"limit": 10})
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=5))
    courier.closed = None
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=90))
    assert courier.brought == []


async def test_a_code_that_would_come_too_late_is_not_sent(deps: Deps) -> None:
    await send_code("flow", "reset", PHONE, "s", deps=deps, now=NOW)
    await codes.sweep(deps=deps, clock=lambda: NOW + 4 * MINUTE)
    assert phones(deps).brought == []


async def test_neither_digits_nor_phone_stand_in_the_store_and_all_is_forgotten(deps: Deps) -> None:
    await send_code("flow", "reset", PHONE, "s", deps=deps, now=NOW)
    store = deps.codes.store
    for each in ("codes", "counts"):
        assert PHONE not in json.dumps((await store.find(each, Query())).documents)
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=5))
    (kept,) = (await deps.codes.find(Query())).items
    assert kept.digits is None
    await sweeps.forget_expired(deps=deps, clock=lambda: NOW + timedelta(days=2))
    assert [await store.count(each, {}) for each in ("codes", "counts")] == [0, 0]


async def test_a_number_that_somebody_names_keeps_codes_for_its_owner(deps: Deps) -> None:
    """Whoever asks to bind it, one person or many; and those who ask for it are told apart."""
    refused = []
    for asker in range(5):
        for number in range(6):
            at = NOW + (asker * 6 + number) * 2 * MINUTE
            try:
                await send_code(f"a{asker}", "bind_phone", PHONE, f"s{asker}", deps=deps, now=at, about=f"a{asker}")
            except DomainError as error:
                assert error.code == "code.too_many"
                refused.append(asker)
    assert [refused.count(asker) for asker in range(5)] == [3, 5, 6, 6, 6]
    assert 5 * 6 - len(refused) == deps.limits.unproved_day < deps.limits.number_day / 2
    await send_code("a0", "bind_phone", OTHER, "s0", deps=deps, now=NOW + timedelta(days=1), about="a0")
    for number in range(5):
        at = NOW + timedelta(hours=2, minutes=2 * number)
        await send_code("owner", "reset", PHONE, "home", deps=deps, now=at, about="owner", owner="owner")


async def test_who_asked_a_moment_before_another_and_is_counted_after_is_not_too_soon(deps: Deps) -> None:
    refused = list[str]()
    for number in range(20):
        at = NOW - number * timedelta(milliseconds=1)
        try:
            await send_code(f"flow {number}", "reset", f"138000000{number:02}", "1.2.3.4", deps=deps, now=at)
        except DomainError as error:
            refused.append(error.code)
    assert refused == []
