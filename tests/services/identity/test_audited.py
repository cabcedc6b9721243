"""What the log has of attempts that failed and of sessions that were ended: each bounded by what bounds the attempt."""

from __future__ import annotations

import json

from services.identity.domain import totp
from services.identity.domain.reset_tickets import TRIES
from services.identity.handlers import second, sessions
from services.identity.handlers.deps import Deps
from shared.events.audit import ActionRecorded
from shared.events.vision import FaceDecision
from shared.tokens import Actor
from tests.services.identity.conftest import NOW
from tests.services.identity.face_support import NOBODY, Phone, at_photo, known, phone
from tests.services.identity.test_accounts import register, sign_in
from tests.services.identity.test_audit import networks, told
from tests.services.identity.test_second import CLIENT, STEP, actor, enrolled, refusal, signed_in

__all__ = ["phone"]


async def tickets_tell(phone: Phone) -> list[tuple[str, str, dict[str, str]]]:
    """What a face reset tells the log: action, account, what came of it."""
    document = await phone.desk.tickets.store.get("tickets", phone.ticket)
    assert document
    envelopes = [json.loads(each) for each in document["outbox"]]
    events = [json.loads(each["body"]) for each in envelopes if each["type"] == ActionRecorded.TYPE]
    return [(event["action"], event["subject"], event["after"]) for event in events]


async def test_a_wrong_second_factor_is_told_with_its_network_and_no_more_often_than_it_may_be_tried(
    deps: Deps,
) -> None:
    secret, _ = await enrolled(deps)
    later = NOW + 2 * STEP
    half = actor(await signed_in(deps, later))
    who = Actor("staff", half.id, session=half.session, source="192.0.2.0/24")
    wrong = f"{(int(totp.code_at(secret, totp.step_at(later))) + 1) % 10**6:06}"
    codes = [await refusal(second.prove(who, wrong, CLIENT, deps=deps, now=later)) for _ in range(8)]
    actions = [action for action, _ in await told(deps, who.id)]
    assert actions.count("second_factor_refused") == codes.count("totp.wrong") == 5
    assert (await networks(deps, who.id))[-1] == "192.0.2.0/24"


async def test_a_face_that_is_not_the_owners_is_told_of_an_account_that_there_is(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps)
    await at_photo(phone)
    decisions: tuple[FaceDecision, ...] = ("mismatch", "review", "unusable", "match")
    for decision in decisions:
        await phone.photo()
        await phone.answered(decision)
    refused = [("face_check_refused", account_id, {"decision": each}) for each in ("mismatch", "review")]
    assert await tickets_tell(phone) == refused
    await at_photo(phone, NOBODY)
    for _ in range(TRIES):
        await phone.photo()
        await phone.answered("mismatch")
    assert await tickets_tell(phone) == []


async def test_sessions_that_their_owner_ends_are_told_once(deps: Deps) -> None:
    await register(deps)
    there, here = await sign_in(deps, "abcd1234"), await sign_in(deps, "abcd1234")
    who = Actor("candidate", here.session.subject, session=here.session.id, source="192.0.2.0/24")
    await sessions.end_session_of(who, there.session.id, deps=deps, now=NOW)
    for _ in range(2):
        await sessions.end_others(who, deps=deps, now=NOW)
    ended = [after for action, after in await told(deps, who.id) if action == "sessions_ended"]
    assert ended == [{"sessions": "1"}, {"sessions": "1"}], "the one named, the one of registering, and then none"
    assert [one.id for one in await sessions.sessions_of(who.id, deps=deps, now=NOW)] == [here.session.id]
