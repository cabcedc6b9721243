"""Guesses are counted, each of them, and nobody keeps the owner out by guessing: security.md 3 and 4, 003.7."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.attempts import LOCKED_HALF_HOUR, LOGIN, PAIR, SOURCE, Attempts, Limits
from services.identity.handlers import attempts as counting
from services.identity.handlers import captchas, login
from services.identity.handlers.captchas import Proof
from services.identity.handlers.deps import Deps
from services.identity.handlers.login import Name
from services.identity.handlers.sessions import Client
from shared.errors import DomainError
from tests.services.identity.conftest import NOW, PROGRAMME, solved
from tests.services.identity.test_accounts import LI, number, refused, register

UNKNOWN = number("11010120080307008")
HOME = Client("192.0.2.1", "")
gaps = st.lists(st.integers(0, 7200), min_size=1, max_size=60)


def guesses(limits: Limits, pauses: Sequence[int], sources: Sequence[str]) -> list[tuple[datetime, str]]:
    """When a guesser who waits these seconds between tries gets one through, and from where."""
    mine, now, through = Attempts("x", NOW), NOW, []
    for at, pause in enumerate(pauses):
        now += timedelta(seconds=pause)
        try:
            mine.charge(sources[at % len(sources)], limits, now, proved=True)
        except DomainError:
            continue
        through.append((now, sources[at % len(sources)]))
    return through


def busiest(times: Sequence[datetime], span: timedelta) -> int:
    return max((sum(start <= at < start + span for at in times) for start in times), default=0)


@given(gaps)
def test_one_source_gets_five_guesses_and_then_few_however_it_spaces_them(pauses: list[int]) -> None:
    through = [at for at, _ in guesses(LOGIN, pauses, ["a"])]
    assert busiest(through, timedelta(seconds=30)) <= PAIR.wait
    assert busiest(through, timedelta(hours=1)) <= 14


@given(gaps, st.integers(1, 60))
def test_thirty_minutes_are_thirty_minutes_for_everybody(pauses: list[int], sources: int) -> None:
    through = [at for at, _ in guesses(LOCKED_HALF_HOUR, pauses, [str(each) for each in range(sources)])]
    assert busiest(through, timedelta(minutes=30)) <= 2 * LOCKED_HALF_HOUR.wait
    mine = Attempts("x", NOW)
    for at in range(5):
        mine.charge(str(at), LOCKED_HALF_HOUR, NOW, proved=True)
    with pytest.raises(DomainError, match="locked_half_hour"):
        mine.check("elsewhere", LOCKED_HALF_HOUR, NOW + timedelta(minutes=29, seconds=59))
    mine.charge("elsewhere", LOCKED_HALF_HOUR, NOW + timedelta(minutes=30), proved=False)


@given(gaps, st.integers(2, 60))
def test_many_sources_share_a_slow_cap(pauses: list[int], sources: int) -> None:
    through = [at for at, _ in guesses(LOGIN, pauses, [str(each) for each in range(sources)])]
    assert busiest(through, timedelta(minutes=5)) <= LOGIN.wait


@given(gaps, st.integers(1, 60))
def test_no_guesser_keeps_the_owner_waiting_where_the_owner_has_been(pauses: list[int], sources: int) -> None:
    mine, now = Attempts("x", NOW), NOW
    mine.succeed("home", NOW)
    for at, pause in enumerate(pauses):
        now += timedelta(seconds=pause)
        with suppress(DomainError):
            mine.charge(str(at % sources), LOGIN, now, proved=True)
    for at in range(2 * LOGIN.wait):
        with suppress(DomainError):
            mine.charge(f"crowd {at}", LOGIN, now, proved=True)
    with pytest.raises(DomainError, match=LOGIN.code):
        mine.check("elsewhere", LOGIN, now)
    failed = mine.total.level(LOGIN, now)
    mine.charge("home", LOGIN, now, proved=False)
    assert mine.total.level(LOGIN, now) == failed + 1


@given(gaps, st.integers(1, 60))
def test_nobody_waits_longer_than_half_an_hour(pauses: list[int], sources: int) -> None:
    for limits in (LOGIN, LOCKED_HALF_HOUR):
        mine, now = Attempts("x", NOW), NOW
        for at, pause in enumerate(pauses):
            now += timedelta(seconds=pause)
            try:
                mine.charge(str(at % sources), limits, now, proved=True)
            except DomainError as error:
                assert 0 < int(error.params["seconds"]) <= 1800
        mine.charge("0", limits, now + timedelta(minutes=30), proved=True)


def test_the_wait_of_a_source_doubles_up_to_thirty_minutes() -> None:
    mine, waits = Attempts("x", NOW), []
    for _ in range(14):
        mine.sources.setdefault("a", replace(mine.total)).fail(PAIR, NOW)
        ends = mine.sources["a"].wait_ends(PAIR)
        waits.append((ends - NOW).total_seconds() if ends else 0)
    assert waits[:8] == [0, 0, 0, 0, 30, 60, 120, 240]
    assert waits[-1] == 1800


def test_the_counts_kept_for_one_name_are_bounded() -> None:
    mine = Attempts("x", NOW)
    for at in range(500):
        mine.charge(str(at), LOGIN, NOW + timedelta(minutes=6 * at), proved=True)
        mine.succeed(str(at), NOW + timedelta(minutes=6 * at))
    assert len(mine.sources) <= 100
    assert len(mine.familiar) <= 100


async def attempt(
    deps: Deps, name: str, password: str, source: str, now: datetime = NOW, *, proved: bool = True
) -> str:
    """One try to sign in; the code of the refusal, empty if it went through."""
    proof = await solved(deps, now) if proved else Proof()
    try:
        await login.login(Name(PROGRAMME, name), password, proof, Client(source), deps=deps, now=now)
    except DomainError as error:
        return error.code
    return ""


async def test_unknown_names_are_counted_and_refused_like_known_ones(deps: Deps) -> None:
    await register(deps)
    told: dict[str, list[str]] = {}
    for name in (LI.id_number, UNKNOWN):
        told[name] = [await attempt(deps, name, "wrong111", f"10.0.{name[-1]}.1", proved=False)]
        told[name] += [await attempt(deps, name, "wrong111", f"10.0.{name[-1]}.1", proved=False)]
        told[name] += [await attempt(deps, name, "wrong111", f"10.0.{name[-1]}.1") for _ in range(6)]
        told[name] += [await attempt(deps, name, "wrong111", f"10.1.{name[-1]}.{at}") for at in range(30)]
    assert told[LI.id_number] == told[UNKNOWN]
    assert set(told[UNKNOWN]) == {"captcha.required", "login.refused", "login.locked_time"}


@pytest.mark.parametrize("name", [LI.id_number, UNKNOWN])
async def test_of_guesses_made_at_once_each_counts(deps: Deps, name: str) -> None:
    await register(deps)
    proofs = [await solved(deps) for _ in range(30)]
    tries = (refused(login.login(Name(PROGRAMME, name), "wrong111", each, HOME, deps=deps, now=NOW)) for each in proofs)
    told = await asyncio.gather(*tries)
    assert 1 <= told.count("login.refused") <= PAIR.wait
    assert set(told) <= {"login.refused", "login.locked_time", "login.busy", "captcha.required"}


async def test_guesses_at_one_number_from_everywhere_do_not_keep_its_owner_out(deps: Deps) -> None:
    await register(deps)
    assert await attempt(deps, LI.id_number, "abcd1234", HOME.source) == ""
    told = [await attempt(deps, LI.id_number, "wrong111", f"10.0.{at}.1") for at in range(60)]
    assert told.count("login.refused") == LOGIN.wait
    assert await attempt(deps, LI.id_number, "abcd1234", HOME.source, proved=False) == ""


async def test_a_school_behind_one_address_is_asked_for_captchas_late_and_for_minutes(deps: Deps) -> None:
    await register(deps)
    pupils = [number(f"1101012008{month:02}{day:02}100") for month in range(1, 3) for day in range(1, 11)]
    for pupil in pupils:
        assert await attempt(deps, pupil, "wrong111", "10.0.0.1", proved=False) == "login.refused"
    assert await attempt(deps, LI.id_number, "abcd1234", "10.0.0.1", proved=False) == "captcha.required"
    later = NOW + timedelta(minutes=10)
    assert await attempt(deps, LI.id_number, "abcd1234", "10.0.0.1", later, proved=False) == ""


async def test_one_address_cannot_try_many_numbers_for_long(deps: Deps) -> None:
    for _ in range(SOURCE.wait):
        await counting.blame_source("10.0.0.1", deps=deps, now=NOW)
    assert await attempt(deps, UNKNOWN, "wrong111", "10.0.0.1") == "login.source_busy"
    assert await attempt(deps, UNKNOWN, "wrong111", "10.0.0.2", proved=False) == "login.refused"


async def test_a_wrong_captcha_costs_no_guess_and_a_right_one_is_spent(deps: Deps) -> None:
    await register(deps)
    assert await attempt(deps, LI.id_number, "wrong111", HOME.source) == "login.refused"
    captcha_id, text = await captchas.new_captcha(deps=deps, now=NOW)
    wrong = Proof(captcha_id, "0000" if text != "0000" else "1111")
    for proof in (wrong, Proof(captcha_id, text)):
        tried = login.login(Name(PROGRAMME, LI.id_number), "abcd1234", proof, HOME, deps=deps, now=NOW)
        assert await refused(tried) == "captcha.wrong"
    assert await attempt(deps, LI.id_number, "abcd1234", HOME.source) == ""
