"""From bytes to pixels: the header is judged before anything is decoded, and no more is decoded than is needed.

A 21 KB file can hold 859 MB of pixels, so size, kind and animation are read from the header (lab note).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from services.vision.domain import BadPicture, Refusal
from services.vision.stages import stage

Image = npt.NDArray[np.uint8]
"""H x W x 3, eight bits, BGR as OpenCV and the OCR networks take it."""

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 25_000_000
MIN_SIDE = 64
LONGEST_SHAPE = 10
"""How many times as long as wide a picture may be: of a longer one nothing is left in width when it is made smaller."""
UNPACKED_AT_MOST = 3 * MAX_PIXELS
"""Bytes that a decoder makes of the file: the largest picture in three channels of eight bits. Four of sixteen bits are
2.7 times as much work for the same size, so such a picture has to be smaller."""
SCANNED_AT_MOST = 10 * MAX_PIXELS
"""Pixels times scans: every scan of a progressive JPEG is a pass over the whole picture (1.5 ns a pixel), and its usual
script has ten. A scan may be repeated at will."""
PACKED_AT_MOST = 150
"""Unpacked bytes for each byte of the file; photographs have 5 to 40. Small pictures may be as plain as they like."""
PARTS_AT_MOST = 5_000
"""Chunks or segments before the pixels: photographs have dozens, and 64 KiB at most in each of a JPEG's."""
_SMALL_ENOUGH = 4_000_000
_NO_FILL = re.compile(rb"[^\xff]")
_SCALES = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


@dataclass(frozen=True)
class Header:
    """What a file says of itself. `width` and `height` in pixels as stored (before EXIF rotation), `depth` bytes of a
    pixel, and how often a decoder passes over them (`scans`).
    """

    kind: str
    width: int
    height: int
    depth: float = 3
    scans: int = 1


class Picture:
    """A judged file. `at(scale)` decodes it at 1/scale of its size. Raises `BadPicture` when made or decoded."""

    def __init__(self, content: bytes) -> None:
        self.header = judge(content)
        self._content = content

    @stage("decode")
    def at(self, scale: int) -> Image:
        """BGR at 1/scale (1, 2, 4 or 8) of the size, turned the way EXIF says."""
        try:
            decoded = cv2.imdecode(np.frombuffer(self._content, np.uint8), _SCALES[scale])
        except cv2.error as error:
            raise BadPicture(Refusal.DAMAGED) from error
        if decoded is None:
            raise BadPicture(Refusal.DAMAGED)
        return np.asarray(decoded, np.uint8)


def judge(content: bytes) -> Header:
    """Read the header only. Raises `BadPicture` with the reason for whatever we do not look at."""
    if not content:
        raise BadPicture(Refusal.EMPTY)
    if len(content) > MAX_BYTES:
        raise BadPicture(Refusal.TOO_MANY_BYTES)
    header = _header(content)
    pixels = header.width * header.height
    if pixels > MAX_PIXELS:
        raise BadPicture(Refusal.TOO_MANY_PIXELS)
    if min(header.width, header.height) < MIN_SIDE:
        raise BadPicture(Refusal.TOO_SMALL)
    if max(header.width, header.height) > LONGEST_SHAPE * min(header.width, header.height):
        raise BadPicture(Refusal.TOO_NARROW)
    unpacked = pixels * max(3, header.depth)
    packed_far = pixels > _SMALL_ENOUGH and unpacked > PACKED_AT_MOST * len(content)
    if packed_far or unpacked > UNPACKED_AT_MOST or pixels * header.scans > SCANNED_AT_MOST:
        raise BadPicture(Refusal.TOO_MANY_PIXELS)
    return header


def _header(content: bytes) -> Header:
    if content[:3] == b"\xff\xd8\xff":
        return _jpeg(content)
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        return _png(content)
    raise BadPicture(Refusal.NOT_JPEG_OR_PNG)


def _png(content: bytes) -> Header:
    """IHDR is always first (PNG 3rd edition, 5.6); an `acTL` chunk before the pixels means animation."""
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise BadPicture(Refusal.DAMAGED)
    width, height = struct.unpack(">II", content[16:24])
    at = 8
    for _ in range(PARTS_AT_MOST):
        if at + 8 > len(content):
            break
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind == b"acTL":
            raise BadPicture(Refusal.ANIMATED)
        if kind == b"IDAT":
            return Header("png", width, height, _png_depth(content))
        at += 12 + length
    raise BadPicture(Refusal.DAMAGED)


def _png_depth(content: bytes) -> float:
    """Bits of a sample (byte 24) times samples of the colour type (byte 25), in bytes."""
    return content[24] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(content[25], 4) / 8


def _jpeg(content: bytes) -> Header:
    """Walk the segments to the first start-of-frame (ITU-T T.81, B.1.1.3)."""
    at = 2
    for _ in range(PARTS_AT_MOST):
        # Any number of fill bytes FF may be before a marker (B.1.1.2).
        after = _NO_FILL.search(content, at)
        if content[at : at + 1] != b"\xff" or after is None or after.start() + 8 >= len(content):
            break
        at, marker = after.start() - 1, content[after.start()]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            # Inside a scan FF is always followed by 00 (B.1.1.5), so that each of these begins one.
            return Header("jpeg", width, height, scans=content.count(b"\xff\xda", at))
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    raise BadPicture(Refusal.DAMAGED)
