"""One-time codes of other services' flows. Somebody waits for them, so a second channel stands in at once."""

from __future__ import annotations

from contextlib import suppress

from services.notify import domain
from services.notify.channels import Refused, Sms, Unsure
from services.notify.domain import CodeQuota, Delivery
from services.notify.handlers.desk import Desk
from services.notify.templates import text
from shared.errors import DomainError, Duplicate, Kind, NotFound
from shared.privacy import Unreadable
from shared.programme.days import midnight_before


async def send_code(message_id: str, subject: str, sealed_contact: str, code: str, *, desk: Desk) -> None:
    """Send a code. The same id again sends it only if it may not have gone out, and is not counted twice.

    Raises `code.too_soon`, `code.too_many`, `code.not_sent`, `contact.unreadable`.
    """
    try:
        phone = desk.vault.open(sealed_contact, f"contact|phone|{subject}")
    except Unreadable as error:
        raise DomainError("contact.unreadable", Kind.INVALID, "/sealed_contact") from error
    delivery_id = f"{message_id}-code"
    try:
        delivery = await desk.deliveries.get(delivery_id)
    except NotFound:
        delivery = await _begin(delivery_id, phone, desk=desk)
    if delivery.state not in ("queued", "trying"):
        return
    params = {"code": code}
    await _send(Sms(delivery_id, phone, "code", params, text("code", params, desk.locale)), desk=desk)


async def _begin(delivery_id: str, phone: str, *, desk: Desk) -> Delivery:
    number, now = desk.vault.blind("code_quota", phone), desk.clock()
    with suppress(Duplicate):
        await desk.quotas.add(number, CodeQuota(number, now))
    async with desk.quotas.edit(number) as work:
        # As identity counts its days: what it lets through is sent.
        domain.take_code(work.state, now, midnight_before(now))
    delivery = domain.code_of(delivery_id, now)
    await desk.deliveries.add(delivery_id, delivery)
    return delivery


async def _send(sms: Sms, *, desk: Desk) -> None:
    """Over the first channel that takes it. One that may have taken it is passed over too: two messages with one code
    are better than none."""
    unsure, now = False, desk.clock()
    for channel in desk.channels:
        async with desk.deliveries.edit(sms.id) as work:
            domain.attempt(work.state, channel.name, sms.phone, now)
        try:
            reference = await channel.send(sms, now)
        except Refused as refusal:
            reason = str(refusal)
        except Unsure as doubt:
            unsure, reason = True, str(doubt)
        else:
            async with desk.deliveries.edit(sms.id) as work:
                domain.sent(work.state, reference, now)
            return
        async with desk.deliveries.edit(sms.id) as work:
            domain.code_failed(work.state, reason)
    if not unsure:
        raise DomainError("code.not_sent", Kind.UNAVAILABLE)
