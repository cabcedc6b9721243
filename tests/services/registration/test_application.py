"""The state machine of design.md 7: every legal way, every illegal transition, and what may be edited (000.19)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.registration.domain import drafting, locks, reviewing, submission
from services.registration.domain.application import Application, begin, current_stage
from services.registration.domain.reviewing import Ground
from shared.errors import DomainError
from shared.events.registration import (
    ApplicationSubmitted,
)
from tests.services.registration.examples import (
    FACTS,
    LATER,
    NOW,
    PROGRAMME,
    STAFF,
    STATES,
    approved,
    at_form,
    filled,
    paid,
    picture,
    registered,
    returned,
    submitted,
)
from tests.shared.programme.examples import EIGHT, FOUR, pupil

Act = Callable[[Application], object]

ACTS: dict[str, Act] = {
    "register": lambda a: submission.register(a, PROGRAMME, FACTS, NOW),
    "choose": lambda a: submission.choose(a, PROGRAMME, FACTS, FOUR, NOW),
    "resubmit": lambda a: submission.resubmit(a, PROGRAMME, FACTS, NOW),
    "withdraw": lambda a: submission.withdraw(a, PROGRAMME, NOW),
    "approve": lambda a: reviewing.approve(a, PROGRAMME, STAFF, [], NOW),
    "send_back": lambda a: reviewing.send_back(a, PROGRAMME, STAFF, Ground("not_eligible"), NOW),
    "undo": lambda a: reviewing.undo(a, PROGRAMME, STAFF, NOW),
    "edit": lambda a: drafting.set_fields(a, PROGRAMME, {"phone": "15111111112"}, NOW),
    "attach": lambda a: drafting.attach(a, PROGRAMME, "portrait", picture("c"), NOW),
}
# Act → what each state answers: the state it leads to, or the code of the refusal.
TABLE: dict[str, dict[str, str]] = {
    "register": {
        "draft": "application.incomplete",
        "registered": "stage.passed",
        "submitted": "stage.passed",
        "under_review": "stage.passed",
        "approved": "stage.passed",
        "returned": "stage.passed",
        "withdrawn": "stage.passed",
    },
    "choose": {
        "draft": "stage.not_reached",
        "registered": "submitted",
        "submitted": "submitted",
        "under_review": "under_review",
        "approved": "subjects.locked",
        "returned": "returned",
        "withdrawn": "subjects.locked",
    },
    "resubmit": dict.fromkeys(STATES, "application.not_returned") | {"returned": "submitted"},
    "withdraw": dict.fromkeys(STATES, "withdrawn")
    | {"approved": "application.locked", "withdrawn": "application.locked"},
    "approve": dict.fromkeys(STATES, "review.not_waiting") | {"submitted": "approved", "under_review": "approved"},
    "send_back": dict.fromkeys(STATES, "review.not_waiting") | {"submitted": "returned", "under_review": "returned"},
    "undo": dict.fromkeys(STATES, "review.nothing_to_undo") | {"approved": "submitted", "returned": "submitted"},
    "edit": {
        "draft": "draft",
        "registered": "draft",
        "submitted": "submitted",
        "under_review": "under_review",
        "approved": "application.locked",
        "returned": "returned",
        "withdrawn": "application.locked",
    },
}
TABLE["attach"] = TABLE["edit"]


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as caught:
        act()
    return caught.value.code


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_act_in_every_state_leads_on_or_is_refused_with_a_code(act: str, state: str) -> None:
    application = STATES[state]()
    try:
        ACTS[act](application)
        answer: str = application.state
    except DomainError as error:
        answer = error.code
    assert answer == TABLE[act][state]


def test_notices_come_one_after_the_other_and_then_the_form() -> None:
    application = begin("a", PROGRAMME, "c", NOW)
    assert code_of(lambda: drafting.accept(application, PROGRAMME, "pledge", NOW)) == "stage.not_reached"
    assert code_of(lambda: drafting.set_fields(application, PROGRAMME, {"name": "王"}, NOW)) == "stage.not_reached"
    drafting.accept(application, PROGRAMME, "violations", NOW)
    assert code_of(lambda: drafting.accept(application, PROGRAMME, "violations", NOW)) == "stage.passed"
    drafting.accept(application, PROGRAMME, "pledge", NOW)
    assert application.stage == "fill"
    assert code_of(lambda: drafting.accept(application, PROGRAMME, "fill", NOW)) == "stage.not_found"


def test_a_notice_cannot_be_accepted_before_its_seconds_have_passed() -> None:
    slow = PROGRAMME.notices["violations"].model_copy(update={"seconds": 10})
    programme = PROGRAMME.model_copy(update={"notices": {**PROGRAMME.notices, "violations": slow}})
    application = begin("a", programme, "c", NOW)
    early = NOW + timedelta(seconds=9)
    assert code_of(lambda: drafting.accept(application, programme, "violations", early)) == "notice.too_soon"
    drafting.accept(application, programme, "violations", NOW + timedelta(seconds=10))
    assert application.stage == "pledge"


def test_nothing_begins_or_changes_outside_the_window_but_answers_to_a_return() -> None:
    over = PROGRAMME.window.closes_at
    assert code_of(lambda: begin("a", PROGRAMME, "c", over)) == "window.closed"
    assert code_of(lambda: drafting.set_fields(at_form(), PROGRAMME, {"name": "王"}, over)) == "window.closed"
    assert code_of(lambda: submission.choose(registered(), PROGRAMME, FACTS, FOUR, over)) == "window.closed"
    application = returned()
    drafting.set_fields(application, PROGRAMME, {"phone": "15111111112"}, over)
    submission.resubmit(application, PROGRAMME, FACTS, over)
    assert application.state == "submitted"


def test_what_is_typed_is_kept_even_when_it_is_wrong() -> None:
    application = at_form()
    drafting.set_fields(application, PROGRAMME, {"id_number": "12x", "phone": " 1 "}, NOW)
    assert application.values["id_number"] == "12x"
    assert application.values["phone"] == "1"
    assert application.values["gender"] == ""


def test_registering_writes_values_the_one_way_and_drops_other_branches() -> None:
    number = pupil()["id_number"]
    application = filled(id_number=f" {number[:6]} {number[6:].lower()}", phone="+86 151 1111 1111")
    application.values["grade"] = "senior_2"
    drafting.set_fields(application, PROGRAMME, {"category": "social"}, NOW)
    for kind in ("hukou_first", "hukou_own", "diploma"):
        drafting.attach(application, PROGRAMME, kind, picture(), NOW)
    submission.register(application, PROGRAMME, FACTS, NOW)
    assert application.values["id_number"] == number
    assert application.values["phone"] == "15111111111"
    assert "grade" not in application.values
    assert application.stage == "subjects"


@pytest.mark.parametrize("state", ["registered", "submitted", "returned"])
@pytest.mark.parametrize(("field", "typed"), [("id_number", "11010519491231002X"), ("gender", "male")])
def test_id_number_and_gender_are_fixed_once_registered(state: str, field: str, typed: str) -> None:
    application = STATES[state]()
    with pytest.raises(DomainError) as caught:
        drafting.set_fields(application, PROGRAMME, {field: typed}, NOW)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [(f"/values/{field}", "field.locked")]
    assert field in locks.locked_fields(application, PROGRAMME, NOW)
    drafting.set_fields(application, PROGRAMME, {field: application.values[field]}, NOW)


def test_basic_data_lock_on_approval_and_subjects_on_payment_or_approval() -> None:
    everything = {each.id for each in PROGRAMME.fields} | {each.id for each in PROGRAMME.materials}
    for application, fields, subjects in (
        (submitted(), {"id_number", "gender"}, False),
        (paid(submitted()), {"id_number", "gender"}, True),
        (approved(), everything, True),
    ):
        assert set(locks.locked_fields(application, PROGRAMME, NOW)) == fields
        assert locks.locked_subjects(application, PROGRAMME, NOW) == subjects


def test_unknown_fields_and_pictures_are_refused() -> None:
    with pytest.raises(DomainError) as caught:
        drafting.set_fields(at_form(), PROGRAMME, {"height": "180", "name": "x" * 501}, NOW)
    assert {error.code for error in caught.value.errors} == {"field.unknown", "field.too_long"}
    assert code_of(lambda: drafting.attach(at_form(), PROGRAMME, "passport", picture(), NOW)) == "material.unknown"


def test_wrong_subjects_are_refused_one_by_one_and_nothing_is_kept() -> None:
    application = registered()
    with pytest.raises(DomainError) as caught:
        submission.choose(application, PROGRAMME, FACTS, (*FOUR[:3], "physics"), NOW)
    assert {error.pointer for error in caught.value.errors} == {"/subjects/biology", "/subjects/physics"}
    assert (application.state, application.subjects) == ("draft", [])


def test_choosing_submits_with_the_fee_and_choosing_again_does_not_submit_again() -> None:
    application = registered()
    (event,) = submission.choose(application, PROGRAMME, FACTS, FOUR, NOW)
    assert isinstance(event, ApplicationSubmitted)
    assert (event.amount_fen, event.resubmitted) == (3000, False)
    assert application.payment.status == "due"
    assert current_stage(application, PROGRAMME).id == "payment"
    assert submission.choose(application, PROGRAMME, FACTS, FOUR, LATER) == []


def test_a_form_emptied_after_it_was_handed_in_is_refused_with_the_subjects() -> None:
    application = registered()
    del application.values["phone"]
    with pytest.raises(DomainError, match=r"application\.incomplete") as caught:
        submission.choose(application, PROGRAMME, FACTS, FOUR, NOW)
    assert {error.pointer for error in caught.value.errors} == {"/values/phone"}
    assert (application.state, application.subjects) == ("draft", [])


def test_a_changed_grade_makes_the_subjects_wrong_until_they_are_chosen_anew() -> None:
    application = returned()
    drafting.set_fields(application, PROGRAMME, {"grade": "senior_2"}, NOW)
    with pytest.raises(DomainError) as caught:
        submission.resubmit(application, PROGRAMME, FACTS, NOW)
    assert {error.code for error in caught.value.errors} == {"subject.required_first", "subject.group_missing"}
    submission.choose(application, PROGRAMME, FACTS, (*EIGHT, "english"), NOW)
    (event,) = submission.resubmit(application, PROGRAMME, FACTS, NOW)
    assert isinstance(event, ApplicationSubmitted) and event.resubmitted
