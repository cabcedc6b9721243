"""Use cases of staff: the queue, one file, decisions. Staff see only the schools of their scope."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from services.registration.domain import identity, reviewing, submission
from services.registration.domain.application import Application
from services.registration.domain.reviewing import Ground, Staff
from services.registration.domain.settling import Settled
from services.registration.handlers.deps import Deps, changing, search_key
from services.registration.handlers.looking import look_up
from shared.audit import Thing, recorded
from shared.errors import NotFound
from shared.events.base import new_id
from shared.programme import id_number, names
from shared.programme.days import day_of
from shared.programme.model import Programme
from shared.store import Query
from shared.store.repository import Found, Work
from shared.tokens import Actor

Scope = Mapping[str, list[str]]
Schools = tuple[str, ...] | None
PAGE = 50
MOST_AT_ONCE = 100
QUEUES: Mapping[str, Mapping[str, object]] = {
    "submitted": {"state": "submitted"},
    "under_review": {"state": "under_review"},
    "identity": {"state": ("submitted", "under_review"), "identity": "needs_review"},
    "second": {"state": ("submitted", "under_review"), "identity": "proposed"},
    "returned": {"state": "returned"},
    "approved": {"state": "approved"},
}
REVIEWED = ("submitted", "under_review", "approved", "returned", "withdrawn")


async def schools_of(scope: Scope, *, deps: Deps) -> Schools:
    """The schools a member of staff may see; None means all."""
    if not scope.get("schools") and not scope.get("regions"):
        return None
    inside = await deps.reference.schools_below(scope.get("regions", ()))
    return tuple(sorted(inside.union(scope.get("schools", ()))))


async def queue(state: str, school: str, cursor: str | None, scope: Scope, *, deps: Deps) -> Found[Application]:
    """Files by state and school, oldest first."""
    schools = await schools_of(scope, deps=deps)
    if school and schools is not None and school not in schools:
        return Found([], None)
    equal = dict(QUEUES.get(state, QUEUES["submitted"]))
    inside = (school,) if school else schools
    if inside is not None:
        equal["school"] = inside
    return await deps.applications.find(Query(equal, sort="submitted_at", limit=PAGE, cursor=cursor))


async def search(words: str, scope: Scope, *, deps: Deps) -> Found[Application]:
    """The files of one person, by exact name or ID number."""
    schools = await schools_of(scope, deps=deps)
    inside = {} if schools is None else {"school": schools}
    equal = {"state": REVIEWED, **_search(words, deps=deps), **inside}
    return await deps.applications.find(Query(equal, sort="submitted_at", limit=PAGE))


async def summary(scope: Scope, *, deps: Deps) -> tuple[dict[str, int], dict[str, int]]:
    """How many files wait, by queue, and by school (those with any)."""
    schools = await schools_of(scope, deps=deps)
    inside = {} if schools is None else {"school": schools}
    counts = {
        name: await deps.applications.store.count(deps.applications.collection, {**equal, **inside})
        for name, equal in QUEUES.items()
    }
    waiting: dict[str, int] = {}
    cursor: str | None = None
    while True:
        query = Query({"state": "submitted", **inside}, sort="submitted_at", limit=500, cursor=cursor)
        page = await deps.applications.store.find(deps.applications.collection, query)
        for document in page.documents:
            waiting[document["school"]] = waiting.get(document["school"], 0) + 1
        cursor = page.next_cursor
        if cursor is None:
            return counts, waiting


async def visible(application_id: str, scope: Scope, *, deps: Deps) -> Application:
    """One submitted file inside the scope; `NotFound` for all others."""
    application = await deps.applications.get(application_id)
    await _require_visible(application, scope, deps=deps)
    return application


def name_of(application: Application, programme: Programme) -> str:
    """The candidate's name as typed; empty for none."""
    return next((application.values.get(each.id, "") for each in programme.fields if each.kind == "name"), "")


async def names_of(application_ids: Sequence[str], *, deps: Deps) -> dict[str, str]:
    """The covered names of those applications that are still there."""
    found = {}
    for application_id in application_ids:
        with suppress(NotFound):
            application = await deps.applications.get(application_id)
            found[application_id] = names.mask(name_of(application, deps.programme(application.programme)))
    return found


async def applied_at(candidate_ids: Sequence[str], *, deps: Deps) -> dict[str, str]:
    """Where these candidates apply, as far as they have said."""
    found = await deps.applications.find(
        Query({"candidate_id": tuple(candidate_ids)}, sort="created_at", limit=MOST_AT_ONCE)
    )
    return {each.candidate_id: each.school for each in found.items if each.school}


async def claim(application_id: str, staff: Staff, scope: Scope, *, deps: Deps, now: datetime) -> Application:
    """Take a file into one's hands; nothing happens to one that does not wait."""
    seen = await visible(application_id, scope, deps=deps)
    programme = deps.programme(seen.programme)
    if not reviewing.claim(seen, programme, staff, now):
        return seen
    async with changing(application_id, deps=deps) as work:
        reviewing.claim(work.state, programme, staff, now)
    return work.state


async def approve(
    application_id: str, staff: Staff, scope: Scope, version: int, *, deps: Deps, now: datetime
) -> Application:
    """Approve the file as it was seen."""
    opened = _deciding(application_id, "application_approved", staff, scope, version, deps=deps, now=now)
    async with opened as (work, programme):
        looked = await look_up(work.state, programme, deps=deps, day=day_of(now))
        errors = [
            *submission.problems(work.state, programme, looked.facts),
            *submission.subject_problems(work.state, programme, looked.facts),
        ]
        work.emit(*reviewing.approve(work.state, programme, staff, errors, now))
    return work.state


async def send_back(
    application_id: str, staff: Staff, scope: Scope, version: int, ground: Ground, *, deps: Deps, now: datetime
) -> Application:
    """Return the file as it was seen."""
    opened = _deciding(application_id, "application_returned", staff, scope, version, deps=deps, now=now)
    async with opened as (work, programme):
        work.emit(*reviewing.send_back(work.state, programme, staff, ground, now))
    return work.state


async def undo(
    application_id: str, staff: Staff, scope: Scope, version: int, *, deps: Deps, now: datetime
) -> Application:
    """Take one's own decision back."""
    opened = _deciding(application_id, "decision_undone", staff, scope, version, deps=deps, now=now)
    async with opened as (work, programme):
        work.emit(*reviewing.undo(work.state, programme, staff, now))
    return work.state


async def decide_identity(
    application_id: str,
    decision: Settled,
    staff: Staff,
    scope: Scope,
    version: int,
    remark: str,
    *,
    deps: Deps,
    now: datetime,
) -> Application:
    """Settle the identity check by hand."""
    opened = _deciding(application_id, f"identity_{decision}", staff, scope, version, deps=deps, now=now)
    async with opened as (work, programme):
        work.emit(*reviewing.decide_identity(work.state, programme, decision, staff, remark, now))
    return work.state


async def ask_identity_again(
    application_id: str, staff: Staff, scope: Scope, version: int, *, deps: Deps, now: datetime
) -> Application:
    """Have vision look again, in the lane for those who wait."""
    opened = _deciding(application_id, "identity_asked_again", staff, scope, version, deps=deps, now=now)
    async with opened as (work, programme):
        work.emit(*reviewing.ask_identity_again(work.state, programme, staff, new_id(), now))
    return work.state


@asynccontextmanager
async def _deciding(
    application_id: str, action: str, staff: Staff, scope: Scope, version: int, *, deps: Deps, now: datetime
) -> AsyncIterator[tuple[Work[Application], Programme]]:
    """Open one file as it was seen for a decision, which the audit log is told of."""
    async with changing(application_id, deps=deps) as work:
        await _require_visible(work.state, scope, deps=deps)
        reviewing.require_version(work.state, version)
        programme = deps.programme(work.state.programme)
        before = _standing(work.state, programme)
        yield work, programme
        actor, thing = Actor("staff", staff.id, source=staff.source), Thing("application", application_id)
        work.emit(recorded(actor, action, thing, now, before, _standing(work.state, programme)))


def _standing(application: Application, programme: Programme) -> dict[str, str]:
    """What a decision may change, in codes."""
    review = application.review
    return {
        "state": application.state,
        "identity": identity.status(application, programme),
        "level": str(review.level),
        "reason": review.reason_code,
    }


async def _require_visible(application: Application, scope: Scope, *, deps: Deps) -> None:
    schools = await schools_of(scope, deps=deps)
    if application.submitted_at is None or (schools is not None and application.school not in schools):
        raise NotFound("application")


def _search(words: str, *, deps: Deps) -> dict[str, object]:
    number = id_number.normalise(words)
    if id_number.has_valid_checksum(number):
        return {"id_number_index": search_key("id_number", number, deps=deps)}
    return {"name_index": search_key("name", names.normalise(words), deps=deps)}
