"""Registering, signing in, being locked out, changing a password: 000.2, 000.12, 000.13, security.md 1, 3, 4 and 13."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher

from services.identity.domain.session import Session
from services.identity.handlers import accounts, captchas, sessions, staff, sweeps
from services.identity.handlers.accounts import NewAccount
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from services.identity.handlers.login import Name, login
from services.identity.handlers.sessions import Client, Opened
from shared.errors import DomainError
from shared.store import Query
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, PROGRAMME, solved

HOME = Client("192.0.2.1", "")
MAKER = Actor("service", "launcher")
LI = NewAccount("11010120080307004x", "李雷", "13800000000", "abcd1234")


def number(first_17: str) -> str:
    """An ID number with its right check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first_17 + "10X98765432"[sum(int(d) * w for d, w in zip(first_17, weights, strict=True)) % 11]


async def register(deps: Deps, new: NewAccount = LI, now: datetime = NOW) -> Opened:
    """The whole of registering: anonymous session, captcha, account."""
    began = await sessions.open_anonymous(PROGRAMME, deps=deps, now=now)
    proof = await solved(deps, now)
    return await accounts.register(began.session.subject, began.token, new, proof, HOME, deps=deps, now=now)


async def refused(awaitable: object) -> str:
    """The code of the refusal an operation must end with."""
    with pytest.raises(DomainError) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value.code


async def sign_in(
    deps: Deps, password: str, name: str = LI.id_number, now: datetime = NOW, proof: Proof | None = None
) -> Opened:
    """Sign in from one address."""
    return await login(Name(PROGRAMME, name), password, proof or Proof(), HOME, deps=deps, now=now)


async def test_registering_keeps_the_subject_and_changes_the_token(deps: Deps) -> None:
    began = await sessions.open_anonymous(PROGRAMME, deps=deps, now=NOW)
    proof = await solved(deps)
    opened = await accounts.register(began.session.subject, began.token, LI, proof, HOME, deps=deps, now=NOW)
    assert opened.session.subject == began.session.subject
    assert opened.session.kind == "candidate"
    assert opened.token != began.token
    assert await refused(sessions.resolve(began.token, deps=deps, now=NOW)) == "session.expired"


async def test_nothing_personal_is_stored_in_clear(deps: Deps) -> None:
    opened = await register(deps)
    for collection in ("accounts", "sessions"):
        text = str((await deps.accounts.store.find(collection, Query())).documents)
        assert opened.session.subject in text
        for value in ("李雷", "13800000000", "11010120080307004", "abcd1234", opened.token):
            assert value not in text


async def test_the_same_id_number_registers_once_even_in_a_race(deps: Deps) -> None:
    results = await asyncio.gather(*(register(deps) for _ in range(8)), return_exceptions=True)
    opened = [result for result in results if isinstance(result, Opened)]
    codes = {result.code for result in results if isinstance(result, DomainError)}
    assert len(opened) == 1
    assert codes == {"account.id_number_taken"}
    assert await deps.accounts.store.count("accounts", {}) == 1


async def test_a_claim_that_a_crash_left_behind_is_taken_over(deps: Deps) -> None:
    opened = await register(deps)
    await deps.accounts.delete(opened.session.subject)
    again = await register(deps)
    assert (await sign_in(deps, "ABCD1234")).session.subject == again.session.subject


@pytest.mark.parametrize("password", ["abcd123", "abcd12345", "abcdefgh", "12345678", "abcd 123", "abcd123!"])
async def test_the_legacy_policy_is_enforced(deps: Deps, password: str) -> None:
    assert (await refused(register(deps, replace(LI, password=password)))).startswith("password.")


async def test_a_wrong_or_spent_captcha_registers_nothing(deps: Deps) -> None:
    began = await sessions.open_anonymous(PROGRAMME, deps=deps, now=NOW)
    captcha_id, text = await captchas.new_captcha(deps=deps, now=NOW)
    wrong = Proof(captcha_id, "0000" if text != "0000" else "1111")
    subject = began.session.subject
    for proof, code in (
        (wrong, "captcha.wrong"),
        (Proof(captcha_id, text), "captcha.wrong"),
        (Proof(), "captcha.required"),
    ):
        assert await refused(accounts.register(subject, began.token, LI, proof, HOME, deps=deps, now=NOW)) == code
    late = await solved(deps, NOW - timedelta(minutes=6))
    assert await refused(accounts.register(subject, began.token, LI, late, HOME, deps=deps, now=NOW)) == "captcha.wrong"
    assert await deps.accounts.store.count("accounts", {}) == 0


async def test_signing_in_folds_case_of_number_and_legacy_password(deps: Deps) -> None:
    await register(deps)
    for name in ("11010120080307004x", "11010120080307004X", " 11010120080307004x "):
        assert (await sign_in(deps, "aBcD1234", name)).session.kind == "candidate"


async def test_unknown_and_wrong_are_one_answer_and_both_are_counted(deps: Deps) -> None:
    await register(deps)
    unknown = number("11010120080307008")
    for name in (LI.id_number, unknown):
        assert await refused(sign_in(deps, "wrong111", name, proof=await solved(deps))) == "login.refused"
    for name in (LI.id_number, unknown):
        assert await refused(sign_in(deps, "wrong111", name)) == "captcha.required"


async def test_failures_make_the_wait_grow_and_success_clears_it(deps: Deps) -> None:
    await register(deps)
    for _ in range(5):
        assert await refused(sign_in(deps, "wrong111", proof=await solved(deps))) == "login.refused"
    assert await refused(sign_in(deps, "abcd1234", proof=await solved(deps))) == "login.locked_time"
    later = NOW + timedelta(seconds=31)
    assert await sign_in(deps, "abcd1234", now=later, proof=await solved(deps, later))


async def test_changing_the_password_ends_the_other_sessions(deps: Deps) -> None:
    first = await register(deps)
    second = await sign_in(deps, "abcd1234")
    account_id = first.session.subject
    me = Actor("candidate", account_id, session=second.session.id)
    await accounts.change_password(me, "ABCD1234", "efgh5678", deps=deps, now=NOW)
    assert await refused(sessions.resolve(first.token, deps=deps, now=NOW)) == "session.expired"
    assert (await sessions.resolve(second.token, deps=deps, now=NOW)).subject == account_id
    assert await refused(sign_in(deps, "abcd1234")) == "login.refused"


async def test_a_hash_of_weaker_parameters_is_replaced_at_the_next_login_and_the_policy_stays(deps: Deps) -> None:
    opened = await register(deps)
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("abcd1234")
    async with deps.accounts.edit(opened.session.subject) as work:
        work.state.password_hash = weak
    assert await refused(sign_in(deps, "wrong111")) == "login.refused"
    assert (await deps.accounts.get(opened.session.subject)).password_hash == weak
    await sign_in(deps, "ABCD1234", proof=await solved(deps))
    upgraded = await deps.accounts.get(opened.session.subject)
    assert "m=19456,t=2" in upgraded.password_hash
    assert upgraded.policy == "legacy_8_alnum"
    await sign_in(deps, "abcd1234", proof=await solved(deps))
    assert (await deps.accounts.get(opened.session.subject)).password_hash == upgraded.password_hash


async def test_a_password_under_another_policy_still_signs_in_and_a_new_one_is_under_the_programmes(deps: Deps) -> None:
    account_id = (await register(deps)).session.subject
    async with deps.accounts.edit(account_id) as work:
        work.state.password_hash, work.state.policy = await deps.hasher.hash("Regen-wetter"), "modern"
    assert await refused(sign_in(deps, "regen-wetter")) == "login.refused"
    assert await sign_in(deps, "Regen-wetter", proof=await solved(deps))
    await accounts.change_password(Actor("candidate", account_id), "Regen-wetter", "ABCD9876", deps=deps, now=NOW)
    assert (await deps.accounts.get(account_id)).policy == "legacy_8_alnum"
    assert await sign_in(deps, "abcd9876", proof=await solved(deps))


async def test_a_wrong_old_password_changes_nothing(deps: Deps) -> None:
    opened = await register(deps)
    me = Actor("candidate", opened.session.subject)
    change = accounts.change_password(me, "nope1234", "efgh5678", deps=deps, now=NOW)
    assert await refused(change) == "password.old_wrong"
    assert await sign_in(deps, "abcd1234")


def _session(deps: Deps, **changes: object) -> Session:
    values = {
        "id": "s",
        "subject": "p",
        "kind": "candidate",
        "programme": "",
        "csrf": "c",
        "created_at": NOW,
        "last_seen": NOW,
        "idle_s": 900,
        "ends_at": NOW + timedelta(hours=12),
    }
    return Session(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("after", "live"), [(timedelta(minutes=14), True), (timedelta(minutes=15), False)])
def test_idle_sessions_end(deps: Deps, after: timedelta, live: bool) -> None:
    session = _session(deps)
    if live:
        session.check(NOW + after)
        assert session.idle_left_s(NOW + after) == 60
    else:
        with pytest.raises(DomainError):
            session.check(NOW + after)


async def test_use_keeps_a_session_alive_until_its_absolute_end(deps: Deps) -> None:
    opened = await register(deps)
    now, end = NOW, opened.session.ends_at
    while now + timedelta(minutes=10) < end:
        now += timedelta(minutes=10)
        await sessions.resolve(opened.token, deps=deps, now=now)
    assert await refused(sessions.resolve(opened.token, deps=deps, now=end)) == "session.expired"


async def test_staff_names_are_unique_and_staff_carry_roles_and_scope(deps: Deps) -> None:
    scope = {"schools": ["140105001"]}
    await staff.add_staff("wang", "王老师", "correct horse", ["reviewer"], scope, MAKER, deps=deps, now=NOW)
    again = staff.add_staff("WANG", "别人", "correct horse", ["admin"], {}, MAKER, deps=deps, now=NOW)
    assert await refused(again) == "account.login_taken"
    opened = await login(Name("", "wang"), "correct horse", Proof(), HOME, deps=deps, now=NOW)
    assert (opened.session.roles, opened.session.scope) == (["reviewer"], scope)


async def test_what_has_expired_is_forgotten(deps: Deps) -> None:
    opened = await register(deps)
    await captchas.new_captcha(deps=deps, now=NOW)
    assert await sweeps.forget_expired(deps=deps, clock=lambda: NOW + timedelta(minutes=10)) >= 1
    assert await sessions.resolve(opened.token, deps=deps, now=NOW)
    await sweeps.forget_expired(deps=deps, clock=lambda: opened.session.ends_at + timedelta(seconds=1))
    assert await deps.sessions.store.count("sessions", {}) == 0


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"id_number": "110101200803070049"}, "/id_number"), ({"phone": "12345"}, "/phone")],
)
async def test_a_number_that_cannot_be_is_refused_by_its_field(
    deps: Deps, changed: dict[str, str], pointer: str
) -> None:
    with pytest.raises(DomainError) as caught:
        await register(deps, replace(LI, **changed))
    assert [error.pointer for error in caught.value.errors] == [pointer]
    assert await deps.accounts.store.count("accounts", {}) == 0
