"""Operations of the audit log: read by auditors, and by everybody what concerns their own signing in."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from services.identity.api.common import Short
from services.identity.domain.audit import Entry
from services.identity.handlers import audit
from services.identity.handlers.audit import Chain
from shared.http import Call, Route
from shared.store.repository import Found

AUDITORS = ("auditor", "admin")


class AuditQuery(BaseModel):
    """`since` inclusive, `until` not."""

    object_id: Short = ""
    actor_id: Short = ""
    action: Short = ""
    since: datetime | None = None
    until: datetime | None = None
    cursor: Annotated[str, StringConstraints(max_length=1000)] = ""


class EntryView(BaseModel):
    """One line; `number` is its place in the chain."""

    number: int
    at: datetime
    actor_kind: str
    actor_id: str
    action: str
    object_type: str
    object_id: str
    before: dict[str, str]
    after: dict[str, str]
    network: str
    hash: str


class AuditPage(BaseModel):
    items: list[EntryView]
    next_cursor: str | None


class SignInsQuery(BaseModel):
    cursor: Annotated[str, StringConstraints(max_length=1000)] = ""


def routes(chain: Chain) -> list[Route]:
    """The whole log, and one's own sign-ins."""
    own = ("candidate", "staff")
    return [
        Route("GET", "/audit", partial(search, chain=chain), ("staff",), AUDITORS, query=AuditQuery, returns=AuditPage),
        Route("GET", "/accounts/sign-ins", partial(sign_ins, chain=chain), own, query=SignInsQuery, returns=AuditPage),
    ]


async def search(call: Call, *, chain: Chain) -> AuditPage:
    """The audit log by object, actor, action and time, newest first"""
    asked = call.query(AuditQuery)
    filters = {"object_id": asked.object_id, "actor_id": asked.actor_id, "action": asked.action}
    return _page(await audit.search(filters, asked.since, asked.until, asked.cursor or None, chain=chain))


async def sign_ins(call: Call, *, chain: Chain) -> AuditPage:
    """One's own sign-ins, newest first"""
    return _page(await audit.sign_ins(call.actor.id, call.query(SignInsQuery).cursor or None, chain=chain))


def _page(found: Found[Entry]) -> AuditPage:
    return AuditPage(items=[_view(entry) for entry in found.items], next_cursor=found.next_cursor)


def _view(entry: Entry) -> EntryView:
    return EntryView.model_validate({**vars(entry), "number": int(entry.id)})
