"""The face reset's ticket: whose it is, in which order things happen, and what a photo can and cannot do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import reset_tickets
from services.identity.domain.reset_tickets import FINISH_WITHIN, OPEN_WITHIN, ResetTicket, Target, Tries, new_ticket
from shared.errors import DomainError
from shared.events.identity import FaceCheckRequested, FacePhotoSpent
from shared.events.vision import FaceCheckCompleted, FaceDecision
from tests.services.identity.conftest import NOW, PROGRAMME

KNOWN = Target("login|x", "account-1", "a" * 64)
UNKNOWN = Target("login|y")


def opened() -> ResetTicket:
    ticket, _ = new_ticket(PROGRAMME, NOW)
    ticket.open("phone-1", "openid-1", NOW)
    return ticket


def checking(target: Target = KNOWN) -> ResetTicket:
    ticket = opened()
    ticket.name(target)
    ticket.ask("check-1", "upload-1", "b" * 64, NOW)
    return ticket


def answer(decision: FaceDecision, check: str = "check-1", *reasons: str) -> FaceCheckCompleted:
    return FaceCheckCompleted(
        subject=check,
        occurred_at=NOW,
        ticket_id="t",
        decision=decision,
        distance=0.3,
        reasons=reasons,
        model_version="test",
        seconds=0.1,
    )


def code(error: pytest.ExceptionInfo[DomainError]) -> str:
    return error.value.code


def test_the_first_phone_has_it_and_the_same_one_may_come_again() -> None:
    ticket = opened()
    ticket.open("phone-1", "openid-1", NOW)
    with pytest.raises(DomainError) as second:
        ticket.open("phone-2", "openid-2", NOW)
    assert code(second) == "face_reset.opened_elsewhere"
    assert (ticket.session, ticket.openid) == ("phone-1", "openid-1")


def test_a_code_that_nobody_opened_in_time_is_nobodys() -> None:
    ticket, _ = new_ticket(PROGRAMME, NOW)
    with pytest.raises(DomainError) as late:
        ticket.open("phone-1", "openid-1", NOW + OPEN_WITHIN)
    assert code(late) == "face_reset.expired"
    assert ticket.shown(NOW + OPEN_WITHIN) == "expired"


def test_the_screen_is_known_by_its_secret_alone() -> None:
    ticket, secret = new_ticket(PROGRAMME, NOW)
    ticket.require_watcher(secret)
    for wrong in ("", ticket.id, secret[:-1], ticket.watch):
        with pytest.raises(DomainError):
            ticket.require_watcher(wrong)


@pytest.mark.parametrize("later", [FINISH_WITHIN, FINISH_WITHIN + timedelta(days=1)])
def test_a_phone_that_takes_too_long_begins_again(later: timedelta) -> None:
    ticket = checking()
    with pytest.raises(DomainError) as late:
        ticket.require_phone("phone-1", NOW + later, "checking")
    assert code(late) == "face_reset.expired"


@pytest.mark.parametrize("session", ["", "phone-2"])
def test_for_every_other_phone_it_does_not_exist(session: str) -> None:
    for ticket in (opened(), new_ticket(PROGRAMME, NOW)[0]):
        with pytest.raises(DomainError) as other:
            ticket.require_phone(session, NOW, "waiting", "opened")
        assert code(other) == "ticket.not_found"


@pytest.mark.parametrize(
    ("decision", "bound", "state"),
    [("match", False, "verified"), ("match", True, "proved"), ("review", True, "named"), ("mismatch", True, "named")],
)
def test_only_a_match_goes_on(decision: FaceDecision, bound: bool, state: str) -> None:
    ticket = checking()
    (spent,) = ticket.complete(answer(decision), NOW, bound=bound)
    assert ticket.state == state
    assert isinstance(spent, FacePhotoSpent)
    assert spent.subject == "upload-1"
    assert ticket.reasons == ([] if decision == "match" else [reset_tickets.NOT_MATCHED])
    assert ticket.shown(NOW) == ("passed" if decision == "match" else "refused")


@pytest.mark.parametrize("target", [UNKNOWN, Target("login|z", "account-1"), Target("login|z", "", "a" * 64)])
@pytest.mark.parametrize("decision", ["match", "review", "mismatch"])
def test_nobody_without_an_account_and_a_verified_portrait_passes_whatever_is_said(
    target: Target, decision: FaceDecision
) -> None:
    ticket = checking(target)
    ticket.complete(answer(decision), NOW, bound=True)
    known = checking()
    known.complete(answer("mismatch"), NOW, bound=True)
    assert (ticket.state, ticket.reasons) == (known.state, known.reasons) == ("named", [reset_tickets.NOT_MATCHED])


def test_an_unusable_photo_says_why_and_another_may_be_taken() -> None:
    ticket = checking()
    ticket.complete(answer("unusable", "check-1", "vision.portrait.blurred"), NOW, bound=False)
    assert ticket.reasons == ["vision.portrait.blurred"]
    (asked,) = ticket.ask("check-2", "upload-2", "c" * 64, NOW)
    assert isinstance(asked, FaceCheckRequested)
    assert (asked.photo_key, asked.portrait_key, asked.ticket_id) == ("c" * 64, "a" * 64, ticket.id)


def test_an_answer_to_another_photo_changes_nothing() -> None:
    ticket = checking()
    assert ticket.complete(answer("match", "check-0"), NOW, bound=True) == []
    assert ticket.shown(NOW) == "checking"
    ticket.complete(answer("mismatch"), NOW, bound=True)
    assert ticket.complete(answer("match"), NOW, bound=True) == []
    assert ticket.shown(NOW) == "refused"


def test_whose_password_it_is_cannot_change_once_a_photo_is_under_way_or_has_matched() -> None:
    ticket = checking()
    with pytest.raises(DomainError) as swapped:
        ticket.require_phone("phone-1", NOW, "opened", "named")
    assert code(swapped) == "face_reset.not_this_step"
    ticket.complete(answer("match"), NOW, bound=False)
    with pytest.raises(DomainError) as swapped:
        ticket.require_phone("phone-1", NOW, "opened", "named")
    assert code(swapped) == "face_reset.not_this_step"


def test_a_check_that_nobody_answers_is_asked_for_once_more_and_then_it_is_the_persons_turn() -> None:
    ticket = checking()
    first, second = NOW + reset_tickets.CHECK_WITHIN, NOW + 2 * reset_tickets.CHECK_WITHIN
    assert ticket.expire_check(NOW) == []
    (again,) = ticket.expire_check(first)
    assert isinstance(again, FaceCheckRequested)
    assert again.subject == "check-1"
    (spent,) = ticket.expire_check(second)
    assert isinstance(spent, FacePhotoSpent)
    assert (ticket.state, ticket.reasons, ticket.check_due) == ("named", [reset_tickets.NO_ANSWER], None)


def test_a_ticket_takes_so_many_photos_and_no_more() -> None:
    ticket = opened()
    ticket.name(KNOWN)
    for number in range(reset_tickets.PHOTOS_AT_MOST):
        ticket.ask(f"check-{number}", "upload", "b" * 64, NOW)
        ticket.complete(answer("unusable", f"check-{number}", "vision.portrait.blurred"), NOW, bound=False)
    with pytest.raises(DomainError) as enough:
        ticket.ask("one-more", "upload", "b" * 64, NOW)
    assert code(enough) == "face_reset.photos_used"


@given(st.lists(st.integers(min_value=0, max_value=60 * 48), min_size=1, max_size=60))
def test_no_day_has_more_than_five_comparisons(minutes: list[int]) -> None:
    tries, spent = Tries("login|x"), list[datetime]()
    for minute in sorted(minutes):
        moment = NOW + timedelta(minutes=minute)
        try:
            tries.spend(moment)
        except DomainError:
            recent = [each for each in spent if moment - each < reset_tickets.TRIES_WITHIN]
            assert len(recent) == reset_tickets.TRIES
        else:
            spent.append(moment)
    for each in spent:
        assert sum(timedelta(0) <= other - each < reset_tickets.TRIES_WITHIN for other in spent) <= reset_tickets.TRIES
