"""Operations of the account desk: find, lock, unlock, reset; requests to correct the roll (ST.2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import LockView, Operation, Short, lock_view
from services.identity.api.issuing import Reason, SlipView, slip_view
from services.identity.domain.account import Account
from services.identity.domain.corrections import Correction
from services.identity.handlers import desk, locks
from services.identity.handlers.locks import Told
from services.identity.handlers.office import ROLES, Office, reached
from shared.clock import utc_now
from shared.http import Call, Route
from shared.tokens import Actor


class Words(BaseModel):
    q: Short


class SchoolQuery(BaseModel):
    programme: Short
    school: Short
    cursor: str | None = None


class AccountItem(BaseModel):
    """`number`: ID number (masked) or 考生号. `waits`: what is left of the first login. `may_lock`: whether this member
    of staff locks and unlocks it, and so is told in `lock` who locked it (null too where that was not kept)."""

    id: str
    programme: str
    name: str
    number: str
    school: str
    class_name: str
    locked: bool
    waits: list[str]
    may_lock: bool
    lock: LockView | None


class AccountItems(BaseModel):
    items: list[AccountItem]
    next_cursor: str | None = None


class SchoolUnlock(BaseModel):
    programme: Short
    school: Short
    class_name: Short = ""


class Unlocked(BaseModel):
    count: int


class Lock(BaseModel):
    """`reason` is for the audit log; to lock, one is asked for."""

    locked: bool
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class InPerson(BaseModel):
    """`document`: which one was seen."""

    reason: Reason
    document: Literal["resident_id", "passport", "hk_macau_permit", "taiwan_permit", "foreign_permanent"]


class CorrectionQuery(BaseModel):
    state: Literal["asked", "passed_on", "corrected", "refused"] = "asked"


class CorrectionItem(BaseModel, from_attributes=True):
    id: str
    name: str
    school: str
    claimed_school: str
    remark: str
    state: str


class CorrectionItems(BaseModel):
    items: list[CorrectionItem]


class Answer(BaseModel):
    state: Literal["passed_on", "corrected", "refused"]


def routes(office: Office) -> list[Route]:
    """All for staff with a place, or for administrators; what they reach is their scope's."""

    def staff(method: str, path: str, function: Operation, **more: Any) -> Route:
        return Route(method, path, partial(function, office=office), ("staff",), ROLES, **more)

    one = "/candidates/{id}"
    return [
        staff("POST", "/candidates/search", search, body=Words, returns=AccountItems),
        staff("GET", "/candidates", of_school, query=SchoolQuery, returns=AccountItems),
        staff("POST", "/candidates/unlock", unlock_school, body=SchoolUnlock, returns=Unlocked),
        staff("GET", one, get_one, returns=AccountItem),
        staff("POST", one + "/lock", set_lock, body=Lock),
        staff("POST", one + "/reset", reset, returns=SlipView),
        staff("POST", one + "/reset-in-person", reset_in_person, body=InPerson, returns=SlipView),
        staff("GET", "/corrections", list_corrections, query=CorrectionQuery, returns=CorrectionItems),
        staff("POST", "/corrections/{id}", answer_correction, body=Answer),
    ]


async def search(call: Call, *, office: Office) -> AccountItems:
    """The accounts of one person in one's scope"""
    found = await desk.find(call.body(Words).q.strip(), call.actor, office=office)
    return AccountItems(items=await _items(found, call.actor, office=office))


async def of_school(call: Call, *, office: Office) -> AccountItems:
    """The accounts of a school"""
    asked = call.query(SchoolQuery)
    page = await desk.of_school(asked.programme, asked.school, asked.cursor, call.actor, office=office)
    return AccountItems(items=await _items(page.items, call.actor, office=office), next_cursor=page.next_cursor)


async def unlock_school(call: Call, *, office: Office) -> Unlocked:
    """Unlock a school or one of its classes"""
    asked = call.body(SchoolUnlock)
    count = await desk.unlock_school(
        asked.programme, asked.school, asked.class_name, call.actor, office=office, now=utc_now()
    )
    return Unlocked(count=count)


async def get_one(call: Call, *, office: Office) -> AccountItem:
    """One account in one's scope"""
    found = [await reached(call.path["id"], call.actor, office=office)]
    return (await _items(found, call.actor, office=office))[0]


async def set_lock(call: Call, *, office: Office) -> None:
    """Lock or unlock an account"""
    asked, one = call.body(Lock), call.path["id"]
    await desk.set_lock(one, locked=asked.locked, reason=asked.reason, actor=call.actor, office=office, now=utc_now())


async def reset(call: Call, *, office: Office) -> SlipView:
    """A one-time code in the place of the password"""
    return slip_view(await desk.reset(call.path["id"], call.actor, office=office, now=utc_now()))


async def reset_in_person(call: Call, *, office: Office) -> SlipView:
    """The same for somebody at the desk, whose document was seen"""
    asked = call.body(InPerson)
    return slip_view(
        await desk.reset(
            call.path["id"],
            call.actor,
            office=office,
            now=utc_now(),
            reason=asked.reason,
            document=asked.document,
        )
    )


async def list_corrections(call: Call, *, office: Office) -> CorrectionItems:
    """Requests to correct the roll"""
    found = await desk.corrections(call.query(CorrectionQuery).state, call.actor, office=office)
    return CorrectionItems(items=[correction_view(one) for one in found])


async def answer_correction(call: Call, *, office: Office) -> None:
    """Pass a request on, or answer it"""
    await desk.move_correction(call.path["id"], call.body(Answer).state, call.actor, office=office, now=utc_now())


def correction_view(correction: Correction) -> CorrectionItem:
    """A request as it is shown."""
    return CorrectionItem.model_validate(correction, from_attributes=True)


async def _items(accounts: Sequence[Account], actor: Actor, *, office: Office) -> list[AccountItem]:
    mine = [account for account in accounts if desk.may_lock(account, actor, office=office)]
    told, may = await locks.told(mine, deps=office.deps), {account.id for account in mine}
    return [_item(account, account.id in may, told.get(account.id)) for account in accounts]


def _item(account: Account, may_lock: bool, lock: Told | None) -> AccountItem:
    return AccountItem(
        id=account.id,
        programme=account.programme,
        name=account.name,
        number=account.number or f"{account.id_number[:4]}**********{account.id_number[-4:]}",
        school=account.school,
        class_name=account.class_name,
        locked=bool(account.lock),
        waits=account.todo,
        may_lock=may_lock,
        lock=lock_view(lock),
    )
