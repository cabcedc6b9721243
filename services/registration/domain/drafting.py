"""The candidate's way through the notices and the form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.registration.domain import retention
from services.registration.domain.application import Application, Attachment, enter
from services.registration.domain.locks import locked_fields, require_editable
from shared.errors import DomainError, FieldError, Kind, NotFound
from shared.events.base import Event
from shared.programme import stages
from shared.programme.days import day_of
from shared.programme.fields import derived, normalise
from shared.programme.model import Material, Programme
from shared.programme.stages import Stage, StageType

LONGEST_TYPED = 500


def require_notice(application: Application, programme: Programme, stage_id: str) -> Stage:
    """The notice stage the draft stands at. Raises `stage.passed`, `stage.not_reached`, `stage.not_found`."""
    stage = stages.stage_of(programme.stages, stage_id)
    if stage.type is not StageType.NOTICE:
        raise NotFound("stage")
    if application.state != "draft":
        raise DomainError("stage.passed", Kind.CONFLICT, params={"stage": stage_id})
    stages.require_current(programme.stages, application.stage, stage)
    return stage


def accept(application: Application, programme: Programme, stage_id: str, now: datetime) -> None:
    """Accept the notice of the current stage, not before its seconds have passed, and go on."""
    stage = require_notice(application, programme, stage_id)
    stages.require_read(programme.notices[stage.notice or ""].seconds, application.stage_since, now)
    application.accepted[stage_id] = now
    application.tell(now, "candidate", "notice_accepted")
    enter(application, stages.following(programme.stages, stage_id), now)


def set_fields(application: Application, programme: Programme, typed: Mapping[str, str], now: datetime) -> None:
    """Keep what was typed, right or wrong; verdicts are a matter of the view. Fixed and locked fields are refused.

    A compared field that changes undoes what staff confirmed of the identity check: they confirmed it of other data.
    A refusal is of the pictures, and stays until there are others.
    """
    require_editable(application, programme, now)
    if errors := _refusals(application, programme, typed, now):
        raise DomainError("fields.refused", Kind.INVALID, errors=errors)
    before, application.edited_at = dict(application.values), now
    of_person = [each.id for each in programme.fields if each.kind in {"id_number", "name"}]
    for name, text in typed.items():
        form_field = programme.field(name)
        if form_field and not form_field.derived_from:
            kept = normalise(form_field, text) if application.registered_at else text.strip()
            application.values[name] = kept
    if any(before.get(name) != application.values.get(name) for name in of_person):
        application.persons_typed += 1
    follow(application, programme, now)
    changed = [each for each in programme.fields if before.get(each.id, "") != application.values.get(each.id, "")]
    check = application.check
    confirmed = check is not None and (check.decision == "confirmed" or check.proposed_by)
    if check and confirmed and any(each.card_field for each in changed):
        check.decision, check.proposed_by, check.proposed_until = "", "", None
        check.reasons.append("identity.changed_after_decision")
    if changed and application.registered_at:
        application.tell(now, "candidate", "fields_changed")


def follow(application: Application, programme: Programme, now: datetime) -> None:
    """Set the fields that follow others; one whose source is not valid is empty."""
    found = derived(programme, application.values, day_of(now))
    for each in programme.fields:
        if each.derived_from:
            application.values[each.id] = found.get(each.id, "")


def attach(
    application: Application, programme: Programme, kind: str, attachment: Attachment, now: datetime
) -> tuple[Material, list[Event]]:
    """Put a picture in its place; an earlier one is replaced. Raises `material.unknown` or a lock's refusal."""
    material = programme.material(kind)
    if material is None:
        raise DomainError("material.unknown", Kind.NOT_FOUND)
    require_editable(application, programme, now)
    events = retention.replace(application, kind, attachment, now)
    application.edited_at = now
    if application.registered_at:
        application.tell(now, "candidate", "pictures_changed")
    return material, events


def _refusals(
    application: Application, programme: Programme, typed: Mapping[str, str], now: datetime
) -> list[FieldError]:
    locked = locked_fields(application, programme, now)
    errors = []
    for name, text in typed.items():
        pointer = f"/values/{name[:64]}"
        if programme.field(name) is None:
            errors.append(FieldError(pointer, "field.unknown"))
        elif len(text) > LONGEST_TYPED:
            errors.append(FieldError(pointer, "field.too_long", {"longest": LONGEST_TYPED}))
        elif name in locked and text.strip() != application.values.get(name, ""):
            errors.append(FieldError(pointer, "field.locked"))
    return errors
