"""Operations of staff accounts, for administrators; and the first password of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import Agent, LockView, SessionOpened, Short, binder, lock_view, told
from services.identity.api.issuing import Reason, SlipView, slip_view
from services.identity.domain.account import Account
from services.identity.handlers import locks, staff
from services.identity.handlers.deps import Deps
from services.identity.handlers.locks import Told
from services.identity.handlers.sessions import Client
from shared.clock import utc_now
from shared.http import Call, Route

ADMIN = ("admin",)
Scope = dict[Annotated[str, StringConstraints(pattern="^(schools|regions)$")], list[Short]]
Cursor = Annotated[str, StringConstraints(max_length=1000)]


class Powers(BaseModel):
    """An empty scope means everything, so it is not for roles that are bound to a place."""

    roles: list[Short]
    scope: Scope = {}


class NewStaff(Powers):
    """`password` is for the launcher alone; without it there is a one-time code."""

    login: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=64)]
    display: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(pattern="^(.{10,128})?$")] = ""


class MadeView(BaseModel):
    """`code` is told this once."""

    id: str
    code: str


class MemberView(BaseModel):
    """`login` is empty for who signs in by a provider; `waits`: for a password in the place of a one-time code; `lock`:
    by whom, when and why, unless it was not kept; `closed_at`: when its owner gave it up."""

    id: str
    name: str
    login: str
    roles: list[str]
    scope: dict[str, list[str]]
    locked: bool
    lock: LockView | None
    waits: bool
    second: bool
    closed_at: datetime | None


class Members(BaseModel):
    items: list[MemberView]
    next_cursor: str | None = None


class PageQuery(BaseModel):
    cursor: Cursor = ""


class Words(BaseModel):
    q: Short


class Because(BaseModel):
    reason: Reason


class FirstPassword(BaseModel):
    password: Short
    source: Short = ""
    agent: Agent = ""


def routes(deps: Deps) -> list[Route]:
    """Made by the launcher or by an administrator; all else by an administrator."""
    bound, makers, by, one = binder(deps), ("service", "staff"), ("staff",), "/staff/{id}"
    return [
        Route("POST", "/staff", bound(add_staff), makers, ADMIN, body=NewStaff, returns=MadeView, status=201),
        Route("GET", "/staff", bound(members), by, ADMIN, query=PageQuery, returns=Members),
        Route("POST", "/staff/search", bound(search), by, ADMIN, body=Words, returns=Members),
        Route("POST", "/staff/first/password", bound(choose_password), by, body=FirstPassword, returns=SessionOpened),
        Route("GET", one, bound(get_one), by, ADMIN, returns=MemberView),
        Route("PUT", one + "/roles", bound(set_roles), by, ADMIN, body=Powers),
        Route("POST", one + "/lock", bound(lock), by, ADMIN, body=Because),
        Route("POST", one + "/unlock", bound(unlock), by, ADMIN, body=Because),
        Route("POST", one + "/reset", bound(reset), by, ADMIN, body=Because, returns=SlipView),
        Route("POST", one + "/reset-second", bound(reset_second), by, ADMIN, body=Because),
    ]


async def add_staff(call: Call, *, deps: Deps) -> MadeView:
    """Make a staff account"""
    new = call.body(NewStaff)
    made = await staff.add_staff(
        new.login, new.display, new.password, new.roles, dict(new.scope), call.actor, deps=deps, now=utc_now()
    )
    return MadeView(id=made.id, code=made.code)


async def members(call: Call, *, deps: Deps) -> Members:
    """Staff accounts with their roles and scope"""
    found = await staff.listed(call.query(PageQuery).cursor or None, deps=deps)
    return Members(items=await _members(found.items, deps=deps), next_cursor=found.next_cursor)


async def search(call: Call, *, deps: Deps) -> Members:
    """Staff by name, login name, phone, or the code of a place"""
    return Members(items=await _members(await staff.find(call.body(Words).q.strip(), deps=deps), deps=deps))


async def choose_password(call: Call, *, deps: Deps) -> SessionOpened:
    """Choose a password in the place of the one-time code"""
    given = call.body(FirstPassword)
    client = Client(given.source, given.agent)
    return told(await staff.choose_password(call.actor, given.password, client, deps=deps, now=utc_now()))


async def get_one(call: Call, *, deps: Deps) -> MemberView:
    """One staff account"""
    return (await _members([await staff.member(call.path["id"], deps=deps)], deps=deps))[0]


async def set_roles(call: Call, *, deps: Deps) -> None:
    """Give a member of staff other roles"""
    given = call.body(Powers)
    await staff.set_roles(call.path["id"], given.roles, dict(given.scope), call.actor, deps=deps, now=utc_now())


async def lock(call: Call, *, deps: Deps) -> None:
    """Keep a member of staff out"""
    await staff.lock(call.path["id"], call.body(Because).reason, call.actor, deps=deps, now=utc_now())


async def unlock(call: Call, *, deps: Deps) -> None:
    """Let a member of staff in again"""
    await staff.unlock(call.path["id"], call.body(Because).reason, call.actor, deps=deps, now=utc_now())


async def reset(call: Call, *, deps: Deps) -> SlipView:
    """A one-time code in the place of a member's password"""
    reason = call.body(Because).reason
    return slip_view(await staff.reset(call.path["id"], reason, call.actor, deps=deps, now=utc_now()))


async def reset_second(call: Call, *, deps: Deps) -> None:
    """Take a member's lost second factor away"""
    await staff.reset_second(call.path["id"], call.body(Because).reason, call.actor, deps=deps, now=utc_now())


async def _members(accounts: Sequence[Account], *, deps: Deps) -> list[MemberView]:
    locked = await locks.told(accounts, deps=deps)
    return [_member(account, locked.get(account.id)) for account in accounts]


def _member(account: Account, lock: Told | None) -> MemberView:
    return MemberView(
        id=account.id,
        name=account.name,
        login=account.number,
        roles=account.roles,
        scope=account.scope,
        locked=bool(account.lock),
        lock=lock_view(lock),
        waits=bool(account.activation),
        second=bool(account.second and account.second.secret),
        closed_at=account.closed_at,
    )
