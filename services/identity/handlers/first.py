"""Use cases of the first login: the roll, a password, perhaps a phone; each only as the next step (003.4-6)."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from services.identity.domain import attempts as rules
from services.identity.domain import corrections as domain
from services.identity.domain.account import Account, Proven
from services.identity.domain.corrections import Correction
from services.identity.domain.issuing import require_step
from services.identity.handlers import accounts, attempts
from services.identity.handlers.codes import spend_code
from services.identity.handlers.deps import Deps
from services.identity.handlers.office import Office
from services.identity.handlers.sessions import session_of
from shared.audit import Thing, recorded
from shared.errors import Conflict, DomainError, Kind, NotFound
from shared.events.base import new_id
from shared.programme import names
from shared.store import Query
from shared.tokens import Actor

MOST_REQUESTS = 5


async def account_at(actor: Actor, *, deps: Deps) -> Account:
    """The account with what is left to do; the session is brought up to it, should a crash have kept them apart."""
    account = await deps.accounts.get(actor.id)
    await _follow(account, actor.session, deps=deps)
    return account


async def confirm_roll(actor: Actor, name: str, school: str, *, office: Office, now: datetime) -> None:
    """Compare name and school with the roll; a pupil whom it has at another school than the one that opened the
    account belongs there from now on. Raises one neutral `first.roll_differs`, and a growing wait."""
    deps = office.deps
    account = await deps.accounts.get(actor.id)
    require_step(account, "roll")
    tries = f"roll|{account.id}"
    await attempts.charge(tries, "", rules.LOGIN, proved=True, deps=deps, now=now)
    if not await office.registry.on_roll(account.id_number, names.normalise(name), school):
        raise DomainError("first.roll_differs", Kind.INVALID, "/name")
    await _step_done(actor, "roll", deps=deps, now=now, school=school)
    await deps.attempts.delete(tries)


async def choose_password(actor: Actor, new: str, *, deps: Deps, now: datetime) -> None:
    """The password that takes the place of the code; every other session ends, and the code with them."""
    account = await deps.accounts.get(actor.id)
    require_step(account, "password")
    code = (await session_of(actor.session, deps=deps)).code
    proven = Proven(account, "code", actor.source)
    await accounts.set_password(proven, new, actor.session, deps=deps, now=now, first=code)
    await _follow(await deps.accounts.get(actor.id), actor.session, deps=deps)


async def bind_phone(actor: Actor, code: str, *, deps: Deps, now: datetime) -> None:
    """Bind the phone that the code proves."""
    require_step(await deps.accounts.get(actor.id), "phone")
    phone = await spend_code(actor.id, "bind_phone", code, deps=deps, now=now)
    await accounts.change_phone(actor, phone, deps=deps, now=now, first=True)
    await _follow(await deps.accounts.get(actor.id), actor.session, deps=deps)


async def skip_phone(actor: Actor, *, deps: Deps, now: datetime) -> None:
    """Go on without a phone: without one the school resets the password (003.6)."""
    await _step_done(actor, "phone", deps=deps, now=now)


async def ask_correction(
    actor: Actor, name: str, school: str, remark: str, *, office: Office, now: datetime
) -> Correction:
    """Ask to have the roll corrected. One request at a time (`correction.waits`), and not without end."""
    account = await office.deps.accounts.get(actor.id)
    require_step(account, "roll")
    if not name.strip() or not remark.strip() or len(remark) > domain.LONGEST:
        raise DomainError("field.missing", Kind.INVALID, "/remark" if name.strip() else "/name")
    before = await corrections_of(actor.id, office=office)
    if len(before) >= MOST_REQUESTS or any(one.state in domain.NEXT for one in before):
        raise DomainError("correction.waits", Kind.CONFLICT)
    asked = Correction(
        new_id(), account.id, account.programme, account.school, name.strip(), school, remark.strip(), now
    )
    told = recorded(actor, "correction_asked", Thing("correction", asked.id), now)
    await office.corrections.add(asked.id, asked, told)
    return asked


async def corrections_of(account_id: str, *, office: Office) -> list[Correction]:
    """One's own requests."""
    found = await office.corrections.find(Query({"account_id": account_id}, limit=50))
    return sorted(found.items, key=lambda one: one.asked_at)


async def _step_done(actor: Actor, step: str, *, deps: Deps, now: datetime, school: str = "") -> None:
    async with deps.accounts.edit(actor.id) as work:
        require_step(work.state, step)
        work.state.todo, before = work.state.todo[1:], {"school": work.state.school}
        if school not in ("", work.state.school):
            work.state.school, work.state.class_name = school, ""
        after = {"step": step, "school": work.state.school}
        work.emit(recorded(actor, "first_step_done", Thing("account", actor.id), now, before, after))
    await _follow(work.state, actor.session, deps=deps)


async def _follow(account: Account, session_id: str, *, deps: Deps) -> None:
    with suppress(NotFound, Conflict):
        if (await deps.sessions.get(session_id)).todo == account.todo:
            return
        async with deps.sessions.edit(session_id) as work:
            work.state.todo = list(account.todo)
