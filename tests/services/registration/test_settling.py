"""A mismatch of the machine is overridden by two people, never by one (security.md 18); a refusal by new pictures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.registration.domain import drafting, identity, reviewing, settling, submission
from services.registration.domain.application import Application, Outcome
from services.registration.domain.reviewing import Staff
from shared.errors import DomainError
from shared.events.audit import ActionRecorded
from shared.events.registration import IdentityDecided
from tests.services.registration.examples import (
    FACTS,
    NOW,
    OTHER_STAFF,
    PROGRAMME,
    STAFF,
    checked,
    submitted,
    with_pictures,
)
from tests.services.registration.support import ELSEWHERE, OTHER_REVIEWER, REVIEWER, Running, candidate


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


@pytest.mark.parametrize("outcome", ["needs_review", "matched"])
def test_a_refusal_is_undone_by_new_pictures_and_by_nothing_else_that_a_candidate_does(outcome: Outcome) -> None:
    application = checked(with_pictures(submitted(), portrait="c"), outcome)
    drafting.set_fields(application, PROGRAMME, {"name": "王大明"}, NOW)
    settling.decide(application, "refused", "staff-1", "", NOW)
    for name in ("王小明", "王大明", "王小明"):
        drafting.set_fields(application, PROGRAMME, {"name": name}, NOW)
        assert status(application) == "refused"
    # Others, and then the refused ones again.
    checked(with_pictures(application, portrait="d"))
    assert status(application) == "matched"
    with_pictures(application, portrait="c")
    assert status(application) == "refused"
    assert [error.code for error in submission.problems(application, PROGRAMME, FACTS)] == ["identity.refused"]
    checked(with_pictures(application, portrait="e"))
    assert status(application) == "matched"


async def test_two_reviewers_over_http_and_what_the_audit_log_is_told(running: Running) -> None:
    me = candidate("me")
    path = await running.submitted(me)
    file = f"/review{path}"
    again = await running.ok(REVIEWER, "POST", f"{file}/identity-again", {"version": await version(running, file)})
    await running.answered(path, "needs_review", face="mismatch")
    assert again["identity"]["status"] == "requested"
    proposed = await running.ok(REVIEWER, "POST", f"{file}/identity-confirm", {"version": await version(running, file)})
    assert (proposed["identity"]["status"], proposed["identity"]["proposed_by"]) == ("proposed", REVIEWER.id)
    assert (await running.ok(me, "GET", path))["identity"]["status"] == "needs_review"
    body = {"version": proposed["version"]}
    assert await running.refused(REVIEWER, "POST", f"{file}/identity-confirm", body) == (403, "identity.own_proposal")
    assert (await running.refused(ELSEWHERE, "POST", f"{file}/identity-confirm", body))[0] == 404
    waiting = await running.ok(OTHER_REVIEWER, "GET", "/review/queue?state=second")
    assert [item["identity"] for item in waiting["items"]] == ["proposed"]
    done = await running.ok(OTHER_REVIEWER, "POST", f"{file}/identity-confirm", body)
    assert done["identity"]["status"] == "confirmed"
    told = [each for each in await running.told(path.rpartition("/")[2]) if each["type"] == ActionRecorded.TYPE]
    assert [(each["actor_id"], each["before"]["identity"], each["after"]["identity"]) for each in told[1:]] == [
        (REVIEWER.id, "needs_review", "proposed"),
        (OTHER_REVIEWER.id, "proposed", "confirmed"),
    ]


async def version(running: Running, file: str) -> int:
    return int((await running.ok(REVIEWER, "GET", file))["version"])
