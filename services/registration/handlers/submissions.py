"""Use cases from the filled form on: register, subjects, resubmit, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.registration.domain import submission
from services.registration.domain.application import GONE, Application
from services.registration.handlers.deps import Deps, changing, owned
from services.registration.handlers.drafts import discard, release_person
from services.registration.handlers.looking import look_up
from shared.errors import DomainError, FieldError, Kind, NotFound
from shared.programme.days import day_of
from shared.programme.fields import normalise


async def register(application_id: str, candidate_id: str, person: str, *, deps: Deps, now: datetime) -> Application:
    """Leave the form, with the ID number of the account and no other; one that is registered stays as it is. The number
    is claimed for this application before anything is written; a claim that a crash left alone is this application's
    own and is found by the next try."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        if work.state.registered_at and work.state.state not in GONE:
            work.leave()
            return work.state
        programme = deps.programme(work.state.programme)
        looked = await look_up(work.state, programme, deps=deps, day=day_of(now), final=True)
        theirs = not_theirs(work.state, person, deps=deps)
        work.emit(*submission.register(work.state, programme, looked.facts, now, theirs))
        await _claim_number(work.state, deps=deps)
    return work.state


async def keep_choice(
    application_id: str, candidate_id: str, subjects: Sequence[str], *, deps: Deps, now: datetime
) -> Application:
    """Keep a selection that may be submitted, until it is. One that is kept or stands already is only judged again: no
    reviewer shall find a file changed because its candidate looked at it."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        held, programme = work.state, deps.programme(work.state.programme)
        looked = await look_up(held, programme, deps=deps, day=day_of(now))
        submission.require_choice(held, programme, looked.facts, subjects, now)
        unsent = [] if list(subjects) == held.subjects else list(subjects)
        if held.choice == unsent:
            work.leave()
        else:
            held.choice = unsent
    return held


async def choose(
    application_id: str, candidate_id: str, subjects: Sequence[str], *, deps: Deps, now: datetime
) -> Application:
    """Choose subjects and submit, or choose others; those that stand already are only judged again."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        held, programme = work.state, deps.programme(work.state.programme)
        looked = await look_up(held, programme, deps=deps, day=day_of(now))
        stand = held.state != "draft" and held.subjects == list(subjects) and not held.choice
        work.emit(*submission.choose(held, programme, looked.facts, subjects, now))
        if stand:
            work.leave()
    return held


async def resubmit(application_id: str, candidate_id: str, *, deps: Deps, now: datetime) -> Application:
    """Answer a return."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        programme = deps.programme(work.state.programme)
        looked = await look_up(work.state, programme, deps=deps, day=day_of(now))
        work.emit(*submission.resubmit(work.state, programme, looked.facts, now))
    return work.state


async def withdraw(application_id: str, candidate_id: str, *, deps: Deps, now: datetime) -> Application:
    """Give up. A draft that was never registered leaves nothing behind; else the claims go and the record stays."""
    application = await owned(application_id, candidate_id, deps=deps)
    if application.state == "draft" and application.registered_at is None:
        await discard(application, deps=deps, now=now)
        application.state = "withdrawn"
        return application
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        work.emit(*submission.withdraw(work.state, deps.programme(work.state.programme), now))
    await release(work.state, deps=deps)
    return work.state


async def release(application: Application, *, deps: Deps) -> None:
    """Let the person, and the ID number, be registered by another application."""
    await release_person(application, deps=deps)
    await deps.applications.store.release(_number_key(application, deps=deps), application.id)


def not_theirs(application: Application, person: str, *, deps: Deps) -> list[FieldError]:
    """An account (`Actor.person`, "" for none) registers its own ID number and no other."""
    number = _number_of(application, deps=deps)
    if not (person and number) or deps.vault.person(number) == person:
        return []
    return [FieldError("/values/id_number", "id_number.of_another")]


async def _claim_number(application: Application, *, deps: Deps) -> None:
    store, key = deps.applications.store, _number_key(application, deps=deps)
    if await store.claim(key, application.id):
        return
    if taken := await _number_taken(application, deps=deps):
        raise DomainError(taken.code, Kind.CONFLICT, errors=[taken])
    # Its holder is gone or withdrawn, and a crash kept it from letting go.
    await store.release(key, await store.holder(key) or "")
    if not await store.claim(key, application.id):
        raise DomainError("application.id_number_taken", Kind.CONFLICT, "/values/id_number")


async def _number_taken(application: Application, *, deps: Deps) -> FieldError | None:
    holder = await deps.applications.store.holder(_number_key(application, deps=deps))
    if holder is None or holder == application.id:
        return None
    try:
        other = await deps.applications.get(holder)
    except NotFound:
        return None
    return None if other.state in GONE else FieldError("/values/id_number", "application.id_number_taken")


def _number_key(application: Application, *, deps: Deps) -> str:
    number = _number_of(application, deps=deps)
    return deps.vault.blind(f"id_number|{application.programme}", number or application.id)


def _number_of(application: Application, *, deps: Deps) -> str:
    number = ""
    for each in deps.programme(application.programme).fields:
        if each.kind == "id_number":
            number = normalise(each, application.values.get(each.id, ""))
    return number
