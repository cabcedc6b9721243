"""Use cases of people who want to work here: the real-name form, and the administrator's answer (003.12, 003.13)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from services.identity.domain import signon as domain
from services.identity.domain.account import Account
from services.identity.domain.signon import DocumentKind, Newcomer, RealName, StaffRequest
from services.identity.handlers.captchas import Proof, spend_captcha
from services.identity.handlers.claims import take
from services.identity.handlers.codes import Sent, send_code, spend_code
from services.identity.handlers.deps import STAFF_POLICY, Deps, name_index
from services.identity.handlers.places import check_scope
from services.identity.handlers.sessions import end_sessions
from services.identity.handlers.signon import Door
from shared.audit import Thing, network_of, recorded
from shared.errors import DomainError, Duplicate, Kind, NotFound
from shared.events.audit import ActionRecorded
from shared.events.base import new_id
from shared.programme import id_number
from shared.programme import phone as phones
from shared.programme.days import day_of
from shared.store import Query
from shared.store.repository import Found
from shared.tokens import Actor

Scope = dict[str, list[str]]
PAGE = 50
# What is said of a sign-on, a phone and a document that another has.
TAKEN = (("staff.request_waits", None), ("staff.phone_taken", "/phone"), ("staff.document_taken", "/document_number"))


async def newcomer_of(ticket: str, *, door: Door, now: datetime) -> Newcomer:
    """Who holds this ticket. Raises `signon.expired`."""
    try:
        found = await door.newcomers.get(domain.digest(ticket))
    except NotFound as error:
        raise DomainError("signon.expired", Kind.FORBIDDEN) from error
    if now >= found.expires_at:
        raise DomainError("signon.expired", Kind.FORBIDDEN)
    return found


async def send_join_code(ticket: str, phone: str, proof: Proof, source: str, *, door: Door, now: datetime) -> Sent:
    """Send the code for the phone of the form, for a captcha."""
    newcomer = await newcomer_of(ticket, door=door, now=now)
    if broken := phones.problem(phone):
        raise DomainError(broken, Kind.INVALID, "/phone")
    await spend_captcha(proof, deps=door.deps, now=now)
    return await send_code(newcomer.id, "join", phones.normalise(phone), source, deps=door.deps, now=now)


async def ask(ticket: str, form: RealName, code: str, source: str, *, door: Door, now: datetime) -> StaffRequest:
    """Put the request before an administrator; `source` is the address it comes from.

    Whether a phone or a document is taken is told only to who has proved the phone. Raises `staff.phone_taken`,
    `staff.document_taken`, `staff.phone_differs`, and what the code raises.
    """
    newcomer = await newcomer_of(ticket, door=door, now=now)
    form.check(day_of(now))
    phone = await spend_code(newcomer.id, "join", code, deps=door.deps, now=now)
    if phone != phones.normalise(form.phone):
        raise DomainError("staff.phone_differs", Kind.INVALID, "/phone")
    number = id_number.normalise(form.document_number)
    request = StaffRequest(
        new_id(), newcomer.link, form.name.strip(), form.document_kind, number, form.validity, phone, now
    )
    await _claim(request, door=door)
    asker = Actor("anonymous", "", source=network_of(source))
    await door.requests.add(request.id, request, _told(request, "staff_access_requested", asker, now))
    await _require_claims(request, door=door)
    await door.newcomers.delete(newcomer.id)
    return request


async def waiting(cursor: str | None, *, door: Door) -> Found[StaffRequest]:
    """Requests that wait for an administrator, oldest first."""
    return await door.requests.find(Query({"state": "pending"}, sort="asked_at", limit=PAGE, cursor=cursor))


async def approve(request_id: str, roles: list[str], scope: Scope, actor: Actor, *, door: Door, now: datetime) -> None:
    """Make the account, with the roles and the scope that the administrator gives."""
    domain.check_roles(roles, scope)
    await check_scope(scope, atlas=door.deps.atlas)
    request = await door.requests.get(request_id)
    request.decide("approved", actor.id, now)
    account = Account(
        id=request.id,
        programme="",
        kind="staff",
        password_hash="",
        policy=STAFF_POLICY,
        created_at=now,
        id_number=request.document_number,
        name=request.name,
        name_index=name_index(request.name, deps=door.deps),
        phone=request.phone,
        roles=roles,
        scope=scope,
    )
    told = recorded(actor, "staff_made", Thing("account", account.id), now, after=domain.powers(roles, scope))
    # The account first: what a crash leaves is a request that can be approved once more.
    with suppress(Duplicate):
        await door.deps.accounts.add(account.id, account, told)
    try:
        async with door.requests.edit(request_id) as work:
            work.state.decide("approved", actor.id, now)
            work.emit(_told(work.state, "staff_access_approved", actor, now))
    except DomainError:
        # Refused meanwhile: no account. Approved meanwhile by another: the account is theirs and stays.
        if (await door.requests.get(request_id)).state == "refused":
            await door.deps.accounts.delete(account.id)
        raise


async def refuse(request_id: str, reason: str, actor: Actor, *, door: Door, now: datetime) -> None:
    """Turn a request down; phone, document and sign-on are free for another."""
    async with door.requests.edit(request_id) as work:
        work.state.decide("refused", actor.id, now, reason)
        work.emit(_told(work.state, "staff_access_refused", actor, now))
    # What an outage amid an approval left; one that is under way gives up when it sees the refusal.
    await door.deps.accounts.delete(request_id)
    await end_sessions(request_id, "", deps=door.deps)
    await _release(_claims(work.state, deps=door.deps), work.state, door=door)


async def _claim(request: StaffRequest, *, door: Door) -> None:
    """Take sign-on, phone and document, or none of them."""

    async def lost(holder: str) -> bool:
        """A crash came between its claims and its request, or between its refusal and their release."""
        try:
            return (await door.requests.get(holder)).state == "refused"
        except NotFound:
            return True

    def given_up(holder: Account) -> bool:
        return holder.gone

    def has_another(holder: Account) -> bool:
        return holder.gone or holder.phone != request.phone

    held: list[str] = []
    stale = (given_up, has_another, given_up)
    for key, free, refusal in zip(_claims(request, deps=door.deps), stale, TAKEN, strict=True):
        if not await take(key, request.id, free, deps=door.deps, lost=lost):
            await _release(held, request, door=door)
            raise DomainError(refusal[0], Kind.CONFLICT, refusal[1])
        held.append(key)


async def _require_claims(request: StaffRequest, *, door: Door) -> None:
    """Who came while the request was not written yet may have taken its claims for ones left by a crash."""
    keys = _claims(request, deps=door.deps)
    for key, (code, pointer) in zip(keys, TAKEN, strict=True):
        if await door.deps.accounts.store.holder(key) != request.id:
            await door.requests.delete(request.id)
            await _release(keys, request, door=door)
            raise DomainError(code, Kind.CONFLICT, pointer)


async def _release(keys: Iterable[str], request: StaffRequest, *, door: Door) -> None:
    for key in keys:
        await door.deps.accounts.store.release(key, request.id)


def phone_claim(phone: str, *, deps: Deps) -> str:
    """The claim under which a phone is a member of staff's."""
    return "staff_phone|" + deps.vault.blind("staff_phone", phone)


def document_claim(kind: DocumentKind, number: str, *, deps: Deps) -> str:
    """The claim under which a document is a member of staff's."""
    return "staff_document|" + deps.vault.blind("staff_document", f"{kind}|{number}")


def _claims(request: StaffRequest, *, deps: Deps) -> tuple[str, str, str]:
    document = document_claim(request.document_kind, request.document_number, deps=deps)
    return request.link, phone_claim(request.phone, deps=deps), document


def _told(request: StaffRequest, action: str, actor: Actor, now: datetime) -> ActionRecorded:
    after = {"state": request.state, "document_kind": request.document_kind, "validity": request.validity}
    return recorded(actor, action, Thing("staff_request", request.id), now, after=after)
