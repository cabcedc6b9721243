"""Face resets as a person goes through them, and as somebody else tries to (000.24, security.md 4, 6 and 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from services.identity.domain import reset_tickets
from services.identity.domain.reset_tickets import ResetTicket
from services.identity.handlers import face_answers, faces, sessions
from services.identity.handlers.deps import Deps
from shared.errors import DomainError
from shared.events.vision import FaceDecision
from tests.services.identity.conftest import NOW
from tests.services.identity.face_support import NEW, NOBODY, Phone, at_photo, code_of, known, phone
from tests.services.identity.test_accounts import LI, number, refused, sign_in

__all__ = ["phone"]


async def wrong_fields(step: Awaitable[ResetTicket]) -> dict[str, str]:
    """The fields that a refusal names, and why."""
    with pytest.raises(DomainError) as caught:
        await step
    return {error.pointer: error.code for error in caught.value.errors}


async def test_a_match_and_the_bound_wechat_set_a_new_password_and_end_every_session(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    before = await sign_in(deps, LI.password)
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).state == "proved"
    assert (await phone.finish()).state == "done"
    assert await refused(sessions.resolve(before.token, deps=deps, now=NOW)) == "session.expired"
    assert (await sign_in(deps, NEW)).session.kind == "candidate"
    assert await refused(phone.finish()) == "face_reset.expired"


async def test_another_wechat_has_to_prove_the_phone_first(deps: Deps, phone: Phone) -> None:
    await known(deps, openid="o-somebody-else")
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).state == "verified"
    assert await refused(phone.finish()) == "face_reset.not_this_step"


@pytest.mark.parametrize("decision", ["review", "mismatch"])
async def test_what_is_not_a_plain_match_never_resets(decision: FaceDecision, deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    seen = await phone.answered(decision)
    assert (seen.state, seen.reasons) == ("named", [reset_tickets.NOT_MATCHED])
    assert await refused(phone.finish()) == "face_reset.not_this_step"


@pytest.mark.parametrize("decision", ["match", "review", "mismatch"])
async def test_a_number_nobody_has_and_an_account_without_a_portrait_go_the_same_way(
    decision: FaceDecision, deps: Deps, phone: Phone
) -> None:
    await known(deps, portrait="", openid=phone.openid)
    ways = []
    for login in (LI.id_number, NOBODY):
        named = await at_photo(phone, login)
        asked = await phone.photo()
        seen = await phone.answered(decision)
        ways.append((named.state, asked.state, seen.state, seen.reasons))
    assert ways[0] == ways[1]
    assert ways[0][2:] == ("named", [reset_tickets.NOT_MATCHED])


async def test_five_tries_a_day_counted_for_the_number_whoever_holds_the_phone_and_however_fast(
    deps: Deps, phone: Phone
) -> None:
    await known(deps)
    for login in (LI.id_number, NOBODY):
        for _ in range(reset_tickets.TRIES):
            await at_photo(phone, login)
            await phone.photo()
            await phone.answered("mismatch")
        await at_photo(phone, login)
        assert await refused(phone.photo()) == "face_reset.tries_used"
    phone.now = NOW + timedelta(hours=24)
    await at_photo(phone)
    assert (await phone.photo()).state == "checking"


async def test_tries_that_come_at_once_count_each(deps: Deps, phone: Phone) -> None:
    await known(deps)
    phones = [Phone(phone.desk, phone.browser, phone.address, session=f"phone-{n}") for n in range(8)]
    for each in phones:
        await at_photo(each)

    async def take(each: Phone) -> str:
        for _ in range(20):
            try:
                return (await each.photo()).state
            except DomainError as error:
                if error.code != "store.conflict":
                    return error.code
        return "store.conflict"

    ends = await asyncio.gather(*map(take, phones))
    assert sorted(ends) == ["checking"] * reset_tickets.TRIES + ["face_reset.tries_used"] * 3


async def test_a_photo_that_cannot_be_compared_costs_no_try(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    for _ in range(reset_tickets.TRIES + 1):
        await phone.photo()
        assert (await phone.answered("unusable", "vision.portrait.blurred")).reasons == ["vision.portrait.blurred"]
    assert (await phone.photo()).state == "checking"


async def test_a_second_phone_and_a_second_use_of_the_code_get_nothing(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    thief = Phone(phone.desk, phone.browser, phone.address, session="phone-2", openid="o-thief")
    assert await refused(thief.scan(phone.ticket)) == "face_reset.opened_elsewhere"
    thief.ticket = phone.ticket
    for attempt in (thief.name(), thief.photo(), thief.finish()):
        assert await refused(attempt) == "ticket.not_found"
    await phone.photo()
    await phone.answered("match")
    assert await refused(thief.finish()) == "ticket.not_found"
    await phone.finish()
    assert await refused(phone.scan(phone.ticket)) == "face_reset.expired"


async def test_an_answer_of_wechat_for_another_session_or_ticket_is_refused(phone: Phone) -> None:
    one, other = await code_of(phone), await code_of(phone)
    state = phone.desk.deps.vault.blind("wechat_state", f"{one}|phone-1")
    for ticket, session, given in ((one, "phone-2", state), (other, "phone-1", state), (one, "phone-1", "")):
        opening = faces.open_ticket(ticket, session, "code", given, desk=phone.desk, now=NOW)
        assert await refused(opening) == "wechat.code_refused"


async def test_the_number_cannot_be_swapped_after_the_photo(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    assert await refused(phone.name(NOBODY)) == "face_reset.not_this_step"
    await phone.answered("match")
    assert await refused(phone.name(NOBODY)) == "face_reset.not_this_step"


async def test_a_portrait_taken_back_meanwhile_proves_nothing_any_more(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    async with deps.accounts.edit(account_id) as work:
        work.state.portrait_key = ""
    assert await refused(phone.finish()) == "face_reset.expired"
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).reasons == [reset_tickets.NOT_MATCHED]


async def test_below_the_programmes_age_a_guardian_agrees_whoever_the_number_belongs_to(phone: Phone) -> None:
    child = number("11010120160101001")
    await phone.scan(await code_of(phone))
    assert await wrong_fields(phone.name(child)) == {"/guardian": "face_reset.guardian_missing"}
    named = await phone.name(child, guardian=True)
    assert named.target
    assert named.target.minor
    unwilling = faces.name(phone.ticket, phone.session, child, False, True, desk=phone.desk, now=NOW)
    assert await wrong_fields(unwilling) == {"/consent": "face_reset.consent_missing"}
    assert await wrong_fields(phone.name("1")) == {"/login": "id_number.length"}


async def test_a_password_against_the_rules_changes_nothing_and_the_ticket_stays(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    assert await refused(phone.finish("short1")) == "password.exactly_8"
    assert (await sign_in(deps, LI.password)).session.kind == "candidate"
    assert (await phone.finish(bind=True)).state == "done"


async def test_a_check_nobody_answers_is_asked_again_and_then_costs_no_try(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    await phone.photo()
    for turn in (1, 2):
        phone.now = NOW + turn * reset_tickets.CHECK_WITHIN + timedelta(seconds=turn)
        assert await face_answers.sweep(desk=phone.desk, clock=lambda: phone.now) == 1
    seen = await faces.look(phone.ticket, phone.session, desk=phone.desk)
    assert (seen.state, seen.reasons) == ("named", [reset_tickets.NO_ANSWER])
    key = seen.target.key if seen.target else ""
    assert (await phone.desk.tries.get(key)).at == []
