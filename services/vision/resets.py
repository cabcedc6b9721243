"""Face resets: is the person on a fresh photo the one of the verified portrait. Nothing but the answer is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from services.vision import models
from services.vision.handlers import Answered
from services.vision.selfie import FaceAnswer
from shared.errors import AlreadyHandled, Duplicate, NotFound
from shared.events.identity import FaceCheckRequested
from shared.events.vision import FaceCheckCompleted
from shared.files import Files
from shared.programme.model import Programme
from shared.store.repository import Repository

Compare = Callable[[bytes | None, bytes, bool, Programme], Awaitable[FaceAnswer]]


async def answer_face_check(
    event: FaceCheckRequested,
    *,
    answered: Repository[Answered],
    files: Files,
    compare: Compare,
    programmes: Mapping[str, Programme],
    clock: Callable[[], datetime],
) -> None:
    """Compare two pictures and tell what was seen. The same check is answered once."""
    if await answered.store.get(answered.collection, event.subject):
        raise AlreadyHandled(event.event_id)
    started = clock()
    photo = await _fetch(files, event.photo_key)
    portrait = await _fetch(files, event.portrait_key) if event.portrait_key else None
    answer = await compare(portrait or None, photo, event.minor, programmes[event.programme])
    now = clock()
    completed = FaceCheckCompleted(
        subject=event.subject,
        occurred_at=now,
        ticket_id=event.ticket_id,
        decision=answer.decision,
        distance=answer.distance,
        reasons=answer.reasons,
        model_version=models.VERSION,
        seconds=(now - started).total_seconds(),
    )
    try:
        await answered.add(event.subject, Answered(event.subject, now), completed, cause=event)
    except Duplicate as error:
        raise AlreadyHandled(event.event_id) from error


async def _fetch(files: Files, key: str) -> bytes:
    try:
        return await files.get(key)
    except NotFound:
        # Deleted meanwhile: an empty photo is refused, without a portrait there is nothing to compare with.
        return b""
