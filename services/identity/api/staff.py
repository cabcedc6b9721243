"""Operations of staff accounts."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, StringConstraints, model_validator

from services.identity.api.common import Short, binder
from services.identity.domain.signon import BOUND_ROLES
from services.identity.handlers import accounts
from services.identity.handlers.deps import Deps
from shared.clock import utc_now
from shared.http import Call, Route

Scope = dict[Annotated[str, StringConstraints(pattern="^(schools|regions)$")], list[Short]]


class NewStaff(BaseModel):
    """An empty scope means everything, so it is not for roles that are bound to a place."""

    login: Annotated[str, StringConstraints(min_length=2, max_length=64)]
    display: Short
    password: Annotated[str, StringConstraints(min_length=10, max_length=128)]
    roles: list[Short]
    scope: Scope = {}

    @model_validator(mode="after")
    def _bound(self) -> Self:
        if BOUND_ROLES & set(self.roles) and not any(self.scope.values()):
            raise ValueError("these roles need a scope")
        return self


class StaffView(BaseModel):
    id: str


def routes(deps: Deps) -> list[Route]:
    """Made by the launcher or by an administrator."""
    bound, makers = binder(deps), ("service", "staff")
    return [
        Route("POST", "/staff", bound(add_staff), makers, ("admin",), body=NewStaff, returns=StaffView, status=201),
    ]


async def add_staff(call: Call, *, deps: Deps) -> StaffView:
    """Make a staff account"""
    asked = call.body(NewStaff)
    account = await accounts.add_staff(
        asked.login, asked.display, asked.password, asked.roles, asked.scope, call.actor, deps=deps, now=utc_now()
    )
    return StaffView(id=account.id)
