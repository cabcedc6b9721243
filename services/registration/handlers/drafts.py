"""Use cases of drafts: begin, notices, fields, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.registration.domain import drafting, identity, retention
from services.registration.domain.application import GONE, Application, Attachment, begin
from services.registration.handlers.deps import Deps, changing, index, owned
from shared.errors import Conflict, Duplicate, NotFound
from shared.events.base import new_id
from shared.programme.identity_check import CHECKED_PICTURES
from shared.programme.model import Programme
from shared.store import Query


async def start(programme_id: str, candidate_id: str, *, deps: Deps, now: datetime) -> Application:
    """This person's application in the programme, begun if there is none. Who holds the claim is the application's
    id, so that a crash between claim and write is mended by the next call."""
    programme = deps.programme(programme_id)
    newest = await deps.applications.find(_newest(programme_id, candidate_id))
    if newest.items and newest.items[0].state not in GONE:
        return newest.items[0]
    return await _begin(programme, candidate_id, deps=deps, now=now)


def _newest(programme_id: str, candidate_id: str) -> Query:
    return Query({"candidate_id": candidate_id, "programme": programme_id}, sort="-created_at", limit=1)


async def _begin(programme: Programme, candidate_id: str, *, deps: Deps, now: datetime) -> Application:
    store, key = deps.applications.store, _person_key(programme.id, candidate_id)
    application_id = await store.holder(key)
    if application_id is None:
        application_id = new_id()
        if not await store.claim(key, application_id):
            raise Conflict
    try:
        held = await deps.applications.get(application_id)
    except NotFound:
        application = begin(application_id, programme, candidate_id, now)
    else:
        if held.state not in GONE:
            return held
        await release_person(held, deps=deps)
        raise Conflict
    index(application, deps=deps)
    try:
        await deps.applications.add(application_id, application)
    except Duplicate as error:
        raise Conflict from error
    return application


async def mine(candidate_id: str, *, deps: Deps) -> list[Application]:
    """The person's applications in all programmes, oldest first; withdrawn ones as well."""
    found = await deps.applications.find(Query(equal={"candidate_id": candidate_id}, sort="created_at"))
    return [each for each in found.items if each.state != "discarded"]


async def accept(application_id: str, candidate_id: str, stage: str, *, deps: Deps, now: datetime) -> Application:
    """Accept the notice of the current stage."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        programme = deps.programme(work.state.programme)
        drafting.accept(work.state, programme, stage, now)
    return work.state


async def decline(application_id: str, candidate_id: str, stage: str, *, deps: Deps, now: datetime) -> None:
    """Decline the notice of the current stage: nothing is registered, the draft is deleted."""
    application = await owned(application_id, candidate_id, deps=deps)
    drafting.require_notice(application, deps.programme(application.programme), stage)
    await discard(application, deps=deps, now=now)


async def discard(application: Application, *, deps: Deps, now: datetime) -> None:
    """Empty a draft as it was seen, have its pictures deleted, and let its person begin anew; the sweep takes away what
    is left once that is told. Raises `Conflict` when it has changed meanwhile."""
    async with deps.applications.edit(application.id) as work:
        if work.state.version != application.version:
            raise Conflict
        work.emit(*retention.bury(work.state, now))
        index(work.state, deps=deps)
    await release_person(application, deps=deps)


async def release_person(application: Application, *, deps: Deps) -> None:
    """Let the person begin another application in the programme."""
    key = _person_key(application.programme, application.candidate_id)
    await deps.applications.store.release(key, application.id)


async def set_fields(
    application_id: str, candidate_id: str, typed: Mapping[str, str], *, deps: Deps, now: datetime
) -> Application:
    """Keep fields as typed."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        drafting.set_fields(work.state, deps.programme(work.state.programme), typed, now)
    return work.state


async def set_own_fields(
    programme_id: str, candidate_id: str, typed: Mapping[str, str], *, deps: Deps, now: datetime
) -> Application:
    """The same for this person's application in the programme, begun if there is none."""
    programme = deps.programme(programme_id)
    try:
        async with changing(_newest(programme_id, candidate_id), deps=deps) as work:
            if work.state.state in GONE:
                raise NotFound("application")
            drafting.set_fields(work.state, programme, typed, now)
        return work.state
    except NotFound:
        begun = await _begin(programme, candidate_id, deps=deps, now=now)
        return await set_fields(begun.id, candidate_id, typed, deps=deps, now=now)


async def attach(
    application_id: str, candidate_id: str, kind: str, attachment: Attachment, *, deps: Deps, now: datetime
) -> Application:
    """Put a picture in its place; one that the identity check looks at asks for a check."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        programme = deps.programme(work.state.programme)
        material, released = drafting.attach(work.state, programme, kind, attachment, now)
        work.emit(*released)
        if material.picture in CHECKED_PICTURES:
            work.emit(*identity.request(work.state, programme, new_id(), now))
    return work.state


async def ask_person(application_id: str, candidate_id: str, *, deps: Deps, now: datetime) -> Application:
    """Leave unreadable pictures to a person."""
    async with changing(application_id, deps=deps, candidate_id=candidate_id) as work:
        identity.ask_person(work.state, deps.programme(work.state.programme), now)
    return work.state


def _person_key(programme_id: str, candidate_id: str) -> str:
    return f"application|{programme_id}|{candidate_id}"
