"""Use cases of issuing: a table of people becomes accounts with one-time activation codes (001.1, 003.1, ST.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from services.identity.domain import issuing as domain
from services.identity.domain.account import Account, Locking
from services.identity.handlers.claims import account_of, hold, insert_account
from services.identity.handlers.deps import activation_hash, login_key, name_index, person_key, programme_of
from services.identity.handlers.office import Office, reach
from shared.audit import Thing, recorded
from shared.errors import DomainError, Kind
from shared.events.base import new_id
from shared.programme import id_number as id_numbers
from shared.programme import names
from shared.programme.days import day_of
from shared.programme.model import Programme
from shared.store.repository import Work
from shared.tables import Report, Row, RowError, take_in
from shared.tokens import Actor

COLUMNS = ("姓名", "身份证号", "学校代码")
OPTIONAL = ("班级", "考生号")
MOST_ROWS = 1000
DRAWS = 20


@dataclass(frozen=True)
class Slip:
    """What one person gets on paper. The code is nowhere else; empty under 003's own rule, by which it is known."""

    name: str
    login: str
    class_name: str
    code: str


@dataclass(frozen=True)
class Batch:
    """One table being taken in: by whom, what has been issued, and what earlier rows have used up. `again`: who has an
    account and no password yet gets another code, for codes that were lost on the way to the printer."""

    office: Office
    programme: Programme
    actor: Actor
    now: datetime
    within: frozenset[str] | None
    again: bool = False
    slips: list[Slip] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    schools: dict[str, str] = field(default_factory=dict)


async def issue(
    content: bytes,
    programme_id: str,
    actor: Actor,
    *,
    dry_run: bool,
    office: Office,
    now: datetime,
    again: bool = False,
) -> tuple[Report, list[Slip]]:
    """Open an account for each good row; `again`: see `Batch`. Raises `issue.not_by_office` for programmes whose
    candidates register."""
    programme = programme_of(office.deps, programme_id)
    if programme.account.opened_by != "office":
        raise DomainError("issue.not_by_office", Kind.CONFLICT, "/programme")
    batch = Batch(office, programme, actor, now, await reach(actor, office=office), again)
    report = await take_in(
        content, COLUMNS, partial(_check, batch=batch), dry_run=dry_run, optional=OPTIONAL, most=MOST_ROWS
    )
    return report, batch.slips


async def _check(row: Row, *, batch: Batch) -> Callable[[], Awaitable[None]]:
    """姓名, 身份证号, 学校代码, and perhaps 班级 and 考生号."""
    name, number = names.normalise(row.cells["姓名"]), id_numbers.normalise(row.cells["身份证号"])
    issued, class_name = row.cells.get("考生号", ""), row.cells.get("班级", "")
    if not name or len(name) > 40:
        raise RowError("姓名", "import.empty_cell" if not name else "import.not_allowed")
    if broken := id_numbers.problem(number, day_of(batch.now)):
        raise RowError("身份证号", broken)
    if issued and not (issued.isascii() and issued.isalnum() and 6 <= len(issued) <= 20):
        raise RowError("考生号", "import.code_invalid")
    if len(class_name) > 20:
        raise RowError("班级", "import.not_allowed")
    await _require_school(row.cells["学校代码"], batch)
    if batch.again and (waiting := await _waiting(name, number, issued, batch)):
        return partial(_reopen, waiting, batch)
    await _require_free(number, issued, batch)
    account = _account(name, number, row.cells["学校代码"], class_name, batch)
    return partial(_open, account, issued, batch)


async def _require_school(school: str, batch: Batch) -> None:
    if batch.within is not None and school not in batch.within:
        raise RowError("学校代码", "issue.school_out_of_scope")
    if school not in batch.schools:
        batch.schools.update({school: ""} | await batch.office.registry.names([school]))
    if not batch.schools[school]:
        raise RowError("学校代码", "import.school_unknown")


async def _require_free(number: str, issued: str, batch: Batch) -> None:
    deps, programme = batch.office.deps, batch.programme.id
    for column, text, key in (
        ("身份证号", number, _person_key(number, batch)),
        ("考生号", issued, login_key(deps, programme, issued)),
    ):
        if text and (key in batch.seen or await account_of(key, deps=deps)):
            raise RowError(column, "account.id_number_taken" if column == "身份证号" else "account.number_taken")
        batch.seen.add(key)


async def _waiting(name: str, number: str, issued: str, batch: Batch) -> Account | None:
    """The account that was opened for this row before, as long as it has a code and no password."""
    key = _person_key(number, batch)
    found = await account_of(key, deps=batch.office.deps)
    if found is None or found.activation is None or (found.name, found.number) != (name, issued or found.number):
        return None
    if key in batch.seen or (batch.within is not None and found.school not in batch.within):
        return None
    batch.seen.add(key)
    return found


def _person_key(number: str, batch: Batch) -> str:
    """The claim of one ID number: the login itself, unless a 考生号 is that."""
    deps, programme = batch.office.deps, batch.programme
    if programme.account.kind == "id_number":
        return login_key(deps, programme.id, number)
    return person_key(deps, programme.id, number)


def _account(name: str, number: str, school: str, class_name: str, batch: Batch) -> Account:
    rules, deps = batch.programme.account, batch.office.deps
    return Account(
        id=new_id(),
        programme=batch.programme.id,
        kind="candidate",
        password_hash="",
        policy=rules.password_policy,
        created_at=batch.now,
        id_number=number,
        name=name,
        name_index=name_index(name, deps=deps),
        school=school,
        class_name=class_name,
        # 003.1: a pupil's account waits until the school unlocks it.
        lock="school" if "roll" in rules.first_login else "",
        locking=Locking(batch.actor.id, batch.now) if "roll" in rules.first_login else None,
        todo=list(rules.first_login),
    )


async def _reopen(account: Account, batch: Batch) -> None:
    """Another code for an account; the one before is worth nothing."""

    def reset(work: Work[Account]) -> Slip:
        if work.state.activation is None:
            raise RowError("身份证号", "account.id_number_taken")
        work.emit(recorded(batch.actor, "account_reset", Thing("account", account.id), batch.now))
        return _activated(work.state, batch)

    batch.slips.append(await batch.office.deps.accounts.change(account.id, reset))


def _activated(account: Account, batch: Batch) -> Slip:
    """Give the account a first code, and say what is to be printed."""
    rules = batch.programme.account
    legacy = rules.initial_password == "id_last_8"  # noqa: S105 -- the name of a rule
    code = domain.legacy_code(account.id_number) if legacy else domain.new_code()
    hashed = activation_hash(account.id, code, deps=batch.office.deps)
    domain.activate(account, hashed, rules.activation_days, batch.now)
    return Slip(account.name, account.number or account.id_number, account.class_name, "" if legacy else code)


async def _open(account: Account, issued: str, batch: Batch) -> None:
    rules, deps = batch.programme.account, batch.office.deps
    after = {"school": account.school, "first_password": rules.initial_password}
    told = recorded(batch.actor, "account_issued", Thing("account", account.id), batch.now, after=after)
    person = _person_key(account.id_number, batch)
    if rules.kind == "issued":
        if not await hold(person, account.id, deps=deps, now=batch.now):
            raise RowError("身份证号", "account.id_number_taken")
        account.number = issued or await _drawn(account.id, batch)
    slip = _activated(account, batch)
    try:
        await insert_account(account, login_key(deps, batch.programme.id, slip.login), told, deps=deps, besides=person)
    except DomainError as error:
        raise RowError("考生号" if account.number else "身份证号", error.code) from error
    batch.slips.append(slip)


async def _drawn(account_id: str, batch: Batch) -> str:
    """A number that nobody has, held for this account."""
    for _ in range(DRAWS):
        number = domain.new_number(batch.programme.account)
        key = login_key(batch.office.deps, batch.programme.id, number)
        if await hold(key, account_id, deps=batch.office.deps, now=batch.now):
            return number
    raise RowError("考生号", "account.numbers_used_up")
