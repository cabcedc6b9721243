"""Use cases of the face reset from vision's answer to the new password, and the sweep over what is not answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from services.identity.domain.account import Account, Proven
from services.identity.domain.reset_tickets import NO_ANSWER, NOT_MATCHED, ResetTicket
from services.identity.handlers.accounts import set_password
from services.identity.handlers.faces import Desk, give_back_try
from shared.audit import Thing, recorded
from shared.errors import AlreadyHandled, Conflict, DomainError, Kind, NotFound
from shared.events.vision import FaceCheckCompleted
from shared.store import Query, Range, time_text
from shared.tokens import Actor

BATCH = 200


async def on_face_check_completed(event: FaceCheckCompleted, *, desk: Desk, clock: Callable[[], datetime]) -> None:
    """Vision has looked. A ticket that is gone has no use for it."""
    try:
        ticket = await desk.tickets.get(event.ticket_id)
        account = await account_behind(ticket, desk=desk)
        bound = account is not None and bool(account.wechat) and account.wechat == ticket.openid
        async with desk.tickets.edit(event.ticket_id, cause=event) as work:
            if account is None and work.state.target is not None:
                work.state.target.account = ""
            now = clock()
            taken = work.state.complete(event, now, bound=bound)
            work.emit(*taken)
            if taken and account is not None and work.state.reasons == [NOT_MATCHED]:
                # Of an account that there is; of others nothing could be read. The five tries a day bound it.
                thing, after = Thing("account", account.id), {"decision": event.decision}
                work.emit(recorded(Actor("anonymous", ""), "face_check_refused", thing, now, after=after))
    except NotFound as error:
        raise AlreadyHandled(event.event_id) from error
    awaited = ticket.photo is not None and ticket.photo.check == event.subject
    if awaited and event.decision == "unusable" and ticket.target:
        await give_back_try(ticket.target.key, desk=desk)


async def finish(ticket_id: str, actor: Actor, password: str, bind: bool, *, desk: Desk, now: datetime) -> ResetTicket:
    """Set the new password; every session of the account ends, the ticket is used up. `bind`: this WeChat shall be the
    second factor from now on. Raises the rule that the password breaks."""
    async with desk.tickets.edit(ticket_id) as work:
        work.state.require_phone(actor.session, now, "proved")
        account = await account_behind(work.state, desk=desk)
        if account is None:
            raise DomainError("face_reset.expired", Kind.CONFLICT)
        # Before the ticket is used up: after a crash between the two the same phone can do it again.
        await set_password(Proven(account, "face", actor.source), password, "", deps=desk.deps, now=now)
        await desk.deps.attempts.delete(work.state.target.key if work.state.target else "")
        if bind:
            async with desk.deps.accounts.edit(account.id) as change:
                change.state.wechat, change.state.wechat_at = work.state.openid, now
                owner = Actor(account.kind, account.id, account.programme, source=actor.source)
                thing = Thing("account", account.id)
                change.emit(recorded(owner, "wechat_bound", thing, now, after={"by": "face"}))
        work.state.state = "done"
    return work.state


async def account_behind(ticket: ResetTicket, *, desk: Desk) -> Account | None:
    """The account that a ticket is about, while its portrait is the one that photos were compared with, and the WeChat
    or the phone that was the second factor is still its own."""
    if ticket.target is None or not ticket.target.account:
        return None
    try:
        account = await desk.deps.accounts.get(ticket.target.account)
    except NotFound:
        return None
    if ticket.bound and account.wechat != ticket.openid:
        return None
    if ticket.phone and ticket.phone != phone_index(account.phone, desk=desk):
        return None
    return account if account.portrait_key and account.portrait_key == ticket.target.portrait else None


def phone_index(phone: str, *, desk: Desk) -> str:
    """How a ticket keeps the phone that was the second factor."""
    return desk.deps.vault.blind("reset_phone", phone)


async def sweep(*, desk: Desk, clock: Callable[[], datetime]) -> int:
    """Checks that nobody answered are asked for once more, and then it is the person's turn again."""
    now, moved = clock(), 0
    due = Query(ranges={"check_due": Range(at_most=time_text(now))}, sort="check_due", limit=BATCH)
    for ticket in (await desk.tickets.find(due)).items:
        with suppress(Conflict, NotFound):  # Answered just now.
            async with desk.tickets.edit(ticket.id) as work:
                work.emit(*work.state.expire_check(now))
            moved += 1
            if work.state.reasons == [NO_ANSWER] and work.state.target:
                await give_back_try(work.state.target.key, desk=desk)
    return moved
