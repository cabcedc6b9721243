"""Use cases of uploads and printable documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from services.documents import domain
from services.documents.domain import SafePicture, Upload
from shared.errors import DomainError, Kind
from shared.events.base import new_id
from shared.files import Files
from shared.store.repository import Repository

MakeSafe = Callable[[bytes], Awaitable[SafePicture]]
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
    upload = Upload(
        id=new_id(),
        owner=owner,
        kind=kind,
        object_key=await files.put(safe.content),
        content_type="image/jpeg",
        width=safe.width,
        height=safe.height,
        bytes=len(safe.content),
        created_at=now,
    )
    await uploads.add(upload.id, upload)
    return upload


async def read(
    upload_id: str, reader: str, granted: bool, *, uploads: Repository[Upload], files: Files
) -> tuple[Upload, bytes]:
    """A picture for its owner, or for the bearer of a grant."""
    upload = await uploads.get(upload_id)
    upload.check_reader(reader, granted)
    return upload, await files.get(upload.object_key)


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
