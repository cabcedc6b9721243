"""Answering identity checks: fetch the pictures, look, decide, tell. No personal data is kept here."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from services.vision.conclusions import conclude, doubtful, verdicts
from services.vision.domain import CardReport, IdentityReport
from shared.errors import AlreadyHandled, Duplicate, NotFound
from shared.events.base import Event
from shared.events.registration import IdentityCheckRequested
from shared.events.vision import IdentityCheckCompleted
from shared.files import Files
from shared.privacy import Vault
from shared.programme.model import Programme
from shared.store import Query, Range, time_text
from shared.store.repository import Repository

BATCH = 500


@dataclass
class Answered:
    """That a check was answered, and when; forgotten after a day."""

    id: str
    answered_at: datetime


@dataclass(frozen=True)
class Pictures:
    """The bytes of one candidate's pictures; None where there is none."""

    card: bytes | None
    card_back: bytes | None
    portrait: bytes | None


Inspect = Callable[[Pictures, Programme], Awaitable[IdentityReport]]


async def answer_identity_check(
    event: IdentityCheckRequested,
    *,
    answered: Repository[Answered],
    files: Files,
    inspect: Inspect,
    vault: Vault,
    programmes: Mapping[str, Programme],
    clock: Callable[[], datetime],
) -> None:
    """Look at the pictures of one check and tell what was seen. The same check is answered once."""
    await check_unanswered(event, answered=answered)
    started = clock()
    pictures = Pictures(
        await fetch(files, event.card_key),
        await fetch(files, event.card_back_key),
        await fetch(files, event.portrait_key),
    )
    report = await inspect(pictures, programmes[event.programme])
    now = clock()
    outcome, reasons = conclude(report, portrait_expected=event.portrait_key is not None)
    completed = IdentityCheckCompleted(
        subject=event.subject,
        occurred_at=now,
        application_id=event.application_id,
        outcome=outcome,
        sealed_fields=_seal_fields(report.card, vault, event.subject),
        verdicts=verdicts(report),
        distance=report.face.distance if report.face else None,
        face_decision=report.face.decision if report.face else None,
        reasons=reasons,
        model_version=report.model_version,
        seconds=(now - started).total_seconds(),
    )
    await tell(completed, event, answered=answered)


async def check_unanswered(request: Event, *, answered: Repository[Answered]) -> None:
    """Raise `AlreadyHandled` when the check was answered: looking at pictures is dear."""
    if await answered.store.get(answered.collection, request.subject):
        raise AlreadyHandled(request.event_id)


async def tell(completed: Event, request: Event, *, answered: Repository[Answered]) -> None:
    """Mark the check as answered and emit the answer. Raises `AlreadyHandled` when another worker was first."""
    try:
        mark = Answered(request.subject, completed.occurred_at)
        await answered.add(request.subject, mark, completed, cause=request)
    except Duplicate as error:
        raise AlreadyHandled(request.event_id) from error


async def fetch(files: Files, key: str | None) -> bytes | None:
    """A picture's bytes; None where none is meant, b"" where it was deleted meanwhile (withdrawn, retention): an empty
    picture is refused like any unreadable one."""
    if key is None:
        return None
    try:
        return await files.get(key)
    except NotFound:
        return b""


async def forget(*, answered: Repository[Answered], after: timedelta, clock: Callable[[], datetime]) -> int:
    """Delete the marks of checks answered long ago, page by page until none is left; returns how many."""
    limit = Range(below=time_text(clock() - after))
    query = Query(equal={"pending": False}, ranges={"answered_at": limit}, limit=BATCH)
    gone = 0
    while documents := (await answered.store.find(answered.collection, query)).documents:
        for document in documents:
            await answered.store.delete(answered.collection, document["_id"])
        gone += len(documents)
    return gone


def _seal_fields(card: CardReport | None, vault: Vault, check_id: str) -> str | None:
    if card is None or not card.fields:
        return None
    doubted = doubtful(card)
    fields = {name: {**asdict(field), "doubtful": name in doubted} for name, field in card.fields.items()}
    text = json.dumps(fields, ensure_ascii=False)
    return vault.seal(text, f"identity_check|fields|{check_id}")
