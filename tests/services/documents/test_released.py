"""Pictures that nobody needs any more: record and object go, and an object that somebody else has too stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.documents import handlers
from services.documents.domain import Upload
from shared.errors import NotFound
from shared.events.registration import PicturesReleased, ReleasedPicture
from shared.files import Files
from tests.services.documents.test_passing import NOW, Desk, desk
from tests.services.documents.test_uploads import picture

__all__ = ["desk"]


async def release(desk: Desk, *uploads: Upload) -> None:
    """The registration service needs these no more."""
    told = tuple(ReleasedPicture(upload_id=each.id, object_key=each.object_key) for each in uploads)
    event = PicturesReleased(subject="application", occurred_at=NOW, pictures=told)
    await handlers.on_pictures_released(event, uploads=desk.uploads, files=desk.files)


async def known(desk: Desk, upload: Upload) -> bool:
    try:
        await desk.uploads.get(upload.id)
    except NotFound:
        return False
    return True


async def test_released_pictures_go_with_their_records_and_twice_is_no_error(desk: Desk) -> None:
    card, portrait = await desk.bring("id_card", picture()), await desk.bring("portrait", picture(size=(300, 400)))
    for _ in range(2):
        await release(desk, card, portrait)
        assert [await desk.there(each) for each in (card, portrait)] == [False, False]
        assert [await known(desk, each) for each in (card, portrait)] == [False, False]


async def test_one_file_used_twice_is_an_object_until_the_second_goes(desk: Desk) -> None:
    mine, theirs = await desk.bring("id_card", picture()), await desk.bring("id_card", picture())
    assert mine.object_key == theirs.object_key
    await release(desk, mine)
    assert await desk.there(theirs) and not await known(desk, mine)
    await release(desk, theirs)
    assert not await desk.there(theirs)


async def test_after_a_crash_between_record_and_object_the_event_is_carried_out_again(desk: Desk) -> None:
    card = await desk.bring("id_card", picture())
    await desk.uploads.delete(card.id)
    await release(desk, card)
    assert not await desk.there(card)


async def test_of_two_released_at_once_no_object_is_left_behind(desk: Desk) -> None:
    uploads = [await desk.bring("id_card", picture()) for _ in range(5)]
    await asyncio.gather(*(release(desk, each) for each in uploads))
    assert not await desk.there(uploads[0])


class Interrupted(Files):
    """Storage in which something happens in the middle of a deletion, and after an object was written."""

    def __init__(self, inner: Files) -> None:
        super().__init__(inner._store)
        self.deleting: Callable[[], Awaitable[object]] | None = None
        self.written: Callable[[], Awaitable[object]] | None = None

    async def delete(self, key: str) -> None:
        if act := self.deleting:
            self.deleting = None
            await act()
        await super().delete(key)

    async def put(self, content: bytes) -> str:
        key = await super().put(content)
        if act := self.written:
            self.written = None
            await act()
        return key


async def test_the_same_picture_brought_while_it_is_deleted_is_there_afterwards(desk: Desk) -> None:
    card = await desk.bring("id_card", picture())
    brought: list[Upload] = []

    async def bring() -> None:
        brought.append(await desk.bring("id_card", picture()))

    desk.files = files = Interrupted(desk.files)
    files.deleting = bring
    await release(desk, card)
    assert brought and await desk.there(brought[0])


async def test_a_picture_deleted_while_the_same_is_brought_is_there_afterwards(desk: Desk) -> None:
    card = await desk.bring("id_card", picture())
    desk.files = files = Interrupted(desk.files)
    files.written = lambda: release(desk, card)
    brought = await desk.bring("portrait", picture())
    assert await desk.there(brought)
