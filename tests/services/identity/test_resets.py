"""Getting in again, or in, by SMS: the same for everybody until the code has proved the phone."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.identity.domain.account import Account
from services.identity.domain.resets import Goal
from services.identity.handlers import accounts, codes, resets, sessions
from services.identity.handlers.deps import Deps, login_key
from services.identity.handlers.login import Name, login
from services.identity.handlers.sessions import Client
from shared.errors import DomainError
from shared.events.base import new_id
from shared.events.identity import PasswordChanged
from shared.programme import phone
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, PROGRAMME, phones, solved
from tests.services.identity.test_audit import told

PHONE, OTHER, NUMBER = "13812345678", "13900000000", "110101200501011234"
OLD, NEW = "qw83hf2x", "kd83hf2x"
MINUTE = timedelta(minutes=1)
HERE = Client("1.2.3.4")


async def person(deps: Deps, number: str = NUMBER, phone: str = PHONE) -> Account:
    account = Account(
        id=new_id(),
        programme=PROGRAMME,
        kind="candidate",
        password_hash=await deps.hasher.hash(OLD),
        policy="legacy_8_alnum",
        created_at=NOW,
        id_number=number,
        name="演示",
        phone=phone,
    )
    await deps.accounts.store.claim(login_key(deps, PROGRAMME, number), account.id)
    await deps.accounts.add(account.id, account)
    return account


async def begun(deps: Deps, goal: Goal = "reset", number: str = NUMBER) -> str:
    _, token = await resets.begin(PROGRAMME, goal, number, await solved(deps), deps=deps, now=NOW)
    return token


async def called(deps: Deps, token: str, phone: str = PHONE, minutes: int = 0) -> str:
    """The digits that came to a phone, or none."""
    at = NOW + minutes * MINUTE
    before = len(phones(deps).brought)
    await resets.call(token, phone, "source", deps=deps, now=at)
    await codes.sweep(deps=deps, clock=lambda: at + timedelta(seconds=5))
    return next((digits for _, digits in phones(deps).brought[before:]), "")


async def code_of(work: object) -> str:
    with pytest.raises(DomainError) as error:
        await work  # type: ignore[misc]
    return error.value.code


async def test_a_new_password_ends_all_sessions_and_tells_the_owner(deps: Deps) -> None:
    account = await person(deps)
    opened = await sessions.sign_in(account, HERE, deps=deps, now=NOW)
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    await resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)
    assert await code_of(sessions.resolve(opened.token, deps=deps, now=NOW)) == "session.expired"
    changed = await deps.accounts.get(account.id)
    assert changed.password_hash != account.password_hash
    document = await deps.accounts.store.get("accounts", account.id)
    assert document is not None
    assert PasswordChanged.TYPE in document["outbox"][-1]
    assert ("password_changed", {"by": "phone"}) in await told(deps, account.id)
    assert await code_of(resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)) == "reset.expired"
    assert await code_of(resets.progress(token, deps=deps, now=NOW)) == "reset.expired"


@pytest.mark.parametrize(("number", "phone"), [("110101200501019999", PHONE), (NUMBER, OTHER)])
async def test_an_unknown_number_and_a_wrong_phone_are_answered_alike_and_get_no_message(
    number: str, phone: str, deps: Deps
) -> None:
    await person(deps)
    token = await begun(deps, number=number)
    sent = await resets.call(token, phone, "source", deps=deps, now=NOW)
    assert sent == codes.Sent(60)
    await codes.sweep(deps=deps, clock=lambda: NOW + timedelta(seconds=5))
    assert phones(deps).brought == []
    told = [await code_of(resets.prove(token, "000000", deps=deps, now=NOW)) for _ in range(6)]
    assert told == ["code.wrong"] * 4 + ["code.tries_used"] * 2
    assert await code_of(resets.call(token, phone, "source", deps=deps, now=NOW)) == "code.too_soon"


async def test_steps_come_in_order(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    assert await code_of(resets.prove(token, "123456", deps=deps, now=NOW)) == "reset.not_this_step"
    assert await code_of(resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)) == "reset.not_this_step"
    digits = await called(deps, token)
    assert await code_of(resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)) == "reset.not_this_step"
    assert await code_of(resets.log_in(token, digits, HERE, deps=deps, now=NOW)) == "reset.not_this_step"


async def test_the_way_ends_after_half_an_hour(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    late = NOW + timedelta(minutes=31)
    for work in (
        resets.progress(token, deps=deps, now=late),
        resets.call(token, PHONE, "s", deps=deps, now=late),
        resets.prove(token, "123456", deps=deps, now=late),
        resets.finish(token, NEW, HERE.source, deps=deps, now=late),
    ):
        assert await code_of(work) == "reset.expired"


async def test_a_phone_given_to_the_account_amid_the_way_is_not_the_one_that_was_proved(deps: Deps) -> None:
    account = await person(deps)
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    await accounts.change_phone(Actor("candidate", account.id), OTHER, deps=deps, now=NOW)
    assert await code_of(resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)) == "reset.expired"
    assert (await deps.accounts.get(account.id)).password_hash == account.password_hash
    after = {"phone": phone.mask(OTHER), "by": "password"}
    assert ("phone_changed", after) in await told(deps, account.id)
    document = await deps.accounts.store.get("accounts", account.id)
    assert OTHER not in str(document)


async def test_a_code_of_one_way_is_worth_nothing_on_another(deps: Deps) -> None:
    await person(deps)
    await person(deps, "110101200501015678", OTHER)
    mine, theirs = await begun(deps), await begun(deps, number="110101200501015678")
    digits = await called(deps, mine)
    await resets.call(theirs, OTHER, "source", deps=deps, now=NOW)
    assert await code_of(resets.prove(theirs, digits, deps=deps, now=NOW)) == "code.wrong"


async def test_the_phone_can_be_corrected_a_few_times_only(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    for number in range(5):
        await resets.call(token, f"1380000000{number}", "source", deps=deps, now=NOW + number * 2 * MINUTE)
    again = resets.call(token, PHONE, "source", deps=deps, now=NOW + 12 * MINUTE)
    assert await code_of(again) == "reset.phones_used"


async def test_a_password_that_breaks_the_policy_can_be_chosen_again(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    assert (await code_of(resets.finish(token, "short", HERE.source, deps=deps, now=NOW))).startswith("password.")
    await resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)


async def test_of_two_new_passwords_at_once_one_is_set(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    answers = await asyncio.gather(
        *(resets.finish(token, f"{NEW[:-1]}{number}", HERE.source, deps=deps, now=NOW) for number in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, Account) for each in answers) == 1


async def test_a_crash_amid_the_last_step_leaves_a_way_to_go_on(deps: Deps) -> None:
    await person(deps)
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    (reset,) = (await deps.resets.find(Query())).items
    async with deps.resets.edit(reset.id) as work:
        work.state.claim(NOW)
    assert await code_of(resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)) == "reset.under_way"
    await resets.finish(token, NEW, HERE.source, deps=deps, now=NOW + MINUTE)


async def test_signing_in_with_a_code(deps: Deps) -> None:
    account = await person(deps)
    token = await begun(deps, "login")
    digits = await called(deps, token)
    assert await code_of(resets.prove(token, digits, deps=deps, now=NOW)) == "reset.not_this_step"
    opened = await resets.log_in(token, digits, HERE, deps=deps, now=NOW)
    assert (await sessions.resolve(opened.token, deps=deps, now=NOW)).subject == account.id
    assert await code_of(resets.log_in(token, digits, HERE, deps=deps, now=NOW)) == "reset.expired"


async def test_a_locked_account_is_told_so_and_the_way_is_not_lost_for_it(deps: Deps) -> None:
    account = await person(deps)
    token = await begun(deps, "login")
    digits = await called(deps, token)
    async with deps.accounts.edit(account.id) as work:
        work.state.put_lock("school", "a", "转学", NOW)
    assert await code_of(resets.log_in(token, digits, HERE, deps=deps, now=NOW)) == "login.locked_by_school"
    assert (await resets.progress(token, deps=deps, now=NOW)).reset.step == "code"


async def test_a_proof_by_sms_clears_the_failures(deps: Deps) -> None:
    await person(deps)
    key = login_key(deps, PROGRAMME, NUMBER)
    for _ in range(6):
        proof = await solved(deps)
        await code_of(login(Name(PROGRAMME, NUMBER), "wrong", proof, Client("9.9.9.9"), deps=deps, now=NOW))
    token = await begun(deps)
    await resets.prove(token, await called(deps, token), deps=deps, now=NOW)
    await resets.finish(token, NEW, HERE.source, deps=deps, now=NOW)
    assert await deps.accounts.store.get("attempts", key) is None


async def test_what_is_not_offered_or_empty_is_refused(deps: Deps) -> None:
    proof = await solved(deps)
    assert await code_of(resets.begin(PROGRAMME, "reset", " ", proof, deps=deps, now=NOW)) == "field.missing"
    token = await begun(deps)
    assert await code_of(resets.call(token, "123", "s", deps=deps, now=NOW)) == "phone.not_mobile"
