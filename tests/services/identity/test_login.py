"""What programmes ask for at the login: captcha always, the half-hour lock, the school's lock, issued numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.identity.domain.devices import device_of
from services.identity.handlers import sessions
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps, login_key
from services.identity.handlers.login import Name, admit, login
from services.identity.handlers.sessions import Client
from tests.services.identity.conftest import NOW, PROGRAMME, solved
from tests.services.identity.test_accounts import LI, refused, register
from tests.services.identity.test_attempts import UNKNOWN, attempt

HOME = Client("192.0.2.77", "Mozilla/5.0 (Windows NT 10.0) Chrome/109.0 Safari/537.36")


def under(deps: Deps, **rules: object) -> Deps:
    """The same with other account rules of the programme."""
    programme = deps.programmes[PROGRAMME]
    account = programme.account.model_copy(update=rules)
    return replace(deps, programmes={PROGRAMME: programme.model_copy(update={"account": account})})


async def test_a_programme_may_ask_for_a_captcha_always(deps: Deps) -> None:
    await register(deps)
    always = under(deps, captcha="always")
    for name in (LI.id_number, UNKNOWN):
        assert await attempt(always, name, "abcd1234", "10.0.0.1", proved=False) == "captcha.required"
    assert await attempt(always, LI.id_number, "abcd1234", "10.0.0.1") == ""


@pytest.mark.parametrize("name", [LI.id_number, UNKNOWN])
async def test_the_half_hour_lock_has_its_own_words_and_ends_by_itself(deps: Deps, name: str) -> None:
    await register(deps)
    strict = under(deps, lockout="thirty_minutes")
    told = [await attempt(strict, name, "wrong111", f"10.0.0.{at}") for at in range(6)]
    assert told == ["login.refused"] * 5 + ["login.locked_half_hour"]
    later = NOW + timedelta(minutes=30)
    right = await attempt(strict, name, "abcd1234", "10.0.0.1", later)
    assert right == ("" if name == LI.id_number else "login.refused")


async def test_at_one_machine_the_sixth_try_and_every_slip_after_the_half_hour_are_told_as_the_manual_does(
    deps: Deps,
) -> None:
    await register(deps)
    strict = under(deps, lockout="thirty_minutes")
    at = [NOW + timedelta(seconds=4 * each) for each in range(6)]
    told = [await attempt(strict, LI.id_number, "wrong111", "10.0.0.1", when) for when in at]
    assert told == ["login.refused"] * 5 + ["login.locked_half_hour"]
    later = [at[4] + timedelta(minutes=30, seconds=4 * each) for each in range(6)]
    told = [await attempt(strict, LI.id_number, "wrong111", "10.0.0.1", when) for when in later]
    assert told == ["login.refused"] * 5 + ["login.locked_half_hour"]
    again = later[4] + timedelta(minutes=30)
    assert await attempt(strict, LI.id_number, "abcd1234", "10.0.0.1", again) == ""


async def test_another_proof_ends_the_half_hour_lock(deps: Deps) -> None:
    account_id = (await register(deps)).session.subject
    strict = under(deps, lockout="thirty_minutes")
    for at in range(6):
        await attempt(strict, LI.id_number, "wrong111", f"10.0.0.{at}")
    key = login_key(strict, PROGRAMME, LI.id_number)
    assert await admit(await deps.accounts.get(account_id), key, HOME, deps=strict, now=NOW)
    assert await attempt(strict, LI.id_number, "abcd1234", "10.0.0.9") == ""


async def test_the_schools_lock_is_told_to_its_owner_only(deps: Deps) -> None:
    account_id = (await register(deps)).session.subject
    async with deps.accounts.edit(account_id) as work:
        work.state.lock = "school"
    assert await attempt(deps, LI.id_number, "wrong111", "10.0.0.1") == "login.refused"
    assert await attempt(deps, LI.id_number, "abcd1234", "10.0.0.1") == "login.locked_by_school"


async def test_an_issued_number_signs_in_however_it_is_typed(deps: Deps) -> None:
    account_id = (await register(deps)).session.subject
    await deps.accounts.store.claim(login_key(deps, PROGRAMME, "21140100X7"), account_id)
    for name in ("21140100X7", "21140100x7", " 2114 0100 x7 ", "２１１４０１００Ｘ７"):
        assert await attempt(deps, name, "abcd1234", "10.0.0.1") == ""


async def test_sessions_last_as_long_as_the_programme_says(deps: Deps) -> None:
    await register(deps)
    short = under(deps, idle_minutes=15, absolute_hours=1)
    opened = await login(Name(PROGRAMME, LI.id_number), "abcd1234", Proof(), HOME, deps=short, now=NOW)
    assert await sessions.resolve(opened.token, deps=short, now=NOW + timedelta(minutes=14))
    for minutes in (28, 42, 56):
        await sessions.resolve(opened.token, deps=short, now=NOW + timedelta(minutes=minutes))
    at_end = NOW + timedelta(minutes=60)
    assert await refused(sessions.resolve(opened.token, deps=short, now=at_end)) == "session.expired"
    again = await login(Name(PROGRAMME, LI.id_number), "abcd1234", Proof(), HOME, deps=short, now=NOW)
    late = NOW + timedelta(minutes=15)
    assert await refused(sessions.resolve(again.token, deps=short, now=late)) == "session.expired"


async def test_a_session_says_what_its_owner_knows_it_by_and_no_more(deps: Deps) -> None:
    await register(deps)
    proof = await solved(deps)
    opened = await login(Name(PROGRAMME, LI.id_number), "abcd1234", proof, HOME, deps=deps, now=NOW)
    assert (opened.session.device, opened.session.place) == ("Chrome · Windows", "192.0.2.0/24")


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/99 Mobile MicroMessenger/8.0.3", "WeChat · Android"),
        ("Mozilla/5.0 (Windows NT 6.1) Chrome/86.0 Safari/537.36 QIHU 360SE", "360 · Windows"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_by_family(agent: str, device: str) -> None:
    assert device_of(agent) == device
