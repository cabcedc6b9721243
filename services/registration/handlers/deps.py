"""What the use cases work with, and the one way an application is opened for a change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.registration.domain import identity, portrait, retention
from services.registration.domain.application import Application, Check
from services.registration.reference.lookups import Reference
from shared.errors import NotFound
from shared.events.base import Event
from shared.privacy import Vault
from shared.programme.fields import normalise
from shared.programme.model import Programme
from shared.store import Query, Range, time_text
from shared.store.repository import Repository, Work

BATCH = 200


@dataclass(frozen=True)
class Deps:
    """The ports, and the programmes by id."""

    applications: Repository[Application]
    reference: Reference
    vault: Vault
    programmes: Mapping[str, Programme]

    def programme(self, programme_id: str) -> Programme:
        """Raises `NotFound`."""
        if programme_id not in self.programmes:
            raise NotFound("programme")
        return self.programmes[programme_id]


async def owned(application_id: str, candidate_id: str, *, deps: Deps) -> Application:
    """A candidate's own application; the answer for another's is the one for none (`NotFound`)."""
    application = await deps.applications.get(application_id)
    if application.candidate_id != candidate_id or application.state == "discarded":
        raise NotFound("application")
    return application


@asynccontextmanager
async def changing(
    which: str | Query, *, deps: Deps, candidate_id: str | None = None, cause: Event | None = None
) -> AsyncIterator[Work[Application]]:
    """Open one application for a change; with `candidate_id` only that candidate's own. `version` counts on."""
    async with deps.applications.edit(which, cause) as work:
        if work.state.state == "discarded" or candidate_id not in (None, work.state.candidate_id):
            raise NotFound("application")
        yield work
        if work.left:
            return
        work.emit(*portrait.news(work.state, deps.programme(work.state.programme)))
        work.state.version += 1
        index(work.state, deps=deps)


async def found_due(field: str, *, deps: Deps, now: datetime, **equal: bool | str) -> list[Application]:
    """Applications whose time of this kind has come, the longest overdue first."""
    past = Range(at_most=time_text(now))
    return (await deps.applications.find(Query(equal, {field: past}, sort=field, limit=BATCH))).items


def index(application: Application, *, deps: Deps) -> None:
    """Set what a database finds applications by; personal values only as keyed hashes."""
    programme = deps.programme(application.programme)
    for form_field in programme.fields:
        text = normalise(form_field, application.values.get(form_field.id, ""))
        if form_field.kind == "school":
            application.school = text
        elif form_field.kind == "id_number":
            application.id_number_index = search_key("id_number", text, deps=deps)
        elif form_field.kind == "name":
            application.name_index = search_key("name", text, deps=deps)
    application.identity = identity.status(application, programme)
    kept, edited = timedelta(days=programme.retention.drafts_days), application.edited_at or application.created_at
    left = application.registered_at is not None or application.state == "discarded"
    application.draft_due = None if left else edited + kept
    application.retention_due = retention.due(application, programme)
    check = application.check
    claimed_at = application.review.claimed_at
    lasts = timedelta(minutes=programme.review.claim_minutes)
    application.claim_due = claimed_at + lasts if claimed_at and application.state == "under_review" else None
    application.check_due = _check_due(check) if check and application.state != "withdrawn" else None


def _check_due(check: Check) -> datetime | None:
    return check.proposed_until if check.outcome else check.deadline


def search_key(kind: str, normalised: str, *, deps: Deps) -> str:
    """The keyed hash under which an application with this number or name is found; "" for no value."""
    return deps.vault.blind(f"application|{kind}", normalised) if normalised else ""
