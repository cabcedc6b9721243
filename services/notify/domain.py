"""Contacts, deliveries and how many messages a number may get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.errors import DomainError, Kind

CODE_GAP = timedelta(minutes=1)
CODES_A_DAY = 10
DAY = timedelta(days=1)
# A contact may come after the first message for it; then there is nobody to tell.
PATIENCE = timedelta(days=1)
RETRY = timedelta(seconds=30)


@dataclass
class Contact:
    """Where a candidate is reached. `id` is the candidate's; `phone` is sealed at rest; `told_at`: by which event."""

    id: str
    phone: str
    told_at: datetime


@dataclass
class Delivery:
    """One message to one person over one channel. `due_at`: when to try (again); None: finished."""

    id: str
    candidate_id: str
    channel: str
    template: str
    params: Mapping[str, str]
    created_at: datetime
    due_at: datetime | None
    state: Literal["queued", "sent", "undeliverable"] = "queued"
    sent_at: datetime | None = None


@dataclass
class CodeQuota:
    """When codes went to a number; `id` is the number's blind index."""

    id: str
    sent: list[datetime] = field(default_factory=list)


@dataclass
class Tally:
    """How many notices a part of the day's budget has seen."""

    id: str
    count: int = 0


def queued(delivery_id: str, candidate_id: str, template: str, params: Mapping[str, str], now: datetime) -> Delivery:
    """A message that is to be sent now; the sweep takes it up when this is interrupted."""
    return Delivery(delivery_id, candidate_id, "sms", template, params, now, _whole(now + RETRY))


def sent(delivery: Delivery, now: datetime) -> None:
    """The channel has taken it."""
    delivery.state, delivery.sent_at, delivery.due_at = "sent", now, None


def put_off(delivery: Delivery, until: datetime, now: datetime) -> None:
    """It cannot be sent now; after a day it is given up."""
    if now - delivery.created_at > PATIENCE:
        delivery.state, delivery.due_at = "undeliverable", None
    else:
        delivery.due_at = _whole(until)


def take_code(quota: CodeQuota, now: datetime) -> None:
    """Count a code: one a minute, ten a day (security.md 5). Raises `code.too_soon`, `code.too_many`."""
    quota.sent = [at for at in quota.sent if now - at < DAY]
    if quota.sent and now - quota.sent[-1] < CODE_GAP:
        wait = CODE_GAP - (now - quota.sent[-1])
        raise DomainError("code.too_soon", Kind.TOO_MANY, params={"seconds": int(wait.total_seconds()) + 1})
    if len(quota.sent) >= CODES_A_DAY:
        raise DomainError("code.too_many", Kind.TOO_MANY, params={"limit": CODES_A_DAY})
    quota.sent.append(now)


def _whole(at: datetime) -> datetime:
    # Texts with and without a fraction of a second do not sort as times.
    return at.astimezone(UTC).replace(microsecond=0)
