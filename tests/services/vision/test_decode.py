"""Files are judged by their header, before anything is decoded."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from services.vision.decode import MAX_BYTES, PARTS_AT_MOST, Picture, judge
from services.vision.domain import BadPicture, Refusal


def encoded(kind: str, width: int = 200, height: int = 100) -> bytes:
    """A grey picture as .jpg or .png."""
    return cv2.imencode(kind, np.full((height, width, 3), 120, np.uint8))[1].tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *before: bytes, bits: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(before) + chunk(b"IDAT", b"x")


def jpeg(width: int, height: int, scans: int, size: int) -> bytes:
    """The header of a progressive JPEG, then `scans` scans in `size` bytes."""
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xe0\x00\x04xx" + frame + (b"\xff\xda" + bytes(size // scans)) * scans


PADDING = chunk(b"tEXt", bytes(4_000_000))
"""So that a file is no smaller than a photograph of its size."""


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_size_is_read_and_decoding_is_reduced(kind: str) -> None:
    picture = Picture(encoded(kind))
    assert (picture.header.width, picture.header.height) == (200, 100)
    assert picture.at(1).shape == (100, 200, 3)
    assert picture.at(4).shape == (25, 50, 3)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Refusal.EMPTY),
        (b"hello, this is text", Refusal.NOT_JPEG_OR_PNG),
        (b"GIF89a" + bytes(100), Refusal.NOT_JPEG_OR_PNG),
        (png(30_000, 30_000), Refusal.TOO_MANY_PIXELS),
        (png(5001, 5000), Refusal.TOO_MANY_PIXELS),
        (png(1, 1), Refusal.TOO_SMALL),
        (encoded(".jpg", 641, 64), Refusal.TOO_NARROW),
        (encoded(".png", 64, 641), Refusal.TOO_NARROW),
        (png(5000, 5000), Refusal.TOO_MANY_PIXELS),
        (png(5000, 5000, PADDING, bits=16, colour=6), Refusal.TOO_MANY_PIXELS),
        (jpeg(5000, 5000, 11, 4_000_000), Refusal.TOO_MANY_PIXELS),
        (jpeg(2000, 1500, 100, 4_000_000), Refusal.TOO_MANY_PIXELS),
        (png(200, 200, chunk(b"acTL", bytes(8))), Refusal.ANIMATED),
        (png(200, 200)[:40], Refusal.DAMAGED),
        (encoded(".jpg")[:20], Refusal.DAMAGED),
        (b"\xff\xd8\xff" + bytes(3000), Refusal.DAMAGED),
    ],
)
def test_what_we_do_not_look_at_is_refused_with_its_reason(content: bytes, reason: Refusal) -> None:
    with pytest.raises(BadPicture) as refused:
        judge(content)
    assert refused.value.reason is reason


def test_pixels_that_cannot_be_decoded_are_a_refusal() -> None:
    with pytest.raises(BadPicture) as refused:
        Picture(png(200, 200)).at(1)
    assert refused.value.reason is Refusal.DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        png(5000, 5000, PADDING),
        png(3000, 3000, PADDING, bits=16, colour=6),
        jpeg(5000, 5000, 10, 4_000_000),
        jpeg(400, 300, 60, 100_000),
    ],
    ids=["25 MP", "9 MP of 16 bits", "25 MP progressive", "small with many scans"],
)
def test_what_a_decoder_can_do_at_once_is_looked_at(content: bytes) -> None:
    assert judge(content).width >= 400


def test_a_bomb_behind_many_chunks_is_refused_by_its_header() -> None:
    with pytest.raises(BadPicture) as refused:
        Picture(png(60_000, 60_000, *[chunk(b"tEXt", b"a" * 1000)] * 50))
    assert refused.value.reason is Refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xd8" + b"\xff" * (MAX_BYTES - 2),
        b"\xff\xd8" + b"\xff\xfe\x00\x02" * (MAX_BYTES // 4 - 1),
        png(400, 400)[:33] + chunk(b"tEXt", b"") * (MAX_BYTES // 12 - 3),
    ],
    ids=["fill bytes", "empty segments", "empty chunks"],
)
def test_a_header_without_end_is_refused(content: bytes) -> None:
    with pytest.raises(BadPicture) as refused:
        judge(content)
    assert refused.value.reason is Refusal.DAMAGED


@pytest.mark.parametrize(("begins", "part"), [(2, b"\xff\xfe\x00\x02"), (33, chunk(b"tEXt", b""))], ids=["jpeg", "png"])
def test_so_many_parts_of_a_header_are_read_and_no_more(begins: int, part: bytes) -> None:
    content = encoded(".jpg") if begins == 2 else png(400, 400)
    assert judge(content[:begins] + part * (PARTS_AT_MOST // 2) + content[begins:]).width >= 200
    with pytest.raises(BadPicture) as refused:
        judge(content[:begins] + part * PARTS_AT_MOST + content[begins:])
    assert refused.value.reason is Refusal.DAMAGED


def test_fill_bytes_before_a_marker_are_passed_over() -> None:
    content = encoded(".jpg")
    assert judge(content[:2] + b"\xff" * 100 + content[2:]).width == 200
