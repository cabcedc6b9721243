"""Use cases of one-time codes: sent within budgets, guessed at five times, spent once (security.md 5).

Who asks is answered before anybody looks whether the number is the account's: neither words nor time can tell. Codes
for phones that are not are made as all others, and sent to nobody. What a crash leaves, the sweep hands over.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from services.identity.domain import codes as domain
from services.identity.domain.budgets import origin
from services.identity.domain.codes import Code, Count, Purpose
from services.identity.handlers.deps import Deps
from shared.errors import Conflict, DomainError, Duplicate, Kind, NotFound
from shared.events.base import new_id
from shared.programme.days import day_of
from shared.store import Query, Range, time_text
from shared.store.repository import Work

# The total is counted in parts, so that one document is not everybody's bottleneck.
PARTS = 16
BATCH = 100
AGAIN = timedelta(seconds=10)


@dataclass(frozen=True)
class Sent:
    """A code is on its way, if it is for anybody. `resend_s`: when the next may be asked for."""

    resend_s: int


@dataclass(frozen=True)
class Budget:
    """At most `limit` until `ends_at`, and never two within `gap`; `refusal` is the error's code."""

    id: str
    limit: int
    ends_at: datetime
    refusal: str
    gap: timedelta = timedelta(0)


async def send_code(
    flow: str,
    purpose: Purpose,
    phone: str,
    source: str,
    *,
    deps: Deps,
    now: datetime,
    about: str = "",
    owner: str | None = None,
) -> Sent:
    """Send a code for one flow; the one sent before is worth nothing any more.

    `about`: whose account is asked for (a login key), so that nobody uses up the budget of somebody else's number.
    `owner`: the id of the account that must have this phone ("": nobody's), for who is not signed in.
    Raises `code.too_soon`, `code.too_many`, `code.address`, `code.busy`.
    """
    code_id, message_id = _id(flow, purpose, deps=deps), new_id()
    budgets = _budgets(phone, about, source, message_id, deps=deps, now=now)
    if purpose in domain.UNPROVED:
        budgets = (*_unproved(flow, phone, deps=deps, now=now), *budgets)
    await _spend_budgets(budgets, deps=deps, now=now)
    digits = domain.new_digits()
    answer = _answer(flow, purpose, phone, digits, deps=deps)
    fresh = Code(code_id, message_id, phone, answer, now, now + domain.LIFE, digits, now, owner)

    def replace(work: Work[Code]) -> None:
        work.state = fresh

    await deps.codes.change(code_id, replace, first=lambda: fresh)
    deps.ring(code_id)
    return Sent(int(domain.RESEND_AFTER.total_seconds()))


async def spend_code(flow: str, purpose: Purpose, code: str, *, deps: Deps, now: datetime) -> str:
    """The phone that the code proves. Raises `code.wrong`, `code.expired`, `code.tries_used`."""
    code_id = _id(flow, purpose, deps=deps)

    def guess(work: Work[Code]) -> tuple[str, domain.Verdict]:
        phone = work.state.phone
        return phone, work.state.spend(_answer(flow, purpose, phone, code.strip(), deps=deps), now)

    try:
        # Every guess is written down before its verdict is told, those that come at once too.
        phone, verdict = await deps.codes.change(code_id, guess)
    except NotFound:
        phone, verdict = "", "expired"
    if verdict != "right":
        raise DomainError(f"code.{verdict}", Kind.INVALID, "/code")
    return phone


async def resend_in(flow: str, purpose: Purpose, *, deps: Deps, now: datetime) -> int:
    """Seconds until the next code of this flow may be asked for; 0 when at once."""
    try:
        code = await deps.codes.get(_id(flow, purpose, deps=deps))
    except NotFound:
        return 0
    return max(0, ceil((code.sent_at + domain.RESEND_AFTER - now).total_seconds()))


async def hand_over(code_id: str, *, deps: Deps, clock: Callable[[], datetime]) -> None:
    """Give a code to the channel, once, while it is worth it, and if the phone is the owner's."""
    try:
        code = await deps.codes.get(code_id)
    except NotFound:
        return
    if code.digits is None:
        return
    now, wait = clock(), timedelta(0)
    if now - code.sent_at < domain.WORTH_SENDING and await _wanted(code, deps=deps):
        try:
            await deps.courier.send(code.message_id, code.phone, code.digits)
        except DomainError as refusal:
            wait = _again_after(refusal)
    with suppress(Conflict):
        async with deps.codes.edit(code_id) as work:
            if work.state.message_id != code.message_id:
                return
            if wait:
                work.state.due_at = now + wait
            else:
                work.state.handed_over()


async def sweep(*, deps: Deps, clock: Callable[[], datetime]) -> int:
    """Hand over what a crash or a dead channel left; how many were due."""
    due = Range(at_most=time_text(clock() - AGAIN / 2))
    page = await deps.codes.find(Query(ranges={"due_at": due}, sort="due_at", limit=BATCH))
    for code in page.items:
        await hand_over(code.id, deps=deps, clock=clock)
    return len(page.items)


def _again_after(refusal: DomainError) -> timedelta:
    """How long to wait before a code that was refused is handed over again; not at all: 0. The channel counts by number
    alone: who has just had a code for one account gets the next account's when the number's minute is over."""
    if refusal.kind is Kind.UNAVAILABLE:
        return AGAIN
    if refusal.code == "code.too_soon":
        return timedelta(seconds=int(refusal.params.get("seconds", 0))) or AGAIN
    return timedelta(0)


async def _wanted(code: Code, *, deps: Deps) -> bool:
    if code.owner is None:
        return True
    try:
        return (await deps.accounts.get(code.owner)).phone == code.phone
    except NotFound:
        return False


def _budgets(phone: str, about: str, source: str, message_id: str, *, deps: Deps, now: datetime) -> Sequence[Budget]:
    limits, hour, day = deps.limits, f"{now:%Y%m%d%H}", f"{day_of(now):%Y%m%d}"
    number, address = (
        deps.vault.blind("code_number", f"{about}|{phone}"),
        deps.vault.blind("code_source", origin(source)),
    )
    part = zlib.crc32(message_id.encode()) % PARTS
    in_hour, in_day = now + domain.HOUR, now + domain.DAY
    return (
        Budget(f"number|{number}|{day}", limits.number_day, in_day, "code.too_many", domain.RESEND_AFTER),
        Budget(f"address|{address}|{hour}", limits.address_hour, in_hour, "code.address"),
        Budget(f"address|{address}|{day}", limits.address_day, in_day, "code.address"),
        Budget(f"total|{part}|{hour}", limits.total_hour // PARTS, in_hour, "code.busy"),
    )


def _unproved(flow: str, phone: str, *, deps: Deps, now: datetime) -> Sequence[Budget]:
    """Whoever names a number must not use up what its owner needs to get in: few by one asker, and never all of it by
    any number of them."""
    limits, day, in_day = deps.limits, f"{day_of(now):%Y%m%d}", now + domain.DAY
    asker, number = deps.vault.blind("code_asker", flow), deps.vault.blind("code_unproved", phone)
    return (
        Budget(f"asker|{asker}|{day}", limits.asker_day, in_day, "code.too_many"),
        Budget(f"unproved|{number}|{day}", limits.unproved_day, in_day, "code.too_many"),
    )


async def _spend_budgets(budgets: Sequence[Budget], *, deps: Deps, now: datetime) -> None:
    """Look at all before one is counted: who is refused uses up nothing."""
    for budget in budgets:
        with suppress(NotFound):
            _judge(await deps.counts.get(budget.id), budget, now)
    for budget in budgets:
        await _count(budget, deps=deps, now=now)


async def _count(budget: Budget, *, deps: Deps, now: datetime) -> None:
    with suppress(Duplicate):
        await deps.counts.add(budget.id, Count(budget.id, budget.ends_at, 1, now))
        return

    def one_more(work: Work[Count]) -> None:
        _judge(work.state, budget, now)
        work.state.count += 1
        work.state.last = now

    try:
        await deps.counts.change(budget.id, one_more)
    except Conflict as error:
        raise DomainError("code.busy", Kind.TOO_MANY) from error


def _judge(count: Count, budget: Budget, now: datetime) -> None:
    if budget.gap and count.last and now - count.last < budget.gap:
        left = ceil((budget.gap - (now - count.last)).total_seconds())
        raise DomainError("code.too_soon", Kind.TOO_MANY, params={"seconds": left})
    if count.count >= budget.limit:
        raise DomainError(budget.refusal, Kind.TOO_MANY, params={"limit": budget.limit})


def _id(flow: str, purpose: Purpose, *, deps: Deps) -> str:
    return deps.vault.blind("code_flow", f"{purpose}|{flow}")


def _answer(flow: str, purpose: Purpose, phone: str, digits: str, *, deps: Deps) -> str:
    return deps.vault.blind("code", f"{purpose}|{flow}|{phone}|{digits}")
