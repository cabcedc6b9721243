"""Applications in every state, made by the domain's own functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.registration.domain import drafting, identity, reviewing, submission
from services.registration.domain.application import Application, Attachment, Outcome, Read, begin
from services.registration.domain.reviewing import Ground, Staff
from shared.events.base import new_id
from shared.events.payment import OrderPaid
from shared.events.vision import IdentityCheckCompleted
from tests.shared.programme.examples import FOUR, facts, number, pupil, qualification

PROGRAMME = qualification()
NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
FACTS = facts()
STAFF = Staff("staff-1", ("reviewer",))
OTHER_STAFF = Staff("staff-2", ("reviewer",))
CARD = {"name": Read("王小明", 0.99), "gender": Read("女", 0.98), "id_number": Read(number(), 0.99)}


def picture(key: str = "a") -> Attachment:
    """An uploaded picture; `key` tells one content from another."""
    return Attachment(new_id(), key * 64, 1000, 600, NOW)


def at_form() -> Application:
    """A draft whose notices are accepted."""
    application = begin(new_id(), PROGRAMME, "candidate-1", NOW)
    for stage in ("violations", "pledge"):
        drafting.accept(application, PROGRAMME, stage, NOW)
    return application


def with_pictures(application: Application, *, card: str = "a", portrait: str = "b") -> Application:
    """Both pictures attached, and one check of the pair requested."""
    drafting.attach(application, PROGRAMME, "id_card", picture(card), NOW)
    drafting.attach(application, PROGRAMME, "portrait", picture(portrait), NOW)
    identity.request(application, PROGRAMME, new_id(), NOW)
    return application


def completed(application: Application, outcome: Outcome = "matched", *reasons: str) -> IdentityCheckCompleted:
    """Vision's answer to the latest check."""
    assert outcome
    assert application.check
    return IdentityCheckCompleted(
        subject=application.check.id,
        occurred_at=NOW,
        application_id=application.id,
        outcome=outcome,
        sealed_fields=None,
        distance=0.3,
        face_decision="match",
        reasons=reasons,
        model_version="test",
        seconds=1.0,
    )


def checked(application: Application, outcome: Outcome = "matched", card: dict[str, Read] | None = None) -> Application:
    """The latest check answered."""
    identity.complete(application, PROGRAMME, completed(application, outcome), CARD if card is None else card, NOW)
    return application


def filled(**changes: str) -> Application:
    """A complete form with a matched identity check."""
    application = at_form()
    drafting.set_fields(application, PROGRAMME, pupil(**changes), NOW)
    return checked(with_pictures(application))


def registered() -> Application:
    """At the subjects."""
    application = filled()
    submission.register(application, PROGRAMME, FACTS, NOW)
    return application


def submitted() -> Application:
    """Waiting for review, unpaid."""
    application = registered()
    submission.choose(application, PROGRAMME, FACTS, FOUR, NOW)
    return application


def under_review() -> Application:
    """In the hands of STAFF."""
    application = submitted()
    reviewing.claim(application, PROGRAMME, STAFF, NOW)
    return application


def approved() -> Application:
    """Approved by STAFF at NOW."""
    application = submitted()
    reviewing.approve(application, PROGRAMME, STAFF, [], NOW)
    return application


def returned() -> Application:
    """Returned by STAFF at NOW because of the portrait."""
    application = submitted()
    reviewing.send_back(application, PROGRAMME, STAFF, Ground("portrait_unfit"), NOW)
    return application


def withdrawn() -> Application:
    """Given up after submission."""
    application = submitted()
    submission.withdraw(application, PROGRAMME, NOW)
    return application


def paid(application: Application, at: datetime = NOW) -> Application:
    """The order of an application is paid."""
    submission.take_order(
        application,
        OrderPaid(
            subject="order-1",
            occurred_at=at,
            application_id=application.id,
            candidate_id=application.candidate_id,
            programme=PROGRAMME.id,
            amount_fen=3000,
            channel="wechat",
            paid_at=at,
        ),
    )
    return application


STATES = {
    "draft": at_form,
    "registered": registered,
    "submitted": submitted,
    "under_review": under_review,
    "approved": approved,
    "returned": returned,
    "withdrawn": withdrawn,
}
