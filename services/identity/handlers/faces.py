"""Use cases of the face reset, from the QR code to the photo (000.24, security.md 6 and 7).

Numbers that nobody has registered go the same way as others: same steps, same counting, same refusal.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.identity.domain import reset_tickets
from services.identity.domain.account import Account
from services.identity.domain.reset_tickets import ResetTicket, Target, Tries
from services.identity.handlers.claims import account_of
from services.identity.handlers.deps import Deps, login_key, programme_of
from services.identity.handlers.sessions import Opened, open_anonymous
from services.identity.wechat import Wechat
from shared.errors import DomainError, FieldError, Kind, NotFound
from shared.events.base import new_id
from shared.events.identity import FacePhotoSpent
from shared.programme import id_number
from shared.programme.days import day_of
from shared.programme.model import Programme
from shared.store.repository import Repository

ADULT_AT = 18


@dataclass(frozen=True)
class Desk:
    """What face resets work with beside the service's own. `wechat` None: no app at WeChat, no face reset. `site` is
    the address that phones open."""

    deps: Deps
    tickets: Repository[ResetTicket]
    tries: Repository[Tries]
    wechat: Wechat | None
    site: str

    def url_of(self, ticket_id: str) -> str:
        """What the QR code says."""
        return f"{self.site}/wx/reset/{ticket_id}"

    def scan_url_of(self, ticket_id: str) -> str:
        """The page of the simulator that plays the scan; empty outside the demo."""
        return self.wechat.scan_url(self.url_of(ticket_id)) if self.wechat else ""


async def issue(programme_id: str, *, desk: Desk, now: datetime) -> tuple[ResetTicket, str]:
    """A ticket for the screen that shows its code, and the only copy of the screen's secret. Raises
    `face_reset.not_offered`."""
    programme = programme_of(desk.deps, programme_id)
    if "face" not in programme.account.reset_channels or desk.wechat is None:
        raise DomainError("face_reset.not_offered", Kind.CONFLICT)
    ticket, secret = reset_tickets.new_ticket(programme.id, now)
    await desk.tickets.add(ticket.id, ticket)
    return ticket, secret


async def watch(ticket_id: str, secret: str, *, desk: Desk) -> ResetTicket:
    """How far it is, for the screen that shows the code."""
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_watcher(secret)
    return ticket


async def begin(ticket_id: str, *, desk: Desk, now: datetime) -> Opened:
    """A session for a phone that has none. Raises what says that this code leads nowhere."""
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_openable("", now)
    return await open_anonymous(ticket.programme, deps=desk.deps, now=now)


async def authorise(ticket_id: str, session: str, *, desk: Desk, now: datetime) -> str:
    """Where the phone learns from WeChat who holds it. The state ties the answer to this session and ticket."""
    (await desk.tickets.get(ticket_id)).require_openable(session, now)
    back = f"{desk.url_of(ticket_id)}/back"
    return _wechat(desk).authorise_url(back, _state(ticket_id, session, desk=desk))


async def open_ticket(ticket_id: str, session: str, code: str, state: str, *, desk: Desk, now: datetime) -> ResetTicket:
    """The phone comes back from WeChat; the first one has the ticket. Raises `face_reset.opened_elsewhere`,
    `face_reset.expired`, `wechat.*`."""
    if not hmac.compare_digest(state.encode(), _state(ticket_id, session, desk=desk).encode()):
        raise DomainError("wechat.code_refused", Kind.INVALID)
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_openable(session, now)
    if ticket.session:
        return ticket
    openid = desk.deps.vault.blind("openid", await _wechat(desk).openid(code))
    async with desk.tickets.edit(ticket_id) as work:
        work.state.open(session, openid, now)
    return work.state


async def look(ticket_id: str, session: str, *, desk: Desk) -> ResetTicket:
    """The ticket for the phone that opened it; for all others it does not exist."""
    ticket = await desk.tickets.get(ticket_id)
    if not ticket.session or not hmac.compare_digest(ticket.session, session):
        raise NotFound("ticket")
    return ticket


async def name(
    ticket_id: str, session: str, login: str, consent: bool, guardian: bool, *, desk: Desk, now: datetime
) -> ResetTicket:
    """Say whose password it is and agree to the comparison. `guardian`: one agrees too, which is asked for below the
    programme's age; the age is what the typed number says, so the answer tells nothing of who is registered."""
    ticket = await desk.tickets.get(ticket_id)
    programme = programme_of(desk.deps, ticket.programme)
    years = _years(login, programme, now)
    young = years is not None and years < programme.account.guardian_below
    broken = {
        "/login": _problem(login, programme, now),
        "/consent": None if consent else "face_reset.consent_missing",
        "/guardian": "face_reset.guardian_missing" if young and not guardian else None,
    }
    if errors := [FieldError(pointer, code) for pointer, code in broken.items() if code]:
        raise DomainError("request.invalid", Kind.INVALID, errors=errors)
    key = login_key(desk.deps, programme.id, id_number.normalise(login))
    account = await account_of(key, deps=desk.deps)
    async with desk.tickets.edit(ticket_id) as work:
        work.state.require_phone(session, now, "opened", "named")
        work.state.name(_target(key, account, minor=years is not None and years < ADULT_AT))
    return work.state


async def submit_photo(
    ticket_id: str, session: str, upload: str, object_key: str, *, desk: Desk, now: datetime
) -> ResetTicket:
    """Have a photo compared; one of the day's tries is used before anybody looks, whatever comes at once."""
    ticket = await desk.tickets.get(ticket_id)
    ticket.require_phone(session, now, "named")
    key = ticket.target.key if ticket.target else ""
    try:
        await _spend_try(key, desk=desk, now=now)
    except DomainError as refusal:
        if refusal.kind is Kind.TOO_MANY:
            async with desk.tickets.edit(ticket_id) as work:
                work.emit(FacePhotoSpent(subject=upload, occurred_at=now))
        raise
    try:
        async with desk.tickets.edit(ticket_id) as work:
            work.state.require_phone(session, now, "named")
            work.emit(*work.state.ask(new_id(), upload, object_key, now))
    except DomainError:
        await give_back_try(key, desk=desk)
        raise
    return work.state


async def give_back_try(key: str, *, desk: Desk) -> None:
    """Nothing was compared."""
    async with desk.tries.edit(key) as work:
        work.state.give_back()


async def _spend_try(key: str, *, desk: Desk, now: datetime) -> None:
    await desk.tries.change(key, lambda work: work.state.spend(now), first=partial(Tries, key))


def _problem(login: str, programme: Programme, now: datetime) -> str | None:
    if programme.account.kind == "issued":
        return None if login.strip() else "field.missing"
    return id_number.problem(login, day_of(now))


def _years(login: str, programme: Programme, now: datetime) -> int | None:
    """Full years by the typed number; None for one that is issued, or wrong, and says nothing."""
    number, today = id_number.normalise(login), day_of(now)
    born = None if programme.account.kind == "issued" else id_number.birth_date(number)
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _target(key: str, account: Account | None, *, minor: bool) -> Target:
    if account is None or account.kind != "candidate":
        return Target(key, minor=minor)
    return Target(key, account.id, account.portrait_key, minor)


def _state(ticket_id: str, session: str, *, desk: Desk) -> str:
    return desk.deps.vault.blind("wechat_state", f"{ticket_id}|{session}")


def _wechat(desk: Desk) -> Wechat:
    if desk.wechat is None:
        raise DomainError("face_reset.not_offered", Kind.CONFLICT)
    return desk.wechat
