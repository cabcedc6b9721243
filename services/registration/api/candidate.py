"""Operations of candidates on their own applications, and the programmes for everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel

from services.registration.api import models, programmes, views
from services.registration.domain.application import Application, Attachment
from services.registration.handlers import drafts, submissions
from services.registration.handlers.deps import Deps, owned
from shared.clock import utc_now
from shared.errors import DomainError, Kind
from shared.http import Call, Route
from shared.tokens import Actor, Tokens

PEOPLE = ("anonymous", "candidate")
READERS = ("anonymous", "candidate", "staff", "service")


@dataclass(frozen=True)
class Api:
    """What the operations need; `show` is the answer most of them give."""

    deps: Deps
    tokens: Tokens

    async def show(self, application: Application, actor: Actor) -> models.ApplicationView:
        """The view of an application as it is after the operation, for whom it is."""
        return await views.application_view(application, actor, deps=self.deps, tokens=self.tokens, now=utc_now())


def routes(api: Api) -> list[Route]:
    """Programmes, and everything a candidate does."""
    view = models.ApplicationView

    def bound(function: Callable[..., Awaitable[BaseModel | None]]) -> Callable[[Call], Awaitable[BaseModel | None]]:
        return partial(function, api=api)

    one = "/applications/{id}"
    return [
        Route("GET", "/programmes", bound(list_programmes), READERS, returns=programmes.ProgrammeList),
        Route("GET", "/programmes/{id}", bound(get_programme), READERS, returns=programmes.ProgrammeView),
        Route("POST", "/applications", bound(start), PEOPLE, body=models.Begin, returns=view),
        Route("GET", "/applications", bound(mine), PEOPLE, returns=models.ApplicationList),
        Route("PATCH", "/applications", bound(set_own_fields), PEOPLE, body=models.OwnFields, returns=view),
        Route("GET", one, bound(get), PEOPLE, returns=view),
        Route("POST", one + "/stages/{stage}/accept", bound(accept), PEOPLE, returns=view),
        Route("POST", one + "/stages/{stage}/decline", bound(decline), PEOPLE),
        Route("PATCH", one + "/fields", bound(set_fields), PEOPLE, body=models.Fields, returns=view),
        Route("PUT", one + "/attachments/{kind}", bound(attach), PEOPLE, body=models.Picture, returns=view),
        Route("POST", one + "/identity/ask-person", bound(ask_person), PEOPLE, returns=view),
        Route("POST", one + "/register", bound(register), PEOPLE, returns=view),
        Route("PUT", one + "/choice", bound(keep_choice), PEOPLE, body=models.Choice, returns=view),
        Route("PUT", one + "/subjects", bound(choose), PEOPLE, body=models.Choice, returns=view),
        Route("POST", one + "/resubmit", bound(resubmit), PEOPLE, returns=view),
        Route("POST", one + "/withdraw", bound(withdraw), PEOPLE, returns=view),
    ]


async def list_programmes(_call: Call, *, api: Api) -> programmes.ProgrammeList:
    """Programmes and their windows, first those that close soonest"""
    at = utc_now()
    soonest = sorted(
        api.deps.programmes.values(), key=lambda each: (not each.window.is_open(at), each.window.closes_at)
    )
    items = [programmes.programme_item(each, at) for each in soonest]
    return programmes.ProgrammeList(items=items)


async def get_programme(call: Call, *, api: Api) -> programmes.ProgrammeView:
    """Everything about one programme"""
    return programmes.programme_view(api.deps.programme(call.path["id"]), utc_now())


async def start(call: Call, *, api: Api) -> models.ApplicationView:
    """Begin, or go on with, one's application"""
    programme = call.body(models.Begin).programme
    _require_at_home(call, programme, api=api)
    application = await drafts.start(programme, call.actor.id, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def set_own_fields(call: Call, *, api: Api) -> models.ApplicationView:
    """Keep fields of one's application as typed, begun if there is none"""
    given = call.body(models.OwnFields)
    _require_at_home(call, given.programme, api=api)
    application = await drafts.set_own_fields(
        given.programme, call.actor.id, given.values, deps=api.deps, now=utc_now()
    )
    return await api.show(application, call.actor)


def _require_at_home(call: Call, wanted: str, *, api: Api) -> None:
    if call.actor.programme not in ("", wanted):
        # Accounts are per programme: nobody could sign in to an application begun from another one's session.
        raise DomainError("actor.not_allowed", Kind.FORBIDDEN)
    if call.actor.kind == "anonymous" and api.deps.programme(wanted).account.opened_by == "office":
        raise DomainError("session.required", Kind.UNAUTHENTICATED)


async def mine(call: Call, *, api: Api) -> models.ApplicationList:
    """One's own applications"""
    found = await drafts.mine(call.actor.id, deps=api.deps)
    return models.ApplicationList(items=[await api.show(each, call.actor) for each in found])


async def get(call: Call, *, api: Api) -> models.ApplicationView:
    """One's own application"""
    application = await owned(call.path["id"], call.actor.id, deps=api.deps)
    return await api.show(application, call.actor)


async def accept(call: Call, *, api: Api) -> models.ApplicationView:
    """Accept the notice of the current stage"""
    stage = call.path["stage"]
    application = await drafts.accept(call.path["id"], call.actor.id, stage, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def decline(call: Call, *, api: Api) -> None:
    """Decline the notice: the draft is deleted"""
    await drafts.decline(call.path["id"], call.actor.id, call.path["stage"], deps=api.deps, now=utc_now())


async def set_fields(call: Call, *, api: Api) -> models.ApplicationView:
    """Keep fields as typed"""
    typed = call.body(models.Fields).values
    application = await drafts.set_fields(call.path["id"], call.actor.id, typed, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def attach(call: Call, *, api: Api) -> models.ApplicationView:
    """Put a picture in its place"""
    given, at = call.body(models.Picture), utc_now()
    if given.grant:
        api.tokens.check_grant(given.grant, f"upload:{given.upload_id}")
    picture = Attachment(given.upload_id, given.object_key, given.width, given.height, at)
    kind = call.path["kind"]
    application = await drafts.attach(call.path["id"], call.actor.id, kind, picture, deps=api.deps, now=at)
    return await api.show(application, call.actor)


async def ask_person(call: Call, *, api: Api) -> models.ApplicationView:
    """Leave unreadable pictures to a person"""
    application = await drafts.ask_person(call.path["id"], call.actor.id, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def register(call: Call, *, api: Api) -> models.ApplicationView:
    """Leave the form: registered from here on; sent again, it says so again"""
    who = call.actor
    application = await submissions.register(call.path["id"], who.id, who.person, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def keep_choice(call: Call, *, api: Api) -> models.ApplicationView:
    """Keep subjects that may be chosen, without submitting them"""
    chosen = call.body(models.Choice).subjects
    held = await submissions.keep_choice(call.path["id"], call.actor.id, chosen, deps=api.deps, now=utc_now())
    return await api.show(held, call.actor)


async def choose(call: Call, *, api: Api) -> models.ApplicationView:
    """Choose subjects and submit; those that stand already are judged again"""
    chosen = call.body(models.Choice).subjects
    application = await submissions.choose(call.path["id"], call.actor.id, chosen, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def resubmit(call: Call, *, api: Api) -> models.ApplicationView:
    """Answer a return"""
    application = await submissions.resubmit(call.path["id"], call.actor.id, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)


async def withdraw(call: Call, *, api: Api) -> models.ApplicationView:
    """Give the application up"""
    application = await submissions.withdraw(call.path["id"], call.actor.id, deps=api.deps, now=utc_now())
    return await api.show(application, call.actor)
