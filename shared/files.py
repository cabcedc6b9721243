"""Object storage (obstore): S3, a folder, or memory. Keys are content hashes, so objects never change."""

from __future__ import annotations

import hashlib
from pathlib import Path

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from shared.errors import NotFound


class Files:
    """Pictures and documents by key."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, content: bytes) -> str:
        """Keep `content`; its key is its SHA-256 in hexadecimal."""
        key = key_of(content)
        await obstore.put_async(self._store, _path(key), content)
        return key

    async def get(self, key: str) -> bytes:
        """Read one object. Raises `NotFound`."""
        try:
            found = await obstore.get_async(self._store, _path(key))
        except FileNotFoundError as error:
            raise NotFound("file") from error
        return bytes(await found.bytes_async())

    async def delete(self, key: str) -> None:
        """Remove one object; nothing happens when it is gone already."""
        try:
            await obstore.delete_async(self._store, _path(key))
        except FileNotFoundError:
            return


def key_of(content: bytes) -> str:
    """The key under which this content is kept: its SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def open_files(url: str, folder: Path) -> Files:
    """Storage at `url` (`s3://bucket/prefix`, credentials from the environment), or in `folder` when it is empty."""
    if url == "memory:":
        return Files(MemoryStore())
    if url:
        return Files(from_url(url))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Files(LocalStore(str(folder)))


def _path(key: str) -> str:
    return f"{key[:2]}/{key}"
