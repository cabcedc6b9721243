"""From the aggregate to what a person may see of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from services.registration.api import models
from services.registration.domain import identity, locks
from services.registration.domain.application import Application, current_stage
from services.registration.domain.submission import problems, subjects_wrong
from services.registration.handlers.deps import Deps
from services.registration.handlers.looking import Looked, look_up
from services.registration.handlers.publishing import published
from services.registration.handlers.submissions import not_theirs
from shared.errors import FieldError
from shared.programme import fields, stages
from shared.programme.days import day_of
from shared.programme.model import Programme
from shared.programme.subjects import offers, plan_for
from shared.programme.texts import Text
from shared.tokens import Actor, Tokens


async def application_view(
    application: Application, actor: Actor, *, deps: Deps, tokens: Tokens, now: datetime
) -> models.ApplicationView:
    """The whole of one application. Staff also see distances and who of the staff did what; the candidate, what the
    form still lacks."""
    programme, staff = deps.programme(application.programme), actor.kind == "staff"
    looked = await look_up(application, programme, deps=deps, day=day_of(now))
    known = fields.context(programme, application.values, looked.facts)
    ticket, scores = await published(application, programme, deps=deps, now=now)
    verdicts = fields.verdicts(programme, application.values, looked.facts)
    return models.ApplicationView(
        **_plain(application),
        stage=current_stage(application, programme).id,
        stages=_bar(application, programme),
        shown=looked.shown,
        verdicts={
            name: models.VerdictView(ok=each.ok, code=each.code, params=each.params) for name, each in verdicts.items()
        },
        missing=[] if staff else _missing(application, programme, looked, actor, deps=deps),
        asked_fields=[each.id for each in fields.asked_fields(programme, known)],
        asked_materials=[each.id for each in fields.asked_materials(programme, known)],
        locked_fields=locks.locked_fields(application, programme, now),
        locked_subjects=locks.locked_subjects(application, programme, now),
        attachments=_attachments(application, tokens),
        identity=_identity(application, programme, staff=staff),
        subject_options=_options(programme, known, looked),
        subject_rule=_subject_rule(programme, known, looked),
        subjects_wrong=_errors(subjects_wrong(application, programme, looked.facts)),
        fee_fen=programme.fee.amount_fen,
        payment=models.PaymentView(status=application.payment.status, order_id=application.payment.order_id),
        review=_review(application, programme, staff=staff),
        timeline=[models.EntryView(**asdict(entry) | ({} if staff else {"by": ""})) for entry in application.timeline],
        window=models.WindowView(opens_at=programme.window.opens_at, closes_at=programme.window.closes_at),
        ticket=ticket,
        scores=scores,
    )


def _missing(
    application: Application, programme: Programme, looked: Looked, actor: Actor, *, deps: Deps
) -> list[models.ErrorView]:
    return _errors(problems(application, programme, looked.facts) + not_theirs(application, actor.person, deps=deps))


def _errors(errors: Sequence[FieldError]) -> list[models.ErrorView]:
    return [models.ErrorView(pointer=each.pointer, code=each.code, params=each.params) for each in errors]


def _plain(application: Application) -> dict[str, object]:
    names = ("id", "programme", "state", "values", "choice", "subjects", "version")
    times = ("created_at", "registered_at", "submitted_at")
    return {name: getattr(application, name) for name in (*names, *times)}


def _bar(application: Application, programme: Programme) -> list[models.StageMark]:
    marks = stages.bar(
        programme.stages,
        current_stage(application, programme).id,
        needs_change=application.state == "returned",
    )
    return [models.StageMark(id=mark.id, title=mark.title, state=mark.state) for mark in marks]


def _attachments(application: Application, tokens: Tokens) -> dict[str, models.AttachmentView]:
    return {
        kind: models.AttachmentView(
            upload_id=each.upload_id,
            url_grant=tokens.grant(f"upload:{each.upload_id}"),
            width=each.width,
            height=each.height,
        )
        for kind, each in application.attachments.items()
    }


def _identity(application: Application, programme: Programme, *, staff: bool) -> models.IdentityView:
    check = application.check
    read = application.ocr.get(check.id, {}) if check else {}
    differences = identity.differences(application, programme)
    return models.IdentityView(
        status=_status(application, programme, staff=staff),
        outcome=_outcome(application, programme, staff=staff),
        verdicts=[models.SeenView(**asdict(each)) for each in check.verdicts] if check else [],
        reasons=identity.reasons(application, programme),
        fields={name: models.ReadView(text=each.text, confidence=each.confidence) for name, each in read.items()},
        differences=[models.DifferenceView(**asdict(each)) for each in differences],
        attempts=len(application.checks),
        may_ask_person=identity.may_ask_person(application, programme),
        deadline=application.check_due,
        distance=check.distance if check and staff else None,
        face_decision=check.face_decision if check and staff else None,
        proposed_by=check.proposed_by if check and staff else "",
    )


def _status(application: Application, programme: Programme, *, staff: bool) -> str:
    """That a second person has to confirm concerns staff only."""
    status = identity.status(application, programme)
    return "needs_review" if status == "proposed" and not staff else status


def _outcome(application: Application, programme: Programme, *, staff: bool) -> str:
    """Empty while an answer is awaited; else what stands, decisions and differences included."""
    status = _status(application, programme, staff=staff)
    return "" if status in ("none", "requested") else status


def _options(programme: Programme, known: dict[str, str], looked: Looked) -> list[models.SubjectOption]:
    if programme.subjects is None:
        return []
    return [
        models.SubjectOption(
            id=offer.subject.id,
            title=offer.subject.title,
            group=offer.subject.group,
            allowed=offer.allowed,
            required=offer.required,
            reason=models.SubjectReason(code=offer.reason) if offer.reason else None,
        )
        for offer in offers(programme.subjects, known, looked.facts.history)
    ]


def _subject_rule(programme: Programme, known: dict[str, str], looked: Looked) -> Text | None:
    """The rule that holds for this person, in words."""
    if programme.subjects is None:
        return None
    if looked.facts.history.is_first:
        return plan_for(programme.subjects, known).title
    return programme.subjects.returning.title


def _review(application: Application, programme: Programme, *, staff: bool) -> models.ReviewView:
    review = application.review
    reason = next((each for each in programme.review.reasons if each.id == review.reason_code), None)
    waiting = "claimed" if application.state == "under_review" else "pending"
    return models.ReviewView(
        state=application.state if review.decided_at else waiting if application.submitted_at else "none",
        reason_code=review.reason_code,
        reason=reason.title if reason else None,
        field=review.field,
        remark=review.remark,
        claimed_by=review.claimed_by if staff else "",
        decided_at=review.decided_at,
    )
