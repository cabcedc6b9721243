"""Operations of reviewers. What a member of staff may see is limited by the scope in their token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import BaseModel

from services.registration.api import models
from services.registration.api.candidate import Api
from services.registration.domain import identity
from services.registration.domain.application import Application
from services.registration.domain.reviewing import Ground, Staff
from services.registration.domain.settling import Settled
from services.registration.handlers import reviews
from shared.clock import utc_now
from shared.http import Call, Route
from shared.store.repository import Found
from shared.tokens import cash_resource

STAFF = ("staff",)
REVIEWERS = ("school", "point", "city", "province", "reviewer", "admin")
FINANCE = ("finance",)
UNBOUNDED = frozenset({"province", "reviewer", "admin"})
NOWHERE: reviews.Scope = {"schools": ["none"]}


def routes(api: Api) -> list[Route]:
    """The queue, one file, decisions."""

    def bound(function: Callable[..., Awaitable[BaseModel]]) -> Callable[[Call], Awaitable[BaseModel]]:
        return partial(function, api=api)

    one, view = "/review/applications/{id}", models.ApplicationView
    listed = Route(
        "GET", "/review/queue", bound(queue), STAFF, REVIEWERS, query=models.QueueQuery, returns=models.QueueView
    )
    decisions = {
        "approve": approve,
        "return": send_back,
        "undo": undo,
        "identity-confirm": confirm_identity,
        "identity-refuse": refuse_identity,
        "identity-again": ask_identity_again,
    }
    return [
        listed,
        Route("POST", "/review/search", bound(search), STAFF, REVIEWERS, body=models.Search, returns=models.QueueView),
        Route("GET", "/review/summary", bound(summary), STAFF, REVIEWERS, returns=models.SummaryView),
        Route("POST", "/applications/names", bound(names), STAFF, FINANCE, body=models.Files, returns=models.Names),
        Route(
            "POST",
            "/applications/schools",
            bound(schools),
            ("service",),
            body=models.Candidates,
            returns=models.Schools,
        ),
        Route("GET", one, bound(file), STAFF, REVIEWERS, returns=view),
        Route("POST", one + "/claim", bound(claim), STAFF, REVIEWERS, returns=view),
        *(
            Route("POST", f"{one}/{name}", bound(decision), STAFF, REVIEWERS, body=models.Decision, returns=view)
            for name, decision in decisions.items()
        ),
    ]


async def queue(call: Call, *, api: Api) -> models.QueueView:
    """Files by state and school, oldest first"""
    asked = call.query(models.QueueQuery)
    found = await reviews.queue(asked.state, asked.school, asked.cursor or None, _scope(call), deps=api.deps)
    return await _listed(found, api)


async def search(call: Call, *, api: Api) -> models.QueueView:
    """The files of one person, by exact name or ID number"""
    return await _listed(await reviews.search(call.body(models.Search).q, _scope(call), deps=api.deps), api)


async def summary(call: Call, *, api: Api) -> models.SummaryView:
    """How much waits, by queue and by school"""
    states, waiting = await reviews.summary(_scope(call), deps=api.deps)
    schools = [
        models.SchoolCount(id=code, title=await _school_title(code, api), waiting=count)
        for code, count in sorted(waiting.items(), key=lambda each: (-each[1], each[0]))
    ]
    return models.SummaryView(states=states, schools=schools)


async def file(call: Call, *, api: Api) -> models.ApplicationView:
    """One file"""
    shown = await api.show(await reviews.visible(call.path["id"], _scope(call), deps=api.deps), call.actor)
    return shown.model_copy(update={"cash_grant": api.tokens.grant(cash_resource(shown.id, call.actor))})


async def names(call: Call, *, api: Api) -> models.Names:
    """Whose applications these are, for those who handle their money"""
    return models.Names(names=await reviews.names_of(call.body(models.Files).ids, deps=api.deps))


async def schools(call: Call, *, api: Api) -> models.Schools:
    """Where candidates apply, for identity: whose desk may reset their password"""
    return models.Schools(schools=await reviews.applied_at(call.body(models.Candidates).ids, deps=api.deps))


async def claim(call: Call, *, api: Api) -> models.ApplicationView:
    """Take a file into one's hands"""
    claimed = await reviews.claim(call.path["id"], _staff(call), _scope(call), deps=api.deps, now=utc_now())
    return await api.show(claimed, call.actor)


async def approve(call: Call, *, api: Api) -> models.ApplicationView:
    """Approve"""
    version = call.body(models.Decision).version
    done = await reviews.approve(call.path["id"], _staff(call), _scope(call), version, deps=api.deps, now=utc_now())
    return await api.show(done, call.actor)


async def send_back(call: Call, *, api: Api) -> models.ApplicationView:
    """Return for changes with a reason"""
    given = call.body(models.Decision)
    ground = Ground(given.reason_code, given.field, given.remark)
    done = await reviews.send_back(
        call.path["id"], _staff(call), _scope(call), given.version, ground, deps=api.deps, now=utc_now()
    )
    return await api.show(done, call.actor)


async def undo(call: Call, *, api: Api) -> models.ApplicationView:
    """Take one's own decision back"""
    version = call.body(models.Decision).version
    done = await reviews.undo(call.path["id"], _staff(call), _scope(call), version, deps=api.deps, now=utc_now())
    return await api.show(done, call.actor)


async def confirm_identity(call: Call, *, api: Api) -> models.ApplicationView:
    """Confirm by hand that card, photo and data belong to the candidate"""
    return await _decide_identity(call, "confirmed", api)


async def refuse_identity(call: Call, *, api: Api) -> models.ApplicationView:
    """Refuse the pictures by hand: the candidate has to bring others"""
    return await _decide_identity(call, "refused", api)


async def ask_identity_again(call: Call, *, api: Api) -> models.ApplicationView:
    """Have the pictures looked at once more, at once"""
    version = call.body(models.Decision).version
    done = await reviews.ask_identity_again(
        call.path["id"], _staff(call), _scope(call), version, deps=api.deps, now=utc_now()
    )
    return await api.show(done, call.actor)


async def _decide_identity(call: Call, decision: Settled, api: Api) -> models.ApplicationView:
    given = call.body(models.Decision)
    done = await reviews.decide_identity(
        call.path["id"],
        decision,
        _staff(call),
        _scope(call),
        given.version,
        given.remark,
        deps=api.deps,
        now=utc_now(),
    )
    return await api.show(done, call.actor)


async def _listed(found: Found[Application], api: Api) -> models.QueueView:
    titles = {code: await _school_title(code, api) for code in {each.school for each in found.items}}
    items = [_item(application, titles[application.school], api) for application in found.items]
    return models.QueueView(items=items, next_cursor=found.next_cursor)


def _item(application: Application, school_title: str, api: Api) -> models.QueueItem:
    programme = api.deps.programme(application.programme)
    return models.QueueItem(
        id=application.id,
        name=reviews.name_of(application, programme),
        school=application.school,
        school_title=school_title,
        state=application.state,
        identity=identity.status(application, programme),
        payment=application.payment.status,
        claimed_by=application.review.claimed_by,
        submitted_at=application.submitted_at,
    )


async def _school_title(code: str, api: Api) -> str:
    found = await api.deps.reference.school(code) if code else None
    return found.name if found else code


def _scope(call: Call) -> reviews.Scope:
    """The scope of the token. An empty one means everything only to those whose office has no bounds."""
    bounded = not set(call.actor.roles) & UNBOUNDED
    return NOWHERE if bounded and not any(call.actor.scope.values()) else call.actor.scope


def _staff(call: Call) -> Staff:
    return Staff(call.actor.id, call.actor.roles, call.actor.source)
