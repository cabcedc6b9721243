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
RETRY_AT_MOST = timedelta(hours=1)
# A provider lists what it has taken a little later; only then does "never heard of it" mean that.
ASK_AFTER = timedelta(minutes=2)
# When a provider is asked whether a message arrived, counted from its sending; then it stays "sent".
REPORTS_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1))

State = Literal["queued", "trying", "sent", "delivered", "failed", "undeliverable"]


@dataclass
class Contact:
    """Where a candidate is reached. `id` is the candidate's; `phone` is sealed at rest; `told_at`: by which event."""

    id: str
    phone: str
    told_at: datetime


@dataclass
class Delivery:
    """One message to one person. `due_at`: when to try or ask (again); None: finished. `channel` tried or carries it,
    `to` is the number it went to (sealed at rest; asked for with it), `reference` the provider's. `left`, sealed too:
    the number it is for when that is no longer the candidate's. `candidate_id` is empty for one-time codes, whose
    digits are never kept."""

    id: str
    candidate_id: str
    channel: str
    template: str
    params: Mapping[str, str]
    created_at: datetime
    due_at: datetime | None
    state: State = "queued"
    sent_at: datetime | None = None
    to: str | None = None
    left: str | None = None
    tried_at: datetime | None = None
    tries: int = 0
    asked: int = 0
    reference: str = ""
    reason: str = ""


@dataclass
class CodeQuota:
    """When codes went to a number; `id` is the number's blind index, `last` the newest of `sent`."""

    id: str
    last: datetime
    sent: list[datetime] = field(default_factory=list)


@dataclass
class Tally:
    """How many notices a part of the day's budget has seen."""

    id: str
    day: datetime
    count: int = 0


def queued(
    delivery_id: str,
    candidate_id: str,
    template: str,
    params: Mapping[str, str],
    now: datetime,
    left: str | None = None,
) -> Delivery:
    """A message that is to be sent now; the sweep takes it up when this is interrupted."""
    return Delivery(delivery_id, candidate_id, "", template, params, now, _whole(now + RETRY), left=left)


def code_of(delivery_id: str, now: datetime) -> Delivery:
    """A one-time code. The sweep never sends it: by then it is worth nothing."""
    return Delivery(delivery_id, "", "", "code", {}, now, None)


def code_failed(delivery: Delivery, reason: str) -> None:
    """A channel has not, or perhaps not, taken a code; it is never asked for."""
    delivery.reason, delivery.to = reason, None


def attempt(delivery: Delivery, channel: str, to: str, now: datetime) -> None:
    """Write down, before anything is sent, through which channel it is tried: after a crash this one is asked first."""
    delivery.state, delivery.channel, delivery.to, delivery.tried_at = "trying", channel, to, now
    delivery.tries += 1
    if delivery.template != "code":
        delivery.due_at = _whole(now + ASK_AFTER)


def refused(delivery: Delivery, reason: str, now: datetime) -> None:
    """No channel has it; again later, each time after twice as long."""
    delivery.state, delivery.reason = "queued", reason
    put_off(delivery, now + min(RETRY * 2 ** min(delivery.tries, 16), RETRY_AT_MOST), now)


def sent(delivery: Delivery, reference: str, now: datetime) -> None:
    """The channel has taken it. Without a reference it reports nothing more."""
    delivery.state, delivery.reference, delivery.reason, delivery.sent_at = "sent", reference, "", now
    if reference:
        delivery.due_at = _whole(now + REPORTS_AFTER[0])
    else:
        _finish(delivery)


def arrived(delivery: Delivery, state: Literal["delivered", "failed"], reason: str) -> None:
    """The provider's last word."""
    delivery.state, delivery.reason = state, reason
    _finish(delivery)


def still_unheard(delivery: Delivery, now: datetime) -> None:
    """No last word yet: ask again later, and at some point no more."""
    delivery.asked += 1
    if delivery.asked < len(REPORTS_AFTER):
        delivery.due_at = _whole(max(now, (delivery.sent_at or now) + REPORTS_AFTER[delivery.asked]))
    else:
        _finish(delivery)


def put_off(delivery: Delivery, until: datetime, now: datetime) -> None:
    """Nothing can be done for it now; after a day it is given up."""
    if now - delivery.created_at > PATIENCE:
        delivery.state = "undeliverable"
        _finish(delivery)
    else:
        delivery.due_at = _whole(until)


def take_code(quota: CodeQuota, now: datetime, midnight: datetime) -> None:
    """Count a code: one a minute, ten a day, which began at `midnight` (security.md 5). Raises `code.too_soon`,
    `code.too_many`."""
    if quota.sent and now - quota.sent[-1] < CODE_GAP:
        wait = CODE_GAP - (now - quota.sent[-1])
        raise DomainError("code.too_soon", Kind.TOO_MANY, params={"seconds": int(wait.total_seconds()) + 1})
    quota.sent = [at for at in quota.sent if at >= midnight]
    if len(quota.sent) >= CODES_A_DAY:
        raise DomainError("code.too_many", Kind.TOO_MANY, params={"limit": CODES_A_DAY})
    quota.sent.append(now)
    quota.last = now


def _finish(delivery: Delivery) -> None:
    delivery.due_at, delivery.to, delivery.left = None, None, None


def _whole(at: datetime) -> datetime:
    # Texts with and without a fraction of a second do not sort as times.
    return at.astimezone(UTC).replace(microsecond=0)
