"""A fifth exam needs no code: another file with other stages, fields, levels and no fee, subjects or ID card."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.registration.api.programmes import programme_view
from services.registration.api.views import application_view
from services.registration.domain import drafting, reviewing, submission
from services.registration.domain.application import begin
from services.registration.domain.reviewing import Staff
from shared.errors import DomainError
from shared.events.registration import ApplicationApproved, ApplicationSubmitted
from shared.programme.fields import Facts
from shared.programme.loader import load_programme
from tests.services.registration.examples import NOW
from tests.services.registration.support import REVIEWER, Running

FIFTH = load_programme(Path(__file__).parent / "fifth.yaml")
FACTS = Facts(NOW.date())


async def test_an_exam_without_fee_subjects_and_card_runs_from_its_file_alone(running: Running) -> None:
    application = begin("a" * 32, FIFTH, "c", NOW)
    with pytest.raises(DomainError, match=r"notice\.too_soon"):
        drafting.accept(application, FIFTH, "rules", NOW + timedelta(seconds=9))
    drafting.accept(application, FIFTH, "rules", NOW + timedelta(seconds=10))
    drafting.set_fields(application, FIFTH, {"name": "王小明", "licence": "B12", "night": "yes"}, NOW)
    with pytest.raises(DomainError) as caught:
        submission.register(application, FIFTH, FACTS, NOW)
    assert [error.pointer for error in caught.value.errors] == ["/values/licence"]
    drafting.set_fields(application, FIFTH, {"licence": "B123"}, NOW)
    (told,) = submission.register(application, FIFTH, FACTS, NOW)
    assert isinstance(told, ApplicationSubmitted) and told.amount_fen == 0
    assert reviewing.approve(application, FIFTH, Staff("s", ("point",)), [], NOW) == []
    (told,) = reviewing.approve(application, FIFTH, Staff("t", ("province",)), [], NOW)
    assert isinstance(told, ApplicationApproved)
    deps = replace(running.deps, programmes={FIFTH.id: FIFTH})
    view = await application_view(application, REVIEWER, deps=deps, tokens=running.tokens, now=NOW)
    assert [mark.state for mark in view.stages] == ["done", "done", "done"]
    assert (view.subject_options, view.payment.status, view.asked_materials) == ([], "none", ["medal"])
    assert view.asked_fields == ["name", "licence", "night", "lamp"]
    assert programme_view(FIFTH, NOW).subjects is None


def test_subjects_cannot_be_chosen_where_there_are_none() -> None:
    application = begin("a" * 32, FIFTH, "c", NOW)
    with pytest.raises(DomainError, match=r"subjects\.none"):
        submission.choose(application, FIFTH, FACTS, ("history",), NOW)
