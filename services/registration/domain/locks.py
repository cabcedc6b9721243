"""What may be edited: derived from state, payment and window (000.19), never stored."""

from __future__ import annotations

from datetime import datetime

from services.registration.domain.application import Application, current_stage
from shared.errors import DomainError, Kind
from shared.programme.model import Programme
from shared.programme.stages import StageType, first_of, require_current

SUBJECTS_STAND = frozenset({"paid", "refunded"})
"""Payments after which the selection stands."""


def locked_fields(application: Application, programme: Programme, now: datetime) -> list[str]:
    """Ids of fields and materials that cannot be edited now: the fixed ones once registered, all on approval."""
    everything = _closed(application, programme, now) is not None
    registered = application.registered_at is not None
    fields = [each.id for each in programme.fields if everything or (registered and each.fixed)]
    return fields + [each.id for each in programme.materials if everything]


def locked_subjects(application: Application, programme: Programme, now: datetime) -> bool:
    """Whether the selection stands: paid (or paid back), approved, withdrawn, or the window is over."""
    return application.payment.status in SUBJECTS_STAND or _closed(application, programme, now) is not None


def require_editable(application: Application, programme: Programme, now: datetime) -> None:
    """Refuse edits of basic data: `application.locked`, `window.closed`, or `stage.not_reached` before the form."""
    if code := _closed(application, programme, now):
        raise DomainError(code, Kind.CONFLICT, params={"state": application.state})
    form = first_of(programme.stages, StageType.FORM)
    here = current_stage(application, programme)
    places = [stage.id for stage in programme.stages]
    if places.index(here.id) < places.index(form.id):
        require_current(programme.stages, here.id, form)


def require_subjects_open(application: Application, programme: Programme, now: datetime) -> None:
    """Refuse another selection: `window.closed`, `subjects.locked`, or `stage.not_reached`."""
    if _closed(application, programme, now) == "window.closed":
        raise DomainError("window.closed", Kind.CONFLICT, params={"state": application.state})
    if locked_subjects(application, programme, now):
        raise DomainError("subjects.locked", Kind.CONFLICT, params={"state": application.state})
    if application.state == "draft":
        wanted = first_of(programme.stages, StageType.SUBJECTS)
        require_current(programme.stages, application.stage, wanted)


def _closed(application: Application, programme: Programme, now: datetime) -> str | None:
    if application.state in ("approved", "withdrawn"):
        return "application.locked"
    if not programme.window.is_open(now, returned=application.state == "returned"):
        return "window.closed"
    return None
