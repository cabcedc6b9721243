"""Uploads: what is accepted and whose it is; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import DomainError, Kind, NotFound

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 25_000_000
MIN_SIDE = 100
JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PASSING = "face"
"""The kind of pictures that are compared once and then deleted."""
PASSING_LIFE = timedelta(hours=1)


@dataclass(frozen=True)
class SafePicture:
    """A re-encoded JPEG without metadata, upright, RGB; or the code of the refusal."""

    content: bytes = b""
    width: int = 0
    height: int = 0
    refusal: str = ""


@dataclass
class Upload:
    """One accepted picture. `object_key` is the SHA-256 of the re-encoded bytes; sizes in pixels and bytes."""

    id: str
    owner: str
    kind: str
    object_key: str
    content_type: str
    width: int
    height: int
    bytes: int
    created_at: datetime

    def check_reader(self, reader: str, granted: bool) -> None:
        """Only the owner, or the bearer of a grant; for all others it does not exist."""
        if not granted and reader != self.owner:
            raise NotFound("upload")


def sniff(first: bytes) -> str:
    """The content type by the first bytes, whatever the browser says. Raises `upload.type`."""
    if first.startswith(JPEG_MAGIC):
        return "image/jpeg"
    if first.startswith(PNG_MAGIC):
        return "image/png"
    raise DomainError("upload.type", Kind.UNSUPPORTED, "/file")


def check_size(width: int, height: int) -> None:
    """Refuse by the header's size before anything is decoded (a 21 KB file can hold 859 MB of pixels)."""
    if width * height > MAX_PIXELS:
        raise DomainError("upload.pixels", Kind.TOO_LARGE, "/file", params={"megapixels": MAX_PIXELS // 1_000_000})
    if min(width, height) < MIN_SIDE:
        raise DomainError("upload.too_small", Kind.INVALID, "/file", params={"pixels": MIN_SIDE})


def salted(jpeg: bytes, salt: bytes) -> bytes:
    """The same picture under a name of its own: a comment (JPEG segment COM) after the start. A passing picture that
    happened to be the very file of somebody's registration would otherwise share its object, and take it along."""
    return jpeg[:2] + b"\xff\xfe" + (len(salt) + 2).to_bytes(2, "big") + salt + jpeg[2:]
