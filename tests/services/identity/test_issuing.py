"""Accounts that an office opens: the table, the codes, and what a code is good for (001.1, 003.1-2, ST.1)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import issuing as domain
from services.identity.domain.account import Account
from services.identity.handlers import desk, issuing, login
from services.identity.handlers.deps import Deps
from services.identity.handlers.issuing import Slip
from services.identity.handlers.login import Name
from services.identity.handlers.office import Office
from services.identity.handlers.sessions import Client, resolve
from shared.errors import DomainError
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, solved
from tests.services.identity.office_support import (
    ADMIN,
    FIRST_NUMBER,
    OTHER,
    PUPIL,
    SECOND_NUMBER,
    STRANGER,
    TEACHER,
    entered,
    issued,
    office_of,
    table,
)

SELECTION = "selection-2021"


@pytest.fixture
def office(deps: Deps) -> Office:
    return office_of(deps)


async def account(office: Office, number: str = FIRST_NUMBER) -> Account:
    (found,) = await desk.find(number, ADMIN, office=office)
    return found


@given(st.integers(min_value=0))
def test_codes_are_read_without_doubt_and_differ(_seed: int) -> None:
    first, second = domain.new_code(), domain.new_code()
    assert first != second
    assert not set(first) & set("01OI")
    assert [len(part) for part in first.split("-")] == [4, 4, 4]


@given(st.text(alphabet=domain.ALPHABET, min_size=12, max_size=12), st.sampled_from(["", " ", "-", " - "]))
def test_a_code_fits_however_it_is_typed(code: str, between: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    typed = between.join((code[:4].lower(), code[4:8], code[8:]))
    assert domain.plain(typed) == domain.plain(wide) == code


async def test_a_dry_run_writes_nothing_and_a_run_tells_each_code_once(office: Office) -> None:
    report, slips = await issuing.issue(table(PUPIL), "quality-evaluation", ADMIN, dry_run=True, office=office, now=NOW)
    assert (report.ok, slips, await desk.find(FIRST_NUMBER, ADMIN, office=office)) == (1, [], [])
    slip = await issued(office)
    made = await account(office)
    assert (made.lock, made.todo) == ("school", ["roll", "password", "phone"])
    raw = str(await office.deps.accounts.store.get("accounts", made.id))
    assert slip.code not in raw and domain.plain(slip.code) not in raw and FIRST_NUMBER not in raw


async def test_what_is_wrong_is_told_by_row_and_comes_back_as_a_file(office: Office) -> None:
    await issued(office)
    people = (PUPIL, ("", SECOND_NUMBER), ("王明", "123"), ("李兰", SECOND_NUMBER), ("李兰", SECOND_NUMBER))
    report, slips = await issuing.issue(
        table(*people), "quality-evaluation", ADMIN, dry_run=False, office=office, now=NOW
    )
    assert [(error.row, error.column) for error in report.errors] == [
        (2, "身份证号"), (3, "姓名"), (4, "身份证号"), (6, "身份证号")
    ]  # fmt: skip
    assert [slip.name for slip in slips] == ["李兰"]
    assert report.failed_csv.count("\r\n") == 5


async def test_a_school_issues_for_itself_alone(office: Office) -> None:
    for actor, content in ((STRANGER, table(PUPIL)), (ADMIN, table(PUPIL, school="999"))):
        report, slips = await issuing.issue(content, "quality-evaluation", actor, dry_run=False, office=office, now=NOW)
        assert ([error.column for error in report.errors], slips) == (["学校代码"], [])
    with pytest.raises(DomainError, match=r"issue\.not_by_office"):
        await issuing.issue(table(PUPIL), "qualification-2024", ADMIN, dry_run=True, office=office, now=NOW)


async def test_a_number_is_drawn_by_the_rule_or_taken_from_the_table(office: Office) -> None:
    slip = await issued(office, SELECTION)
    assert slip.login.startswith("2114") and len(slip.login) == 12 and slip.login.isdigit()
    content = f"姓名,身份证号,学校代码,考生号\n李兰,{SECOND_NUMBER},{OTHER},ZS202100017\n".encode()
    assert (await issued(office, SELECTION, content)).login == "ZS202100017"
    assert (await entered(office, slip, SELECTION)).session.todo == ["password"]


async def test_a_locked_pupil_is_told_so_only_with_the_right_code(office: Office) -> None:
    slip = await issued(office)
    with pytest.raises(DomainError, match=r"login\.locked_by_school"):
        await entered(office, slip)
    with pytest.raises(DomainError, match=r"login\.refused"):
        await entered(office, slip, secret=domain.new_code())


async def test_a_code_expires_with_its_programme_and_another_takes_its_place(office: Office) -> None:
    slip = await issued(office, SELECTION)
    other = await desk.reset((await account(office, slip.login)).id, TEACHER, office=office, now=NOW)
    with pytest.raises(DomainError, match=r"login\.refused"):
        await entered(office, slip, SELECTION)
    assert (await entered(office, other, SELECTION)).session.todo == ["password"]
    late = NOW + timedelta(days=31)
    proof, name = await solved(office.deps, late), Name(SELECTION, slip.login)
    with pytest.raises(DomainError, match=r"activation\.expired"):
        await login.login(name, other.code, proof, Client("192.0.2.1"), deps=office.deps, now=late)


async def test_of_two_who_use_a_code_at_once_one_session_at_most_lives(office: Office) -> None:
    slip = await issued(office, SELECTION)
    opened = await asyncio.gather(*(entered(office, slip, SELECTION) for _ in range(3)), return_exceptions=True)
    alive = 0
    for one in opened:
        if not isinstance(one, BaseException):
            try:
                await resolve(one.token, deps=office.deps, now=NOW)
            except DomainError:
                continue
            alive += 1
    assert alive <= 1


async def test_guesses_at_codes_are_counted_like_passwords(office: Office) -> None:
    slip = await issued(office, SELECTION)
    seen = []
    for _ in range(8):
        with pytest.raises(DomainError) as refused:
            await entered(office, slip, SELECTION, domain.new_code())
        seen.append(refused.value.code)
    assert "login.locked_time" in seen


async def test_one_persons_code_opens_no_other_account(office: Office) -> None:
    slip = await issued(office, SELECTION)
    other = await issued(office, SELECTION, table(("李兰", SECOND_NUMBER)))
    with pytest.raises(DomainError, match=r"login\.refused"):
        await entered(office, other, SELECTION, slip.code)


async def test_the_legacy_first_password_is_for_programmes_that_ask_for_it(deps: Deps) -> None:
    pupils = deps.programmes["quality-evaluation"]
    weak = pupils.model_copy(update={"account": pupils.account.model_copy(update={"initial_password": "id_last_8"})})
    office = office_of(replace(deps, programmes={**deps.programmes, weak.id: weak}))
    slip = await issued(office)
    assert slip.code == ""
    await desk.set_lock((await account(office)).id, locked=False, actor=TEACHER, office=office, now=NOW)
    assert (await entered(office, slip, secret="xs" + FIRST_NUMBER[-8:])).session.todo[1] == "password"


async def again(office: Office, *people: tuple[str, str], actor: Actor = ADMIN) -> tuple[list[str], list[Slip]]:
    """What a table sent once more is answered, when codes were lost on the way."""
    report, slips = await issuing.issue(
        table(*people), "quality-evaluation", actor, dry_run=False, office=office, now=NOW, again=True
    )
    return [error.code for error in report.errors], slips


async def test_codes_that_were_lost_on_the_way_are_given_again(office: Office) -> None:
    lost = await issued(office)
    await desk.set_lock((await account(office)).id, locked=False, actor=TEACHER, office=office, now=NOW)
    errors, slips = await again(office, PUPIL, ("李兰", SECOND_NUMBER), PUPIL)
    assert (errors, [slip.name for slip in slips]) == (["account.id_number_taken"], ["胡思欣", "李兰"])
    with pytest.raises(DomainError, match=r"login\.refused"):
        await entered(office, lost)
    assert (await entered(office, slips[0])).session.todo[0] == "roll"


async def test_no_code_is_given_again_to_who_has_a_password_or_belongs_elsewhere(office: Office) -> None:
    await issued(office)
    assert await again(office, ("胡思心", FIRST_NUMBER)) == (["account.id_number_taken"], [])
    assert await again(office, PUPIL, actor=STRANGER) == (["issue.school_out_of_scope"], [])
    async with office.deps.accounts.edit((await account(office)).id) as work:
        work.state.activation, work.state.password_hash = None, "hash"
    assert await again(office, PUPIL) == (["account.id_number_taken"], [])
