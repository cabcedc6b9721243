"""Review: grounds of a return, one reviewer at a time, levels, taking back, and what approval waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.registration.domain import drafting, reviewing, submission
from services.registration.domain.reviewing import Ground
from shared.errors import DomainError
from shared.events.registration import (
    ApplicationApproved,
    ApplicationReopened,
    ApplicationReturned,
    ApplicationWithdrawn,
)
from tests.services.registration.examples import (
    FACTS,
    LATER,
    NOW,
    OTHER_STAFF,
    PROGRAMME,
    STAFF,
    approved,
    at_form,
    checked,
    picture,
    submitted,
    under_review,
    with_pictures,
)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value.code


def test_a_return_names_reason_field_and_remark_and_lets_the_candidate_answer() -> None:
    application = submitted()
    ground = Ground("name_wrong", "", " 少一个字 ")
    (event,) = reviewing.send_back(application, PROGRAMME, STAFF, ground, NOW)
    assert isinstance(event, ApplicationReturned) and event.reason_code == "name_wrong"
    assert (application.review.field, application.review.remark) == ("name", "少一个字")
    drafting.set_fields(application, PROGRAMME, {"phone": "15111111112"}, LATER)
    submission.resubmit(application, PROGRAMME, FACTS, LATER)
    assert application.review.reason_code == ""
    assert [entry.what for entry in application.timeline][-3:] == ["returned", "fields_changed", "resubmitted"]


@pytest.mark.parametrize(
    ("ground", "code"),
    [
        (Ground("bad_mood"), "review.reason_unknown"),
        (Ground("other"), "review.remark_missing"),
        (Ground("not_eligible", "shoe_size"), "field.unknown"),
    ],
)
def test_a_return_without_a_proper_ground_is_refused(ground: Ground, code: str) -> None:
    assert code_of(lambda: reviewing.send_back(submitted(), PROGRAMME, STAFF, ground, NOW)) == code


def test_one_reviewer_at_a_time_until_the_claim_lapses() -> None:
    application = under_review()
    assert code_of(lambda: reviewing.claim(application, PROGRAMME, OTHER_STAFF, LATER)) == "review.claimed"
    assert code_of(lambda: reviewing.approve(application, PROGRAMME, OTHER_STAFF, [], LATER)) == "review.claimed"
    over = NOW + timedelta(minutes=PROGRAMME.review.claim_minutes)
    reviewing.lapse(application, PROGRAMME, over - timedelta(seconds=1))
    assert application.state == "under_review"
    reviewing.lapse(application, PROGRAMME, over)
    assert (application.state, application.review.claimed_by) == ("submitted", "")
    assert reviewing.claim(application, PROGRAMME, OTHER_STAFF, over)


def test_a_decision_can_be_taken_back_by_who_took_it_for_a_while() -> None:
    application = approved()
    assert code_of(lambda: reviewing.undo(application, PROGRAMME, OTHER_STAFF, NOW)) == "review.decided_by_other"
    late = NOW + timedelta(seconds=PROGRAMME.review.undo_seconds + 1)
    assert code_of(lambda: reviewing.undo(application, PROGRAMME, STAFF, late)) == "review.undo_too_late"
    (event,) = reviewing.undo(application, PROGRAMME, STAFF, late - timedelta(seconds=1))
    assert isinstance(event, ApplicationReopened)
    assert application.state == "submitted"


def test_levels_of_review_come_one_after_the_other() -> None:
    first = PROGRAMME.review.levels[0].model_copy(update={"roles": ("school",)})
    second = first.model_copy(update={"id": "city", "roles": ("city",)})
    programme = PROGRAMME.model_copy(update={"review": PROGRAMME.review.model_copy(update={"levels": (first, second)})})
    school, city = reviewing.Staff("s", ("school",)), reviewing.Staff("c", ("city",))
    application = submitted()
    assert code_of(lambda: reviewing.approve(application, programme, city, [], NOW)) == "review.other_level"
    assert reviewing.approve(application, programme, school, [], NOW) == []
    assert (application.state, application.review.level) == ("submitted", 1)
    assert code_of(lambda: reviewing.approve(application, programme, school, [], NOW)) == "review.other_level"
    (event,) = reviewing.approve(application, programme, city, [], NOW)
    assert isinstance(event, ApplicationApproved)


def test_approval_waits_for_the_identity_check_to_be_settled() -> None:
    application = submitted()
    drafting.attach(application, PROGRAMME, "portrait", picture("z"), NOW)
    checked(with_pictures(application, portrait="y"), "needs_review")
    assert code_of(lambda: reviewing.approve(application, PROGRAMME, STAFF, [], NOW)) == "review.identity_open"
    reviewing.decide_identity(application, PROGRAMME, "confirmed", STAFF, "", NOW)
    assert reviewing.approve(application, PROGRAMME, STAFF, [], NOW)


def test_a_withdrawal_tells_payment_only_when_there_is_an_order() -> None:
    assert submission.withdraw(at_form(), PROGRAMME, NOW) == []
    (event,) = submission.withdraw(submitted(), PROGRAMME, NOW)
    assert isinstance(event, ApplicationWithdrawn)
