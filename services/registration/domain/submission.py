"""From a filled form to a submitted application: register, choose subjects, answer a return, withdraw; and payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.registration.domain import identity
from services.registration.domain.application import WAITING, Application, PaymentStatus, Review, enter, refused
from services.registration.domain.locks import SUBJECTS_STAND, require_editable, require_subjects_open
from shared.errors import DomainError, FieldError, Kind
from shared.events.base import Event
from shared.events.payment import OrderClosed, OrderCreated, OrderPaid, OrderRefunded
from shared.events.registration import ApplicationSubmitted, ApplicationWithdrawn
from shared.programme import stages
from shared.programme.fields import Facts, asked_fields, context, form_errors, normalise
from shared.programme.model import Programme
from shared.programme.stages import StageType
from shared.programme.subjects import refusals

STATUS_AFTER: Mapping[type[Event], PaymentStatus] = {
    OrderCreated: "due",
    OrderPaid: "paid",
    OrderRefunded: "refunded",
    OrderClosed: "closed",
}
RETAKE = frozenset({"unreadable", "refused"})


def problems(application: Application, programme: Programme, facts: Facts) -> list[FieldError]:
    """What keeps the form from being complete. A check still running, or waiting for a person, does not."""
    errors = form_errors(programme, application.values, application.attachments, facts)
    card = programme.picture("portrait") or programme.picture("card")
    if card and identity.status(application, programme) in RETAKE:
        code = "identity.retake" if application.checks[-1].outcome == "unreadable" else "identity.refused"
        errors.append(FieldError(f"/attachments/{card.id}", code))
    return errors


def subjects_wrong(application: Application, programme: Programme, facts: Facts) -> list[FieldError]:
    """Where the submitted subjects are not, or no longer, what this person has to take: the grade, the school or the
    earlier results are others by now. Nothing once the file is decided."""
    rules = programme.subjects
    if rules is None or application.state not in (*WAITING, "returned"):
        return []
    return refusals(rules, context(programme, application.values, facts), facts.history, application.subjects)


def subject_problems(application: Application, programme: Programme, facts: Facts) -> list[FieldError]:
    """Those of the wrong subjects that the candidate has to put right. Subjects that payment has locked are left to
    the reviewer, who sees them: their candidate could do nothing about them."""
    return [] if application.payment.status in SUBJECTS_STAND else subjects_wrong(application, programme, facts)


def register(
    application: Application, programme: Programme, facts: Facts, now: datetime, more: Sequence[FieldError] = ()
) -> list[Event]:
    """Leave the form: everything is checked, values are written the one way, ID number and gender are fixed. `more`:
    what else is wrong, told together with what is missing."""
    form = stages.first_of(programme.stages, StageType.FORM)
    if application.state != "draft":
        raise DomainError("stage.passed", Kind.CONFLICT, params={"stage": form.id})
    require_editable(application, programme, now)
    stages.require_current(programme.stages, application.stage, form)
    _require_complete(application, programme, facts, more)
    asked = asked_fields(programme, context(programme, application.values, facts))
    # What was typed on a branch that was left again is nobody's answer to anything.
    application.values = {each.id: normalise(each, application.values.get(each.id, "")) for each in asked}
    application.registered_at = now
    application.tell(now, "candidate", "registered")
    complete = enter(application, stages.following(programme.stages, form.id), now)
    return _submit(application, programme, now) if complete else []


def require_choice(
    application: Application, programme: Programme, facts: Facts, chosen: Sequence[str], now: datetime
) -> None:
    """Refuse a selection that may not be submitted, and with it a form that was emptied since it was handed in."""
    if programme.subjects is None:
        raise DomainError("subjects.none", Kind.NOT_FOUND)
    require_subjects_open(application, programme, now)
    if application.state == "draft":
        _refuse_if(form_errors(programme, application.values, application.attachments, facts))
    known = context(programme, application.values, facts)
    if errors := refusals(programme.subjects, known, facts.history, chosen):
        raise DomainError("subjects.refused", Kind.INVALID, errors=errors)


def choose(
    application: Application, programme: Programme, facts: Facts, chosen: Sequence[str], now: datetime
) -> list[Event]:
    """Choose subjects, and thereby submit; or choose others while that is allowed (000.19)."""
    require_choice(application, programme, facts, chosen, now)
    before, application.subjects, application.choice = application.subjects, list(chosen), []
    if application.state != "draft":
        if set(before) != set(chosen):
            application.tell(now, "candidate", "subjects_changed")
        return []
    application.tell(now, "candidate", "subjects_chosen")
    following = stages.following(programme.stages, application.stage)
    return _submit(application, programme, now) if enter(application, following, now) else []


def resubmit(application: Application, programme: Programme, facts: Facts, now: datetime) -> list[Event]:
    """修改完毕，提交信息: a returned application goes back into review, once it is complete again."""
    if application.state != "returned":
        raise refused("application.not_returned", application)
    require_editable(application, programme, now)
    _require_complete(application, programme, facts, subject_problems(application, programme, facts))
    return _submit(application, programme, now, resubmitted=True)


def withdraw(application: Application, programme: Programme, now: datetime) -> list[Event]:
    """放弃报名, from any state before approval."""
    if application.state in ("approved", "withdrawn"):
        raise refused("application.locked", application)
    application.state = "withdrawn"
    application.tell(now, "candidate", "withdrawn")
    if application.submitted_at is None:
        return []
    return [
        ApplicationWithdrawn(
            subject=application.id, occurred_at=now, programme=programme.id, candidate_id=application.candidate_id
        )
    ]


def take_order(application: Application, event: OrderCreated | OrderPaid | OrderRefunded | OrderClosed) -> None:
    """What the payment service says. Events may arrive in any order: the one that happened last holds."""
    payment, at = application.payment, event.occurred_at
    if isinstance(event, OrderPaid):
        application.tell(at, "system", "order_paid")
    if isinstance(event, OrderRefunded):
        application.tell(at, "system", "order_refunded_duplicate" if event.duplicate else "order_refunded")
        if event.duplicate:
            return
    if payment.told_at is None or at >= payment.told_at:
        payment.order_id, payment.told_at = event.subject, at
        payment.status = STATUS_AFTER[type(event)]


def _require_complete(
    application: Application, programme: Programme, facts: Facts, more: Sequence[FieldError] = ()
) -> None:
    _refuse_if([*problems(application, programme, facts), *more])


def _refuse_if(errors: Sequence[FieldError]) -> None:
    if errors:
        raise DomainError("application.incomplete", Kind.INVALID, errors=errors)


def _submit(application: Application, programme: Programme, now: datetime, *, resubmitted: bool = False) -> list[Event]:
    application.state = "submitted"
    application.submitted_at = now
    application.review = Review()
    application.tell(now, "candidate", "resubmitted" if resubmitted else "submitted")
    if programme.fee.amount_fen and application.payment.status == "none":
        application.payment.status = "due"
    return [
        ApplicationSubmitted(
            subject=application.id,
            occurred_at=now,
            programme=programme.id,
            candidate_id=application.candidate_id,
            amount_fen=programme.fee.amount_fen,
            description=programme.fee.description.zh,
            resubmitted=resubmitted,
        )
    ]
