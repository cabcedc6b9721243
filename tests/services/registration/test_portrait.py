"""Who is told of a verified portrait, when, and when it is taken back."""

from __future__ import annotations

from datetime import timedelta

from services.registration.domain import drafting, portrait, settling, submission
from services.registration.domain.application import Application
from shared.events.registration import PortraitVerified
from tests.services.registration.examples import (
    FACTS,
    LATER,
    NOW,
    PROGRAMME,
    checked,
    filled,
    registered,
    submitted,
    with_pictures,
)
from tests.services.registration.support import Running, candidate


def told(application: Application) -> list[str | None]:
    events = portrait.news(application, PROGRAMME)
    return [event.portrait_key for event in events if isinstance(event, PortraitVerified)]


def test_a_matched_portrait_is_told_once_and_only_of_somebody_registered() -> None:
    application = filled()
    assert told(application) == []
    submission.register(application, PROGRAMME, FACTS, NOW)
    assert told(application) == ["b" * 64]
    assert told(application) == []


def test_what_the_machine_did_not_match_is_told_when_staff_confirm_it() -> None:
    application = checked(with_pictures(registered(), portrait="c"), "needs_review")
    application.portrait_told = ""
    assert told(application) == []
    settling.decide(application, "confirmed", "staff-1", "", NOW)
    assert told(application) == ["c" * 64]


def test_data_that_differ_from_the_card_hold_it_back_until_they_are_put_right() -> None:
    application = filled()
    submission.register(application, PROGRAMME, FACTS, NOW)
    drafting.set_fields(application, PROGRAMME, {"name": "王晓明"}, NOW)
    assert told(application) == []
    drafting.set_fields(application, PROGRAMME, {"name": "王小明"}, NOW)
    assert told(application) == ["b" * 64]


def test_another_picture_replaces_it_only_when_it_matches_too() -> None:
    application = registered()
    told(application)
    with_pictures(application, portrait="d")
    assert told(application) == []
    checked(application)
    assert told(application) == ["d" * 64]


def test_a_refusal_and_a_withdrawal_take_it_back() -> None:
    refused, given_up = submitted(), submitted()
    assert told(refused) == told(given_up) == ["b" * 64]
    settling.decide(refused, "refused", "staff-1", "", LATER)
    submission.withdraw(given_up, PROGRAMME, NOW + timedelta(minutes=1))
    assert told(refused) == told(given_up) == [None]


def test_a_refused_portrait_is_not_announced_when_the_name_is_put_right() -> None:
    application = submitted()
    drafting.set_fields(application, PROGRAMME, {"name": "王晓明"}, NOW)
    settling.decide(application, "refused", "staff-1", "", LATER)
    drafting.set_fields(application, PROGRAMME, {"name": "王小明"}, LATER)
    assert told(application) == []


async def test_the_news_leaves_with_the_write_that_makes_it_true(running: Running) -> None:
    person = candidate()
    path = await running.submitted(person)
    events = await running.told(path.rpartition("/")[2])
    verified = [event for event in events if event["type"] == PortraitVerified.TYPE]
    assert [(event["candidate_id"], event["portrait_key"]) for event in verified] == [(person.id, "b" * 64)]
