"""Operations of budgets."""

from __future__ import annotations

from pydantic import BaseModel

from services.identity.api.common import SERVICE, Short, binder
from services.identity.domain.budgets import Matter
from services.identity.handlers import budgets
from services.identity.handlers.deps import Deps
from shared.clock import utc_now
from shared.http import Call, Route


class Spending(BaseModel):
    matter: Matter
    source: Short


def routes(deps: Deps) -> list[Route]:
    """Asked by the gateway, which alone knows addresses."""
    return [Route("POST", "/budgets", binder(deps)(spend), SERVICE, body=Spending)]


async def spend(call: Call, *, deps: Deps) -> None:
    """Count what an address does"""
    asked = call.body(Spending)
    await budgets.spend(asked.matter, asked.source, deps=deps, now=utc_now())
