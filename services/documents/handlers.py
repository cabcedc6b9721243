"""Use cases of uploads and printable documents."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from services.documents import domain
from services.documents.domain import SafePicture, Upload
from shared.errors import AlreadyHandled, DomainError, Kind, NotFound
from shared.events.base import new_id
from shared.events.identity import FacePhotoSpent
from shared.events.registration import PicturesReleased
from shared.files import Files, key_of
from shared.store import Query, Range, time_text
from shared.store.repository import Repository

MakeSafe = Callable[[bytes], Awaitable[SafePicture]]
BATCH = 500
REFUSAL_KINDS = {"upload.pixels": Kind.TOO_LARGE, "upload.type": Kind.UNSUPPORTED}


async def receive(
    owner: str,
    kind: str,
    chunks: AsyncIterator[bytes],
    *,
    uploads: Repository[Upload],
    files: Files,
    make_safe: MakeSafe,
    now: datetime,
) -> Upload:
    """Take a picture in, stopping at the first byte too many; keep only its re-encoded form."""
    raw = await _read_bounded(chunks)
    domain.sniff(raw[:16])
    safe = await make_safe(raw)
    if safe.refusal:
        raise DomainError(safe.refusal, REFUSAL_KINDS.get(safe.refusal, Kind.INVALID), "/file")
    content = domain.salted(safe.content, secrets.token_bytes(16)) if kind == domain.PASSING else safe.content
    upload = Upload(
        id=new_id(),
        owner=owner,
        kind=kind,
        object_key=key_of(content),
        content_type="image/jpeg",
        width=safe.width,
        height=safe.height,
        bytes=len(content),
        created_at=now,
    )
    # The record first: who deletes the same picture of somebody else looks for records, and leaves the object then.
    await uploads.add(upload.id, upload)
    await files.put(content)
    return upload


async def read(
    upload_id: str, reader: str, granted: bool, *, uploads: Repository[Upload], files: Files
) -> tuple[Upload, bytes]:
    """A picture for its owner, or for the bearer of a grant."""
    upload = await uploads.get(upload_id)
    upload.check_reader(reader, granted)
    return upload, await files.get(upload.object_key)


async def on_photo_spent(event: FacePhotoSpent, *, uploads: Repository[Upload], files: Files) -> None:
    """A face check is over: its photo goes."""
    try:
        upload = await uploads.get(event.subject)
    except NotFound as error:
        raise AlreadyHandled(event.event_id) from error
    if upload.kind == domain.PASSING:
        await _remove(upload, uploads=uploads, files=files)


async def on_pictures_released(event: PicturesReleased, *, uploads: Repository[Upload], files: Files) -> None:
    """Pictures that nobody needs any more: their records go, and each object that no other record has. Doing it again
    changes nothing; the event names the objects, so that a crash halfway leaves none behind."""
    for picture in event.pictures:
        await uploads.delete(picture.upload_id)
        await _remove_unused(picture.object_key, uploads=uploads, files=files)


async def _remove_unused(object_key: str, *, uploads: Repository[Upload], files: Files) -> None:
    if await _used(object_key, uploads):
        return
    try:
        content = await files.get(object_key)
    except NotFound:
        return
    await files.delete(object_key)
    # Somebody may have brought the very same picture meanwhile, and found the object there.
    if await _used(object_key, uploads):
        await files.put(content)


async def _used(object_key: str, uploads: Repository[Upload]) -> bool:
    return bool((await uploads.find(Query(equal={"object_key": object_key}, limit=1))).items)


async def sweep(*, uploads: Repository[Upload], files: Files, clock: Callable[[], datetime]) -> int:
    """Delete passing pictures whose check nobody began or ended; returns how many."""
    past = Range(below=time_text(clock() - domain.PASSING_LIFE))
    found = await uploads.find(Query(equal={"kind": domain.PASSING}, ranges={"created_at": past}, limit=BATCH))
    for upload in found.items:
        await _remove(upload, uploads=uploads, files=files)
    return len(found.items)


async def _remove(upload: Upload, *, uploads: Repository[Upload], files: Files) -> None:
    # The object first: while the record is there, a crash between the two leaves something to find it by.
    await files.delete(upload.object_key)
    await uploads.delete(upload.id)


async def _read_bounded(chunks: AsyncIterator[bytes]) -> bytes:
    raw = bytearray()
    async for chunk in chunks:
        raw += chunk
        if len(raw) > domain.MAX_BYTES:
            limit = domain.MAX_BYTES // (1024 * 1024)
            raise DomainError("upload.bytes", Kind.TOO_LARGE, "/file", params={"megabytes": limit})
    if not raw:
        raise DomainError("upload.empty", Kind.INVALID, "/file")
    return bytes(raw)
