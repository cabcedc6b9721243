"""What the use cases of this service work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.channels import Channels
from services.notify.domain import CodeQuota, Contact, Delivery, Tally
from services.notify.outbox import Outbox
from shared.privacy import Vault
from shared.store.repository import Repository


@dataclass(frozen=True)
class Desk:
    """What handlers work with. `channels`: the first is preferred, the next stand in; `budget`: notices a day in all;
    `kept`: how long it is remembered what was sent."""

    contacts: Repository[Contact]
    deliveries: Repository[Delivery]
    quotas: Repository[CodeQuota]
    tallies: Repository[Tally]
    outbox: Outbox
    channels: Channels
    vault: Vault
    budget: int
    kept: timedelta
    locale: str
    clock: Callable[[], datetime]
