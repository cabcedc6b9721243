"""The identity check: nothing that differs is accepted silently, nobody is refused by a machine, nobody is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.domain import drafting, identity, reviewing, settling, submission
from services.registration.domain.application import Application, Outcome, Read
from shared.errors import DomainError
from shared.events.registration import IdentityCheckRequested, IdentityDecided, UrgentIdentityCheckRequested
from tests.services.registration.examples import (
    CARD,
    FACTS,
    NOW,
    PROGRAMME,
    STAFF,
    at_form,
    checked,
    completed,
    filled,
    picture,
    submitted,
    with_pictures,
)
from tests.shared.programme.examples import number, pupil

DEADLINE = timedelta(seconds=PROGRAMME.identity_check.deadline_seconds)


def status(application: Application) -> str:
    return identity.status(application, PROGRAMME)


def attach(application: Application, kind: str, key: str) -> list[IdentityCheckRequested]:
    drafting.attach(application, PROGRAMME, kind, picture(key), NOW)
    events = identity.request(application, PROGRAMME, f"check-{len(application.checks)}", NOW)
    return [event for event in events if isinstance(event, IdentityCheckRequested)]


def test_a_card_alone_is_read_and_a_portrait_alone_waits_for_its_card() -> None:
    application = at_form()
    assert attach(application, "portrait", "b") == []
    (asked,) = attach(application, "id_card", "a")
    assert (asked.card_key, asked.portrait_key) == ("a" * 64, "b" * 64)
    card_first = at_form()
    (asked,) = attach(card_first, "id_card", "a")
    assert (asked.card_key, asked.portrait_key) == ("a" * 64, None)
    assert status(card_first) == "requested"


def test_the_same_pictures_are_not_looked_at_twice() -> None:
    application = with_pictures(at_form())
    assert attach(application, "portrait", "b") == []
    assert len(attach(application, "portrait", "c")) == 1


def test_the_card_fills_what_is_empty_and_leaves_what_was_typed() -> None:
    application = at_form()
    drafting.set_fields(application, PROGRAMME, {"name": "王晓明"}, NOW)
    checked(with_pictures(application))
    assert application.values["name"] == "王晓明"
    assert application.values["id_number"] == number()
    assert application.values["gender"] == "female"


def test_what_was_read_with_doubt_is_typed_by_the_candidate_whose_word_then_confirms_it() -> None:
    doubted = CARD | {"name": Read("王小明", 0.6, doubtful=True)}
    application = checked(with_pictures(at_form(), portrait="c"), card=doubted)
    assert application.values["name"] == ""
    assert application.values["id_number"] == number()
    assert status(application) == "matched"
    drafting.set_fields(application, PROGRAMME, {"name": "王小朋"}, NOW)
    assert status(application) == "needs_review"
    drafting.set_fields(application, PROGRAMME, {"name": "王小明"}, NOW)
    assert status(application) == "matched"


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (CARD | {"id_number": Read(number(13), 0.99)}, "identity.id_number_differs"),
        (CARD | {"name": Read("王大明", 0.99)}, "identity.name_differs"),
        (CARD | {"name": Read(None)}, "identity.name_unread"),
        (CARD | {"gender": Read("男", 0.9)}, "identity.gender_differs"),
    ],
)
def test_a_match_whose_data_differ_goes_to_a_person_with_the_reason(card: dict[str, Read], reason: str) -> None:
    application = checked(with_pictures(filled(), portrait="c"), card=card)
    assert status(application) == "needs_review"
    assert reason in identity.reasons(application, PROGRAMME)
    submission.register(application, PROGRAMME, FACTS, NOW)
    assert application.state == "draft"


def test_ways_of_writing_are_no_difference() -> None:
    card = CARD | {"name": Read("王 小明"), "id_number": Read(number().lower())}
    assert status(checked(with_pictures(filled(), portrait="c"), card=card)) == "matched"


def test_a_name_typed_after_the_match_is_compared_again() -> None:
    application = filled()
    assert status(application) == "matched"
    drafting.set_fields(application, PROGRAMME, {"name": "王大明"}, NOW)
    assert status(application) == "needs_review"
    drafting.set_fields(application, PROGRAMME, {"name": "王小明"}, NOW)
    assert status(application) == "matched"


def test_pictures_that_were_read_but_not_compared_go_to_a_person() -> None:
    assert status(checked(with_pictures(at_form()), "read")) == "needs_review"


def test_what_staff_decided_does_not_hold_for_other_data() -> None:
    application = checked(with_pictures(submitted(), portrait="c"), "needs_review")
    (event,) = settling.decide(application, "confirmed", "staff-1", "", NOW)
    assert isinstance(event, IdentityDecided) and event.decision == "confirmed"
    drafting.set_fields(application, PROGRAMME, {"phone": "15111111112"}, NOW)
    assert status(application) == "confirmed"
    drafting.set_fields(application, PROGRAMME, {"name": "王大明"}, NOW)
    assert status(application) == "needs_review"
    assert "identity.changed_after_decision" in identity.reasons(application, PROGRAMME)


def test_staff_cannot_decide_before_there_is_an_answer() -> None:
    with pytest.raises(DomainError, match=r"identity\.not_answered"):
        settling.decide(with_pictures(at_form()), "confirmed", "staff-1", "", NOW)


def test_an_unreadable_picture_stops_the_form_until_it_is_retaken_or_left_to_a_person() -> None:
    application = checked(with_pictures(filled(), portrait="c"), "unreadable")
    assert [error.code for error in submission.problems(application, PROGRAMME, FACTS)] == ["identity.retake"]
    with pytest.raises(DomainError, match=r"identity\.person_not_offered"):
        identity.ask_person(application, PROGRAMME, NOW)
    checked(with_pictures(application, portrait="d"), "unreadable")
    assert identity.may_ask_person(application, PROGRAMME)
    identity.ask_person(application, PROGRAMME, NOW)
    assert status(application) == "needs_review"
    assert submission.problems(application, PROGRAMME, FACTS) == []


def test_pictures_refused_by_staff_have_to_be_replaced() -> None:
    application = checked(with_pictures(filled(), portrait="c"), "needs_review")
    settling.decide(application, "refused", "staff-1", "另一个人", NOW)
    assert [error.code for error in submission.problems(application, PROGRAMME, FACTS)] == ["identity.refused"]


@pytest.mark.parametrize("outcome", ["matched", "needs_review"])
def test_neither_a_running_check_nor_one_for_a_person_blocks_the_way(outcome: Outcome) -> None:
    application = with_pictures(filled(), portrait="c")
    for each in (application, checked(application, outcome)):
        assert submission.problems(each, PROGRAMME, FACTS) == []


def test_attempts_are_limited_and_then_a_person_looks() -> None:
    application = at_form()
    attach(application, "id_card", "a")
    keys = "bcdefghijklmnopq"
    asked = [attach(application, "portrait", key) for key in keys]
    assert sum(len(each) for each in asked) == PROGRAMME.identity_check.attempts - 1
    assert status(application) == "needs_review"
    assert identity.reasons(application, PROGRAMME) == ["identity.attempts_used"]
    drafting.attach(application, PROGRAMME, "portrait", picture("z"), NOW)
    tomorrow = NOW + timedelta(hours=PROGRAMME.identity_check.attempts_hours)
    assert len(identity.request(application, PROGRAMME, "next day", tomorrow)) == 1


def test_a_check_without_answer_is_asked_once_more_and_then_goes_to_a_person() -> None:
    application = with_pictures(at_form())
    assert application.check
    assert identity.expire(application, PROGRAMME, NOW) == []
    (again,) = identity.expire(application, PROGRAMME, NOW + DEADLINE)
    assert isinstance(again, IdentityCheckRequested) and again.subject == application.check.id
    assert status(application) == "requested"
    assert identity.expire(application, PROGRAMME, NOW + DEADLINE) == []
    assert identity.expire(application, PROGRAMME, NOW + 2 * DEADLINE) == []
    assert status(application) == "needs_review"
    assert identity.reasons(application, PROGRAMME) == [identity.TIMEOUT]
    checked(application)
    assert status(application) == "matched"


def test_a_second_answer_changes_nothing_and_one_to_an_older_check_does_not_count() -> None:
    application = with_pictures(at_form())
    older = completed(application, "matched")
    with_pictures(application, portrait="c")
    identity.complete(application, PROGRAMME, older, CARD, NOW)
    assert status(application) == "requested"
    assert application.values["name"] == "王小明"
    checked(application, "unreadable")
    checked(application, "matched")
    assert status(application) == "unreadable"


def test_the_reading_of_a_card_that_was_replaced_fills_nothing() -> None:
    application = with_pictures(at_form())
    older = completed(application, "matched")
    with_pictures(application, card="z")
    identity.complete(application, PROGRAMME, older, CARD, NOW)
    assert application.values.get("name", "") == ""


@given(
    st.lists(st.sampled_from(["card", "portrait", "matched", "unreadable", "needs_review", "wait", "person"])),
)
def test_whatever_happens_the_candidate_can_go_on_or_is_told_to_retake(steps: list[str]) -> None:
    """Never a state in which only waiting without end is left, and never a refusal that no person made."""
    application = at_form()
    drafting.set_fields(application, PROGRAMME, pupil(), NOW)
    now = NOW
    for place, step in enumerate(steps):
        if step in ("card", "portrait"):
            kind = "id_card" if step == "card" else "portrait"
            drafting.attach(application, PROGRAMME, kind, picture("abcdef"[place % 6]), now)
            identity.request(application, PROGRAMME, str(place), now)
        elif step == "wait":
            now += DEADLINE
            identity.expire(application, PROGRAMME, now)
        elif step == "person":
            if identity.may_ask_person(application, PROGRAMME):
                identity.ask_person(application, PROGRAMME, now)
        elif application.check:
            outcomes: dict[str, Outcome] = {
                "matched": "matched",
                "unreadable": "unreadable",
                "needs_review": "needs_review",
            }
            checked(application, outcomes[step])
    codes = {error.code for error in submission.problems(application, PROGRAMME, FACTS)}
    assert codes <= {"material.missing", "identity.retake"}
    assert status(application) != "refused"
    for _ in range(2):
        now += DEADLINE
        identity.expire(application, PROGRAMME, now)
    assert status(application) != "requested"


def test_staff_who_wait_have_the_same_pictures_looked_at_in_the_urgent_lane() -> None:
    application = submitted()
    before = application.check
    assert before
    (asked,) = reviewing.ask_identity_again(application, PROGRAMME, STAFF, "again", NOW)
    assert isinstance(asked, UrgentIdentityCheckRequested)
    assert (asked.subject, asked.card_key, asked.portrait_key) == ("again", before.card_key, before.portrait_key)
    assert status(application) == "requested"
    with pytest.raises(DomainError, match=r"identity\.nothing_to_ask"):
        reviewing.ask_identity_again(application, PROGRAMME, STAFF, "and again", NOW)
