"""Face resets: is the person on a fresh photo the one of the verified portrait. Nothing but the answer is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from services.vision import models
from services.vision.handlers import Answered, check_unanswered, fetch, tell
from services.vision.selfie import FaceAnswer
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
    await check_unanswered(event, answered=answered)
    started = clock()
    photo, portrait = await fetch(files, event.photo_key), await fetch(files, event.portrait_key)
    # A portrait that is gone is nobody to compare with; a photo that is gone is refused.
    answer = await compare(portrait or None, photo or b"", event.minor, programmes[event.programme])
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
    await tell(completed, event, answered=answered)
