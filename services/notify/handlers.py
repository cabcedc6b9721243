"""Who is told what; every message once, however often its event comes."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify import domain
from services.notify.content import AboutCandidate, content
from services.notify.domain import CodeQuota, Contact, Delivery, Tally
from services.notify.outbox import Outbox
from services.notify.templates import text
from shared.errors import Conflict, DomainError, Duplicate, Kind, NotFound
from shared.events.identity import AccountRegistered, ContactChanged, PasswordChanged
from shared.privacy import Unreadable, Vault
from shared.store import Query, Range, time_text
from shared.store.repository import Repository

# The day's budget is counted in parts, so that one document is not everybody's bottleneck.
PARTS = 16
COUNT_TRIES = 20
BATCH = 200
AT_ONCE = 8


@dataclass(frozen=True)
class Desk:
    """What handlers work with. `budget`: notices a day in all."""

    contacts: Repository[Contact]
    deliveries: Repository[Delivery]
    quotas: Repository[CodeQuota]
    tallies: Repository[Tally]
    outbox: Outbox
    vault: Vault
    budget: int
    locale: str
    clock: Callable[[], datetime]


async def on_contact(event: AccountRegistered | ContactChanged, *, desk: Desk) -> None:
    """Keep where the candidate is reached, unless something newer is known, and tell them."""
    phone = desk.vault.open(event.sealed_contact, f"contact|phone|{event.subject}")
    try:
        await desk.contacts.add(event.subject, Contact(event.subject, phone, event.occurred_at))
    except Duplicate:
        async with desk.contacts.edit(event.subject) as work:
            if event.occurred_at > work.state.told_at:
                work.state = Contact(event.subject, phone, event.occurred_at)
    template = "account_registered" if isinstance(event, AccountRegistered) else "contact_changed"
    await tell(event.event_id, event.subject, template, {}, desk=desk)


async def on_password_changed(event: PasswordChanged, *, desk: Desk) -> None:
    """A changed password is told to its owner."""
    await tell(event.event_id, event.subject, "password_changed", {}, desk=desk)


async def on_progress(event: AboutCandidate, *, desk: Desk) -> None:
    """An application or its payment went on."""
    template, params = content(event)
    await tell(event.event_id, event.candidate_id, template, params, desk=desk)


async def tell(event_id: str, candidate_id: str, template: str, params: Mapping[str, str], *, desk: Desk) -> None:
    """Write the message down, then send it; who finds it written down leaves it to who wrote it, or to the sweep."""
    delivery = domain.queued(f"{event_id}-sms", candidate_id, template, params, desk.clock())
    try:
        await desk.deliveries.add(delivery.id, delivery)
    except Duplicate:
        return
    await deliver(delivery, desk=desk)


async def deliver(delivery: Delivery, *, desk: Desk) -> None:
    """Send one message, or put it off while the contact is unknown or the day's budget used up."""
    now = desk.clock()
    try:
        contact = await desk.contacts.get(delivery.candidate_id)
    except NotFound:
        await _put_off(delivery, now + domain.RETRY, now, desk=desk)
        return
    if not await _within_budget(delivery, now, desk=desk):
        await _put_off(delivery, _tomorrow(now), now, desk=desk)
        return
    await desk.outbox.send(delivery.id, contact.phone, text(delivery.template, delivery.params, desk.locale), now)
    async with desk.deliveries.edit(delivery.id) as work:
        domain.sent(work.state, now)


async def sweep(*, desk: Desk) -> int:
    """Send what was interrupted or put off; how many were due. One that fails does not hold up the others."""
    errors: list[Exception] = []
    gate, seen, cursor = asyncio.Semaphore(AT_ONCE), 0, None

    async def one(delivery: Delivery) -> None:
        async with gate:
            await deliver(delivery, desk=desk)

    while True:
        due = Range(at_most=time_text(desk.clock()))
        found = await desk.deliveries.find(Query(ranges={"due_at": due}, sort="due_at", limit=BATCH, cursor=cursor))
        results = await asyncio.gather(*(one(each) for each in found.items), return_exceptions=True)
        errors += [each for each in results if isinstance(each, Exception) and not isinstance(each, Conflict)]
        seen, cursor = seen + len(found.items), found.next_cursor
        if cursor is None:
            break
    if errors:
        raise ExceptionGroup("messages not sent", errors)
    return seen


async def send_code(message_id: str, subject: str, sealed_contact: str, code: str, *, desk: Desk) -> None:
    """A one-time code for another service's flow. Raises `code.too_soon`, `code.too_many`, `contact.unreadable`."""
    try:
        phone = desk.vault.open(sealed_contact, f"contact|phone|{subject}")
    except Unreadable as error:
        raise DomainError("contact.unreadable", Kind.INVALID, "/sealed_contact") from error
    now = desk.clock()
    number = desk.vault.blind("code_quota", phone)
    with suppress(Duplicate):
        await desk.quotas.add(number, CodeQuota(number))
    async with desk.quotas.edit(number) as work:
        domain.take_code(work.state, now)
    await desk.outbox.send(message_id, phone, text("code", {"code": code}, desk.locale), now)


async def _put_off(delivery: Delivery, until: datetime, now: datetime, *, desk: Desk) -> None:
    async with desk.deliveries.edit(delivery.id) as work:
        domain.put_off(work.state, until, now)


async def _within_budget(delivery: Delivery, now: datetime, *, desk: Desk) -> bool:
    part = zlib.crc32(delivery.id.encode()) % PARTS
    tally_id = f"{now.date().isoformat()}-{part}"
    with suppress(Duplicate):
        await desk.tallies.add(tally_id, Tally(tally_id))
    for _ in range(COUNT_TRIES):
        with suppress(Conflict):
            async with desk.tallies.edit(tally_id) as work:
                within = work.state.count < desk.budget // PARTS
                work.state.count += within
            return within
    raise Conflict


def _tomorrow(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
