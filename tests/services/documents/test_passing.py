"""Photos of face checks: compared once and deleted, and never with somebody's registration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.documents import domain, handlers
from services.documents.domain import SafePicture, Upload
from services.documents.pillow import make_safe
from shared.errors import AlreadyHandled, NotFound
from shared.events.identity import FacePhotoSpent
from shared.files import Files, open_files
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from tests.services.documents.test_uploads import picture

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)


class Desk:
    """The handlers on a store in memory."""

    def __init__(self, uploads: Repository[Upload]) -> None:
        self.uploads = uploads
        self.files: Files = open_files("memory:", Path())

    async def bring(self, kind: str, content: bytes) -> Upload:
        """Somebody uploads a picture."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        async def safely(raw: bytes) -> SafePicture:
            return make_safe(raw)

        return await handlers.receive(
            "owner", kind, chunks(), uploads=self.uploads, files=self.files, make_safe=safely, now=NOW
        )

    async def spend(self, upload: Upload) -> None:
        """The check of this photo is over."""
        event = FacePhotoSpent(subject=upload.id, occurred_at=NOW)
        await handlers.on_photo_spent(event, uploads=self.uploads, files=self.files)

    async def there(self, upload: Upload) -> bool:
        """Whether the object can still be read."""
        try:
            await self.files.get(upload.object_key)
        except NotFound:
            return False
        return True


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with SqliteStore.open(":memory:") as store:
        yield Desk(Repository(store, "uploads", Upload))


async def test_a_spent_photo_is_deleted_with_its_record_and_twice_is_no_error(desk: Desk) -> None:
    photo = await desk.bring(domain.PASSING, picture())
    await desk.spend(photo)
    assert not await desk.there(photo)
    with pytest.raises(AlreadyHandled):
        await desk.spend(photo)


async def test_the_very_file_of_a_registration_is_another_object_as_a_photo(desk: Desk) -> None:
    kept, photo = await desk.bring("portrait", picture()), await desk.bring(domain.PASSING, picture())
    await desk.spend(photo)
    assert await desk.there(kept)
    again = make_safe(await desk.files.get(kept.object_key))
    assert again.refusal == ""


async def test_no_event_deletes_a_picture_of_a_registration(desk: Desk) -> None:
    kept = await desk.bring("portrait", picture())
    await desk.spend(kept)
    assert await desk.there(kept)


async def test_a_photo_nobody_asked_about_goes_after_an_hour(desk: Desk) -> None:
    kept, photo = await desk.bring("portrait", picture()), await desk.bring(domain.PASSING, picture())

    async def sweep(later: timedelta) -> int:
        return await handlers.sweep(uploads=desk.uploads, files=desk.files, clock=lambda: NOW + later)

    assert await sweep(timedelta(minutes=59)) == 0
    assert await sweep(timedelta(minutes=61)) == 1
    assert await desk.there(kept)
    assert not await desk.there(photo)


def test_a_salted_picture_is_still_one() -> None:
    safe = make_safe(picture())
    salted = domain.salted(safe.content, b"x" * 16)
    assert salted != safe.content
    assert make_safe(salted).width == safe.width
