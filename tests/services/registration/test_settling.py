"""A mismatch of the machine is overridden by two people, never by one (security.md 18)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.registration.domain import identity, reviewing, settling
from services.registration.domain.application import Application
from services.registration.domain.reviewing import Staff
from shared.errors import DomainError
from shared.events.registration import IdentityDecided
from tests.services.registration.examples import NOW, OTHER_STAFF, PROGRAMME, STAFF, checked, submitted, with_pictures


def mismatched() -> Application:
    """A waiting file of which the machine says that card and portrait show two people."""
    application = checked(with_pictures(submitted(), portrait="c"), "needs_review")
    assert application.check
    application.check.face_decision = "mismatch"
    return application


def confirm(application: Application, staff: Staff, later: timedelta = timedelta(0)) -> bool:
    """Whether the confirmation was told to others."""
    events = reviewing.decide_identity(application, PROGRAMME, "confirmed", staff, "", NOW + later)
    return any(isinstance(event, IdentityDecided) for event in events)


def status(application: Application) -> str:
    return identity.status(application, PROGRAMME)


def test_the_first_confirmation_only_proposes_and_lets_the_file_go() -> None:
    application = mismatched()
    reviewing.claim(application, PROGRAMME, STAFF, NOW)
    assert not confirm(application, STAFF)
    assert status(application) == "proposed"
    assert (application.state, application.review.claimed_by) == ("submitted", "")
    with pytest.raises(DomainError, match=r"review\.identity_open"):
        reviewing.approve(application, PROGRAMME, OTHER_STAFF, [], NOW)


def test_nobody_is_their_own_second_person() -> None:
    application = mismatched()
    confirm(application, STAFF)
    with pytest.raises(DomainError, match=r"identity\.own_proposal"):
        confirm(application, STAFF)


def test_another_confirms_or_refuses() -> None:
    application = mismatched()
    confirm(application, STAFF)
    assert confirm(application, OTHER_STAFF)
    assert status(application) == "confirmed"
    application = mismatched()
    confirm(application, STAFF)
    reviewing.decide_identity(application, PROGRAMME, "refused", OTHER_STAFF, "", NOW)
    assert status(application) == "refused"


def test_a_proposal_lapses_after_a_day() -> None:
    application = mismatched()
    confirm(application, STAFF)
    settling.lapse_proposal(application, NOW + settling.PROPOSAL_LIFE - timedelta(seconds=1))
    assert status(application) == "proposed"
    assert not confirm(application, OTHER_STAFF, settling.PROPOSAL_LIFE), "the first proposal is over, this is another"
    settling.lapse_proposal(application, NOW + 2 * settling.PROPOSAL_LIFE)
    assert status(application) == "needs_review"


def test_a_confirmation_of_new_pictures_begins_anew_and_a_review_band_needs_one_person() -> None:
    application = mismatched()
    confirm(application, STAFF)
    checked(with_pictures(application, portrait="d"), "needs_review")
    assert status(application) == "needs_review"
    assert confirm(application, STAFF)
