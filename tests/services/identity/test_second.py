"""The second factor of staff: RFC 6238's own vectors, one use, counted guesses, recovery, and the half-open session."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.identity.domain import totp
from services.identity.domain.totp import STEP_S, Second
from services.identity.handlers import second, sessions, staff_sms
from services.identity.handlers.codes import hand_over
from services.identity.handlers.deps import Deps
from services.identity.handlers.joining import phone_claim
from services.identity.handlers.login import Name, login
from services.identity.handlers.sessions import Client, Opened
from services.identity.handlers.staff import add_staff
from shared.errors import DomainError
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, phones, solved

LAUNCHER = Actor("service", "launcher")
CLIENT = Client("192.0.2.7")
STEP = timedelta(seconds=STEP_S)
# RFC 6238, appendix B (SHA-1), the last six of its eight digits.
VECTORS = (
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
)


async def member(deps: Deps, *roles: str) -> str:
    return (
        await add_staff("wang", "王", "correct horse", [*roles] or ["reviewer"], {}, LAUNCHER, deps=deps, now=NOW)
    ).id


async def signed_in(deps: Deps, now: datetime = NOW) -> Opened:
    return await login(Name("", "wang"), "correct horse", await solved(deps, now), CLIENT, deps=deps, now=now)


def actor(opened: Opened) -> Actor:
    return Actor("staff", opened.session.subject, session=opened.session.id)


async def enrolled(deps: Deps, now: datetime = NOW) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a member who has just enrolled."""
    await member(deps)
    opened = await signed_in(deps, now)
    secret = await second.begin(actor(opened), deps=deps, now=now)
    code = totp.code_at(secret, totp.step_at(now))
    codes, whole = await second.confirm(actor(opened), code, CLIENT, deps=deps, now=now)
    assert (whole.session.roles, whole.session.todo) == (["reviewer"], [])
    return secret, codes


async def refusal(awaitable: object) -> str:
    with pytest.raises(DomainError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp.code_at(secret, totp.step_at(datetime.fromtimestamp(seconds, UTC))) == code


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, good: bool) -> None:
    mine = Second(totp.new_secret())
    assert mine.spend(totp.code_at(mine.secret, totp.step_at(NOW) + steps), NOW) is good


def test_a_code_is_good_once_and_none_of_before_it_after() -> None:
    mine = Second(totp.new_secret())
    now_step = totp.step_at(NOW)
    assert mine.spend(totp.code_at(mine.secret, now_step), NOW)
    assert not mine.spend(totp.code_at(mine.secret, now_step), NOW)
    assert not mine.spend(totp.code_at(mine.secret, now_step - 1), NOW)
    assert mine.spend(totp.code_at(mine.secret, now_step + 1), NOW)


async def test_a_password_opens_a_session_that_can_only_bring_the_second_factor(deps: Deps) -> None:
    secret, _ = await enrolled(deps)
    later = NOW + 2 * STEP
    half = await signed_in(deps, later)
    assert (half.session.roles, half.session.scope, half.session.todo) == ([], {}, ["totp"])
    code = totp.code_at(secret, totp.step_at(later))
    whole = await second.prove(actor(half), code, CLIENT, deps=deps, now=later)
    assert (whole.session.roles, whole.session.todo) == (["reviewer"], [])
    assert whole.token != half.token
    assert await refusal(sessions.resolve(half.token, deps=deps, now=later)) == "session.expired"


async def test_one_code_at_the_same_moment_opens_one_session(deps: Deps) -> None:
    secret, _ = await enrolled(deps)
    later = NOW + 2 * STEP
    code = totp.code_at(secret, totp.step_at(later))
    halves = [await signed_in(deps, later) for _ in range(3)]
    tries = (second.prove(actor(half), code, CLIENT, deps=deps, now=later) for half in halves)
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(result, Opened) for result in results) == 1


async def test_guesses_are_counted_and_have_to_wait(deps: Deps) -> None:
    secret, _ = await enrolled(deps)
    later = NOW + 2 * STEP
    half = await signed_in(deps, later)
    wrong = f"{(int(totp.code_at(secret, totp.step_at(later))) + 1) % 10**6:06}"
    codes = [await refusal(second.prove(actor(half), wrong, CLIENT, deps=deps, now=later)) for _ in range(8)]
    assert codes[0] == "totp.wrong"
    assert codes[-1] == "login.locked_time"
    right = totp.code_at(secret, totp.step_at(later))
    assert await refusal(second.prove(actor(half), right, CLIENT, deps=deps, now=later)) == "login.locked_time"


async def test_a_recovery_code_is_good_once(deps: Deps) -> None:
    _, codes = await enrolled(deps)
    assert len(set(codes)) == totp.RECOVERY_CODES
    half = await signed_in(deps)
    await second.prove(actor(half), f" {codes[0].upper()} ", CLIENT, deps=deps, now=NOW)
    again = await signed_in(deps)
    assert await refusal(second.prove(actor(again), codes[0], CLIENT, deps=deps, now=NOW)) == "totp.wrong"
    assert (await second.standing(again.session.subject, deps=deps)).recovery_left == totp.RECOVERY_CODES - 1


async def test_neither_secret_nor_recovery_codes_are_stored_in_clear(deps: Deps) -> None:
    secret, codes = await enrolled(deps)
    text = str((await deps.accounts.store.find("accounts", Query())).documents)
    assert secret not in text
    assert codes[0] not in text


async def test_who_has_only_the_password_cannot_put_another_secret_in_its_place(deps: Deps) -> None:
    await enrolled(deps)
    half = await signed_in(deps)
    assert await refusal(second.begin(actor(half), deps=deps, now=NOW)) == "totp.enrolled"
    assert await refusal(second.remove(actor(half), "correct horse", "000000", deps=deps, now=NOW)) == "totp.wrong"


async def test_roles_that_need_it_get_no_further_than_to_enrol(deps: Deps) -> None:
    strict = replace(deps, second_roles=frozenset({"finance"}))
    account_id = await member(strict, "finance")
    half = await signed_in(strict)
    assert (half.session.roles, half.session.todo) == ([], ["enrol"])
    assert await second.standing(account_id, deps=strict) == second.Standing(True, True, False, True, 0)
    secret = await second.begin(actor(half), deps=strict, now=NOW)
    assert secret == await second.begin(actor(half), deps=strict, now=NOW)
    code = totp.code_at(secret, totp.step_at(NOW))
    _, whole = await second.confirm(actor(half), code, CLIENT, deps=strict, now=NOW)
    assert whole.session.roles == ["finance"]


async def test_given_up_it_is_asked_for_no_more_where_nobody_demands_it(deps: Deps) -> None:
    secret, _ = await enrolled(deps)
    later = NOW + 2 * STEP
    half = await signed_in(deps, later)
    code = totp.code_at(secret, totp.step_at(later))
    without = second.remove(actor(half), "a guess", code, deps=deps, now=later)
    assert await refusal(without) == "password.old_wrong", "the phone alone is not enough"
    await second.remove(actor(half), "correct horse", code, deps=deps, now=later)
    assert (await signed_in(deps, later)).session.todo == []


async def test_staff_sign_in_by_a_code_and_strangers_get_the_same_answer(deps: Deps) -> None:
    account_id = await member(deps)
    async with deps.accounts.edit(account_id) as work:
        work.state.phone = "13900001111"
    await deps.accounts.store.claim(phone_claim("13900001111", deps=deps), account_id)
    flows = [
        await staff_sms.begin(phone, await solved(deps), "192.0.2.7", deps=deps, now=NOW)
        for phone in ("13900001111", "13900002222")
    ]
    for code in (await deps.codes.find(Query())).items:
        await hand_over(code.id, deps=deps, clock=lambda: NOW)
    ((to, digits),) = phones(deps).brought
    assert to == "13900001111"
    opened = await staff_sms.finish(flows[0], digits, CLIENT, deps=deps, now=NOW)
    assert opened.session.subject == account_id
    assert await refusal(staff_sms.finish(flows[1], digits, CLIENT, deps=deps, now=NOW)) == "code.wrong"
    assert await refusal(staff_sms.finish(flows[0], digits, CLIENT, deps=deps, now=NOW)) in {
        "code.expired",
        "code.wrong",
    }
