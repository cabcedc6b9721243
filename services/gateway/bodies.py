"""The bodies of requests, read once: fields in memory, files on disk.

Of a file that is too large one byte more is kept than it may have, so that the service that judges it says so beside
its field; the rest is read and thrown away, because a browser shows no answer before it has sent everything.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from multidict import MultiDict, MultiDictProxy

from shared.tables import CHUNK

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]

FORM = web.RequestKey("form", Form)
TEXT_BYTES = 1 << 20
MOST_PARTS = 500
READ_BYTES = 256 << 20
"""Of one request, kept or thrown away."""
_NOTHING: Form = MultiDictProxy(MultiDict())


@dataclass(frozen=True)
class Limit:
    """For how many files a form has inputs, and the most bytes of each."""

    files: int
    each: int


def form_of(request: web.Request) -> Form:
    """The fields and files of a request, as the guard has read them."""
    form: Form = request.get(FORM, _NOTHING)
    return form


async def read_form(request: web.Request, limit: Limit) -> Form:
    """Every field, and every file that there is an input for. Raises 413 for too much text, `ValueError`, `LookupError`
    or `RuntimeError` for what is no form."""
    if request.content_type != "multipart/form-data":
        return await request.post()
    form: MultiDict[str | bytes | bytearray | web.FileField] = MultiDict()
    text_left, files_left = TEXT_BYTES, limit.files
    reader = await request.multipart()
    while part := await reader.next():
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise ValueError("a part without a name, or in parts itself")
        if len(form) == MOST_PARTS:
            raise web.HTTPRequestEntityTooLarge(MOST_PARTS)
        if part.filename:
            form.add(part.name, await _file(request, part, limit.each + 1 if files_left > 0 else 0))
            files_left -= 1
            continue
        text = await _cut(_bounded(request, _decoded(part)), text_left + 1)
        text_left -= len(text)
        if text_left < 0:
            raise web.HTTPRequestEntityTooLarge(TEXT_BYTES)
        form.add(part.name, text.decode(part.get_charset("utf-8")))
    return MultiDictProxy(form)


async def read_file(request: web.Request, limit: Limit) -> bytes:
    """A body that is a file and nothing else, up to one byte more than it may have."""
    return await _cut(_bounded(request, request.content.iter_chunked(CHUNK)), limit.each + 1)


async def _file(request: web.Request, part: BodyPartReader, most: int) -> web.FileField:
    # It is closed, and gone, with the form that holds it.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    async for chunk in _bounded(request, _decoded(part)):
        if fits := chunk[: most - file.tell()]:
            await asyncio.to_thread(file.write, fits)
    file.seek(0)
    kind = part.headers.get("Content-Type", "application/octet-stream")
    return web.FileField(part.name or "", part.filename or "", file, kind, part.headers)


async def _cut(chunks: AsyncIterator[bytes], most: int) -> bytes:
    """The first so many bytes; all of them are read."""
    kept = bytearray()
    async for chunk in chunks:
        kept += chunk[: most - len(kept)]
    return bytes(kept)


async def _decoded(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(CHUNK):
        async for piece in part.decode_iter(chunk):
            yield bytes(piece)


async def _bounded(request: web.Request, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if request.content.total_bytes > READ_BYTES:
            raise web.HTTPRequestEntityTooLarge(READ_BYTES)
        yield chunk
