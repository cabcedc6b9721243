"""HTTP of the identity service: the operations of each module, together."""

from __future__ import annotations

from services.identity.api import (
    accounts,
    audit,
    budgets,
    captchas,
    desk,
    face_codes,
    faces,
    first,
    issuing,
    own,
    resets,
    second,
    sessions,
    signon,
    staff,
)
from services.identity.handlers.audit import Chain
from services.identity.handlers.deps import Deps
from services.identity.handlers.faces import Desk
from services.identity.handlers.office import Office
from services.identity.handlers.signon import Door
from shared.http import Route

MODULES = (sessions, budgets, captchas, resets, accounts, second, own, staff)


def routes(deps: Deps, chain: Chain, face: Desk, door: Door, office: Office) -> list[Route]:
    """Every operation. Callers of kind `service` are the gateway before it knows who is there."""
    alone = (route for module in MODULES for route in module.routes(deps))
    offices = [*issuing.routes(office), *desk.routes(office), *first.routes(office)]
    return [*alone, *offices, *audit.routes(chain), *faces.routes(face), *face_codes.routes(face), *signon.routes(door)]
