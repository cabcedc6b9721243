"""Hostile JPEG files (ITU-T T.81: segments of marker, length, data)."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from tests.support.hostile.base import changed, cut, pixels, saved

APP1, COMMENT, SCAN = 0xE1, 0xFE, b"\xff\xda"


def segment(marker: int, data: bytes) -> bytes:
    """One segment; `data` at most 65,533 bytes."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def whole(chance: random.Random, **options: object) -> bytes:
    """An ordinary file, to be spoiled."""
    return saved(pixels(chance), "JPEG", quality=85, **options)


def resized(content: bytes, width: int, height: int) -> bytes:
    """The same file with another size in its frame header."""
    at = next(at for at in range(2, len(content)) if content[at : at + 2] in (b"\xff\xc0", b"\xff\xc2"))
    return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]


def impossible_size(chance: random.Random) -> bytes:
    """A frame header of four gigapixels, of no pixels, or one side only."""
    sizes = ((65_500, 65_500), (65_535, 65_535), (0, 0), (400, 0), (0, 400), (65_500, 1))
    return resized(whole(chance), *chance.choice(sizes))


def scan_bomb(chance: random.Random) -> bytes:
    """A progressive file of 25 megapixels whose last scan is repeated: each costs a pass over all coefficients."""
    content = whole(chance, progressive=True)
    last = content.rindex(SCAN)
    repeated = content[:last] + content[last:-2] * chance.randint(50, 200) + content[-2:]
    return resized(repeated, 4990, 4990)


def barely_filled(chance: random.Random) -> bytes:
    """25 megapixels promised, a few thousand given."""
    return resized(whole(chance), chance.randint(4800, 5000), 5000)


def one_pixel(chance: random.Random) -> bytes:
    """One pixel, or a line of them."""
    return saved(pixels(chance, size=chance.choice(((1, 1), (1, 9000), (9000, 1)))), "JPEG")


def fill_bytes(chance: random.Random) -> bytes:
    """Nothing but fill bytes, of which any number may be before a marker."""
    return b"\xff\xd8" + b"\xff" * chance.randint(1_000_000, 2_900_000)


def empty_segments(chance: random.Random) -> bytes:
    """Nothing but empty comments, half a million of them."""
    return b"\xff\xd8" + segment(COMMENT, b"") * chance.randint(200_000, 700_000)


def narrow(chance: random.Random) -> bytes:
    """Hundreds of times as long as wide: made smaller, nothing is left of it."""
    long = chance.randint(20_000, 60_000)
    return saved(pixels(chance, size=chance.choice(((64, long), (long, 64)))), "JPEG")


def cmyk(chance: random.Random) -> bytes:
    """Four inks, as printers write them."""
    return saved(pixels(chance, "CMYK"), "JPEG")


def grey(chance: random.Random) -> bytes:
    """One channel."""
    return saved(pixels(chance, "L"), "JPEG", progressive=chance.random() < 0.5)


def odd_orientation(chance: random.Random) -> bytes:
    """EXIF with an orientation that does not exist, or that is not a number."""
    value = chance.choice((0, 9, 255, 65_535))
    entry = struct.pack(">HHIHH", 0x0112, chance.choice((3, 2, 7, 99)), 1, value, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    content = whole(chance)
    return content[:2] + segment(APP1, exif) + content[2:]


def looping_exif(chance: random.Random) -> bytes:
    """EXIF whose directory names itself as the next, or has entries without end."""
    count = chance.choice((1, 0xFFFF))
    entry = struct.pack(">HHII", 0x8769, 4, chance.choice((1, 2**32 - 1)), 8)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, count) + entry + struct.pack(">I", 8)
    content = whole(chance)
    return content[:2] + segment(APP1, exif) + content[2:]


def many_segments(chance: random.Random) -> bytes:
    """Comments up to 2 MB before the pixels."""
    content = whole(chance)
    return content[:2] + segment(COMMENT, chance.randbytes(60_000)) * chance.randint(5, 33) + content[2:]


def with_a_script(chance: random.Random) -> bytes:
    """A picture that is also a script, an archive or a document."""
    content = whole(chance)
    script = content[:2] + segment(COMMENT, b"*/=1;alert(1);/*<?php phpinfo(); ?>") + content[2:]
    document = content[:2] + segment(COMMENT, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n") + content[2:]
    return chance.choice((script, document, content + b"PK\x05\x06" + bytes(18), content + content))


def lying_length(chance: random.Random) -> bytes:
    """A segment longer than the file, or shorter than its own length field."""
    content = bytearray(whole(chance))
    content[4:6] = struct.pack(">H", chance.choice((0, 1, 65_535)))
    return bytes(content)


def without_tables(chance: random.Random) -> bytes:
    """No quantisation or no Huffman tables."""
    content, marker = whole(chance), chance.choice((b"\xff\xdb", b"\xff\xc4"))
    return content.replace(marker, b"\xff\xef")


def short(chance: random.Random) -> bytes:
    """Cut anywhere."""
    return cut(whole(chance, progressive=chance.random() < 0.5), chance)


def spoiled(chance: random.Random) -> bytes:
    """Some bytes changed."""
    return changed(whole(chance, progressive=chance.random() < 0.5), chance)


KINDS: tuple[tuple[str, str, Callable[[random.Random], bytes]], ...] = (
    ("jpeg-impossible-size", "jpg", impossible_size),
    ("jpeg-scan-bomb", "jpg", scan_bomb),
    ("jpeg-barely-filled", "jpg", barely_filled),
    ("jpeg-one-pixel", "jpg", one_pixel),
    ("jpeg-fill-bytes", "jpg", fill_bytes),
    ("jpeg-empty-segments", "jpg", empty_segments),
    ("jpeg-narrow", "jpg", narrow),
    ("jpeg-cmyk", "jpg", cmyk),
    ("jpeg-grey", "jpg", grey),
    ("jpeg-odd-orientation", "jpg", odd_orientation),
    ("jpeg-looping-exif", "jpg", looping_exif),
    ("jpeg-many-segments", "jpg", many_segments),
    ("jpeg-with-a-script", "jpg", with_a_script),
    ("jpeg-lying-length", "jpg", lying_length),
    ("jpeg-without-tables", "jpg", without_tables),
    ("jpeg-cut", "jpg", short),
    ("jpeg-changed", "jpg", spoiled),
)
