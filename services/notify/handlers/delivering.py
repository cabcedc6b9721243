"""Getting a notice to its reader over one of the channels: never twice, as far as a provider can say.

What is tried is written down before it is sent. After a crash or an answer that says nothing, the provider is asked by
our id before anybody sends again.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from services.notify import domain
from services.notify.channels import Channel, Refused, Report, Sms, Unsure
from services.notify.domain import Delivery, Tally
from services.notify.handlers.desk import Desk
from services.notify.templates import text
from shared.errors import Conflict, NotFound
from shared.programme.days import day_of, midnight_before
from shared.store import Query, Range, time_text
from shared.store.repository import Work

# The day's budget is counted in parts, so that one document is not everybody's bottleneck.
PARTS = 16
BATCH = 200
# Twenty a second where a provider takes 0.2 s. More at once would be in the way of people's requests.
AT_ONCE = 4
# In the place of the provider's reference, when it was found by ours.
FOUND = "found"


async def deliver(delivery: Delivery, *, desk: Desk) -> None:
    """Send one message, or put it off while the contact is unknown or the day's budget used up."""
    now, phone = desk.clock(), delivery.left
    try:
        phone = phone or (await desk.contacts.get(delivery.candidate_id)).phone
    except NotFound:
        await _put_off(delivery, now + domain.RETRY, now, desk=desk)
        return
    if not delivery.tries and not await _within_budget(delivery, now, desk=desk):
        await _put_off(delivery, _tomorrow(now), now, desk=desk)
        return
    sms = sms_of(delivery, phone, desk.locale)
    for channel in _in_turn(desk.channels, delivery.channel):
        async with desk.deliveries.edit(delivery.id) as work:
            if work.state.state != "queued":
                return
            domain.attempt(work.state, channel.name, phone, now)
        if await _tried(channel, sms, now, desk=desk):
            return


async def _tried(channel: Channel, sms: Sms, now: datetime, *, desk: Desk) -> bool:
    """Whether the message is, or may be, with the channel; one that may be there is asked for later."""
    try:
        reference = await channel.send(sms, now)
    except Unsure:
        return True
    except Refused as refusal:
        async with desk.deliveries.edit(sms.id) as work:
            domain.refused(work.state, str(refusal), now)
        return False
    async with desk.deliveries.edit(sms.id) as work:
        domain.sent(work.state, reference, now)
    return True


async def ask(delivery: Delivery, *, desk: Desk) -> None:
    """Ask the provider what became of a message that was tried or sent."""
    now, tried = desk.clock(), delivery.tried_at
    channel = next((each for each in desk.channels if each.name == delivery.channel), None)
    if channel is None or tried is None or delivery.to is None:
        report = Report("sent")
    else:
        try:
            report = await channel.query(sms_of(delivery, delivery.to, desk.locale), tried, now)
        except (Refused, Unsure):
            await _put_off(delivery, now + domain.RETRY_AT_MOST / 4, now, desk=desk)
            return
    async with desk.deliveries.edit(delivery.id) as work:
        _learn(work.state, report, now)


async def sweep(*, desk: Desk) -> int:
    """Send what was interrupted or put off, ask what became of the rest; how many were due. One that fails does not
    hold up the others."""
    errors: list[Exception] = []
    gate, seen, cursor = asyncio.Semaphore(AT_ONCE), 0, None

    async def one(delivery: Delivery) -> None:
        async with gate:
            await (deliver if delivery.state == "queued" else ask)(delivery, desk=desk)

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


def sms_of(delivery: Delivery, phone: str, locale: str) -> Sms:
    """The message as a channel takes it."""
    params = delivery.params
    wording = "" if delivery.template == "code" else text(delivery.template, params, locale)
    return Sms(delivery.id, phone, delivery.template, params, wording)


def _in_turn(channels: Sequence[Channel], tried: str) -> list[Channel]:
    """The channels, that which failed last time at the end."""
    return sorted(channels, key=lambda each: each.name == tried)


def _learn(delivery: Delivery, report: Report, now: datetime) -> None:
    match report.state:
        case "delivered" | "failed" as state:
            domain.arrived(delivery, state, report.reason)
        case "sent" if delivery.state == "trying":
            domain.sent(delivery, FOUND, now)
        case "unknown" if delivery.state == "trying":
            domain.refused(delivery, "never_arrived", now)
        case _:
            domain.still_unheard(delivery, now)


async def _put_off(delivery: Delivery, until: datetime, now: datetime, *, desk: Desk) -> None:
    async with desk.deliveries.edit(delivery.id) as work:
        domain.put_off(work.state, until, now)


async def _within_budget(delivery: Delivery, now: datetime, *, desk: Desk) -> bool:
    part = zlib.crc32(delivery.id.encode()) % PARTS
    tally_id = f"{day_of(now).isoformat()}-{part}"

    def take(work: Work[Tally]) -> bool:
        within = work.state.count < desk.budget // PARTS
        work.state.count += within
        return within

    return await desk.tallies.change(tally_id, take, first=partial(Tally, tally_id, now))


def _tomorrow(now: datetime) -> datetime:
    return midnight_before(now) + timedelta(days=1)
