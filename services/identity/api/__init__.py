"""HTTP of the identity service: the operations of each module, together."""

from __future__ import annotations

from services.identity.api import accounts, captchas, sessions, staff
from services.identity.handlers.deps import Deps
from shared.http import Route

MODULES = (sessions, captchas, accounts, staff)


def routes(deps: Deps) -> list[Route]:
    """Every operation. Callers of kind `service` are the gateway before it knows who is there."""
    return [route for module in MODULES for route in module.routes(deps)]
