"""The face reset's second factor: a code to the phone number of the account."""

from __future__ import annotations

from datetime import datetime

from services.identity.domain.account import Account
from services.identity.domain.reset_tickets import ResetTicket
from services.identity.handlers.codes import Sent, send_code, spend_code
from services.identity.handlers.face_answers import account_behind, phone_index
from services.identity.handlers.faces import Desk
from shared.errors import DomainError, Kind


async def send(ticket_id: str, session: str, source: str, *, desk: Desk, now: datetime) -> Sent:
    """Send a code; to which number is not said. Raises `face_reset.no_phone`, `code.*`."""
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_phone(session, now, "verified")
    account = await _account(ticket, desk=desk)
    if not account.phone:
        raise DomainError("face_reset.no_phone", Kind.CONFLICT)
    about = f"face|{account.id}"
    return await send_code(
        ticket.id, "face_reset", account.phone, source, deps=desk.deps, now=now, about=about, owner=account.id
    )


async def prove(ticket_id: str, session: str, code: str, *, desk: Desk, now: datetime) -> ResetTicket:
    """The code is right, and was sent to the number the account has now. Raises `code.*`."""
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_phone(session, now, "verified")
    phone = await spend_code(ticket.id, "face_reset", code, deps=desk.deps, now=now)
    if phone != (await _account(ticket, desk=desk)).phone:
        raise DomainError("code.wrong", Kind.INVALID, "/code")
    async with desk.tickets.edit(ticket_id) as work:
        work.state.require_phone(session, now, "verified")
        work.state.state, work.state.phone = "proved", phone_index(phone, desk=desk)
    return work.state


async def _account(ticket: ResetTicket, *, desk: Desk) -> Account:
    account = await account_behind(ticket, desk=desk)
    if account is None:
        raise DomainError("face_reset.expired", Kind.CONFLICT)
    return account
