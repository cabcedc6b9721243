"""Operations of the first login."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import Operation, Short
from services.identity.api.desk import CorrectionItem, correction_view
from services.identity.api.resets import ProvePhone
from services.identity.handlers import first
from services.identity.handlers.office import Office
from shared.clock import utc_now
from shared.http import Call, Route


class Left(BaseModel):
    """The steps that are left; what became of requests to correct the roll."""

    todo: list[str]
    corrections: list[CorrectionItem]


class OnRoll(BaseModel):
    name: Short
    school: Short


class NewPassword(BaseModel):
    password: Short


class WrongRoll(OnRoll):
    remark: Annotated[str, StringConstraints(max_length=500)]


def routes(office: Office) -> list[Route]:
    """All for the owner; each refuses what is not the next step."""

    def own(function: Operation, method: str, path: str, **more: Any) -> Route:
        return Route(method, "/accounts/first" + path, partial(function, office=office), ("candidate",), **more)

    return [
        own(left, "GET", "", returns=Left),
        own(confirm_roll, "POST", "/roll", body=OnRoll),
        own(ask_correction, "POST", "/correction", body=WrongRoll, returns=CorrectionItem),
        own(choose_password, "POST", "/password", body=NewPassword),
        own(bind_phone, "POST", "/phone", body=ProvePhone),
        own(skip_phone, "POST", "/phone/skip"),
    ]


async def left(call: Call, *, office: Office) -> Left:
    """What is left to do at the first login"""
    account = await first.account_at(call.actor, deps=office.deps)
    asked = await first.corrections_of(call.actor.id, office=office)
    return Left(todo=account.todo, corrections=[correction_view(one) for one in asked])


async def confirm_roll(call: Call, *, office: Office) -> None:
    """Confirm name and school against the roll"""
    asked = call.body(OnRoll)
    await first.confirm_roll(call.actor, asked.name, asked.school, office=office, now=utc_now())


async def ask_correction(call: Call, *, office: Office) -> CorrectionItem:
    """Ask to have the roll corrected"""
    asked = call.body(WrongRoll)
    made = await first.ask_correction(call.actor, asked.name, asked.school, asked.remark, office=office, now=utc_now())
    return correction_view(made)


async def choose_password(call: Call, *, office: Office) -> None:
    """Choose a password in the place of the activation code"""
    await first.choose_password(call.actor, call.body(NewPassword).password, deps=office.deps, now=utc_now())


async def bind_phone(call: Call, *, office: Office) -> None:
    """Bind the phone that the code proves"""
    await first.bind_phone(call.actor, call.body(ProvePhone).code, deps=office.deps, now=utc_now())


async def skip_phone(call: Call, *, office: Office) -> None:
    """Go on without a phone"""
    await first.skip_phone(call.actor, deps=office.deps, now=utc_now())
