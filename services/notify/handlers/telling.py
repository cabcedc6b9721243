"""Who is told what; every message once, however often its event comes."""

from __future__ import annotations

from collections.abc import Mapping

from services.notify import domain
from services.notify.content import AboutCandidate, content
from services.notify.domain import Contact
from services.notify.handlers.delivering import deliver
from services.notify.handlers.desk import Desk
from shared.errors import Duplicate
from shared.events.identity import AccountRegistered, ContactChanged, PasswordChanged, StaffPhoneLeft, WechatUnbound

STAFF_LEFT = {"changed": "staff_phone_left", "closed": "staff_closed"}


async def on_contact(event: AccountRegistered | ContactChanged, *, desk: Desk) -> None:
    """Keep where the candidate is reached, unless something newer is known, and tell them; at a number that is left
    as well, for whoever changed it may not have been its owner."""
    phone = desk.vault.open(event.sealed_contact, f"contact|phone|{event.subject}")
    try:
        await desk.contacts.add(event.subject, Contact(event.subject, phone, event.occurred_at))
    except Duplicate:
        # Before the number is forgotten: after a crash in between it would never be told.
        await _tell_left(event, phone, desk=desk)
        async with desk.contacts.edit(event.subject) as work:
            if event.occurred_at > work.state.told_at:
                work.state = Contact(event.subject, phone, event.occurred_at)
    template = "account_registered" if isinstance(event, AccountRegistered) else "contact_changed"
    await tell(event.event_id, event.subject, template, {}, desk=desk)


async def on_password_changed(event: PasswordChanged, *, desk: Desk) -> None:
    """A changed password is told to its owner."""
    await tell(event.event_id, event.subject, "password_changed", {}, desk=desk)


async def on_wechat_unbound(event: WechatUnbound, *, desk: Desk) -> None:
    """A WeChat that was given up is told to the account's owner."""
    await tell(event.event_id, event.subject, "wechat_unbound", {}, desk=desk)


async def on_staff_phone_left(event: StaffPhoneLeft, *, desk: Desk) -> None:
    """A number that is no longer a member of staff's is told so: whoever changed it may not have been its owner."""
    phone = desk.vault.open(event.sealed_contact, f"contact|phone|{event.subject}")
    await tell(event.event_id, event.subject, STAFF_LEFT[event.why], {}, desk=desk, left=phone)


async def on_progress(event: AboutCandidate, *, desk: Desk) -> None:
    """An application or its payment went on."""
    template, params = content(event)
    await tell(event.event_id, event.candidate_id, template, params, desk=desk)


async def _tell_left(event: AccountRegistered | ContactChanged, phone: str, *, desk: Desk) -> None:
    known = await desk.contacts.get(event.subject)
    if event.occurred_at > known.told_at and known.phone != phone:
        await tell(f"{event.event_id}-left", event.subject, "contact_left", {}, desk=desk, left=known.phone)


async def tell(
    event_id: str, candidate_id: str, template: str, params: Mapping[str, str], *, desk: Desk, left: str | None = None
) -> None:
    """Write the message down, then send it; who finds it written down leaves it to who wrote it, or to the sweep."""
    delivery = domain.queued(f"{event_id}-sms", candidate_id, template, params, desk.clock(), left)
    try:
        await desk.deliveries.add(delivery.id, delivery)
    except Duplicate:
        return
    await deliver(delivery, desk=desk)
