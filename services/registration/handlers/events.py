"""What other services tell: vision's answers, payment's orders; and the sweep over what is overdue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from services.registration.domain import identity, reviewing, settling, submission
from services.registration.domain.application import Application, Read
from services.registration.handlers import forgetting
from services.registration.handlers.deps import Deps, changing, found_due
from shared.errors import AlreadyHandled, Conflict, NotFound
from shared.events.payment import OrderClosed, OrderCreated, OrderPaid, OrderRefunded
from shared.events.vision import IdentityCheckCompleted
from shared.programme.model import Programme
from shared.store.repository import Work

Clock = Callable[[], datetime]


async def on_identity_check_completed(event: IdentityCheckCompleted, *, deps: Deps, clock: Clock) -> None:
    """Vision has looked. An application deleted meanwhile has no use for it."""
    read: dict[str, Read] = {}
    if event.sealed_fields:
        text = deps.vault.open(event.sealed_fields, f"identity_check|fields|{event.subject}")
        read = {name: _read(field) for name, field in json.loads(text).items()}
    try:
        async with changing(event.application_id, deps=deps, cause=event) as work:
            programme = deps.programme(work.state.programme)
            identity.complete(work.state, programme, event, read, clock())
    except NotFound as error:
        raise AlreadyHandled(event.event_id) from error


def _read(field: Mapping[str, Any]) -> Read:
    return Read(field["text"], field.get("confidence") or 0.0, field.get("doubtful", False))


async def on_order(event: OrderCreated | OrderPaid | OrderRefunded | OrderClosed, *, deps: Deps) -> None:
    """The payment axis follows the payment service."""
    try:
        async with changing(event.application_id, deps=deps, cause=event) as work:
            submission.take_order(work.state, event)
    except NotFound as error:
        raise AlreadyHandled(event.event_id) from error


async def sweep(*, deps: Deps, clock: Clock) -> int:
    """Unanswered checks are asked for once more and then go to a person; abandoned claims end; what has had its days is
    deleted. How many were moved."""
    now, moved = clock(), 0
    for field, move in (("check_due", _move_check), ("claim_due", _lapse_claim)):
        for application in await found_due(field, deps=deps, now=now):
            with suppress(Conflict, NotFound):  # Answered, decided or withdrawn just now.
                async with changing(application.id, deps=deps) as work:
                    move(work, deps.programme(work.state.programme), now)
                moved += 1
    return moved + await forgetting.sweep(deps=deps, now=now)


def _move_check(work: Work[Application], programme: Programme, now: datetime) -> None:
    settling.lapse_proposal(work.state, now)
    work.emit(*identity.expire(work.state, programme, now))


def _lapse_claim(work: Work[Application], programme: Programme, now: datetime) -> None:
    reviewing.lapse(work.state, programme, now)
