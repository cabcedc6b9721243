"""Hostile PNG files (W3C PNG, third edition: chunks of length, kind, data, CRC)."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from functools import cache

from tests.support.hostile.base import changed, cut, pixels, saved

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"IEND"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """One chunk with the right CRC."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    """Signature and IHDR; colour 0 grey, 2 RGB, 3 palette, 6 RGBA."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


@cache
def zeros(count: int) -> bytes:
    """`count` zero bytes, packed a thousandfold."""
    packer, packed = zlib.compressobj(6), b""
    for start in range(0, count, 1 << 20):
        packed += packer.compress(bytes(min(1 << 20, count - start)))
    return packed + packer.flush()


def whole(chance: random.Random) -> bytes:
    """An ordinary file, to be spoiled."""
    return saved(pixels(chance), "PNG")


def bomb(chance: random.Random) -> bytes:
    """A few kilobytes that are 40 to 140 megapixels."""
    side = chance.randint(6000, 12_000)
    return header(side, side, 1, 0) + chunk(b"IDAT", zeros(1501 * 12_000)) + chunk(END)


def interlaced_bomb(chance: random.Random) -> bytes:
    """The same read in seven passes."""
    side = chance.randint(5100, 7000)
    return header(side, side, 1, 0, 1) + chunk(b"IDAT", zeros(891 * 7000)) + chunk(END)


def just_allowed_bomb(chance: random.Random) -> bytes:
    """As many pixels as are allowed, of the deepest kind: 16 bits of four channels from 200 KB."""
    height = chance.randint(4900, 5000)
    return header(5000, height, 16, 6) + chunk(b"IDAT", zeros(40_001 * 5000)) + chunk(END)


def impossible_size(chance: random.Random) -> bytes:
    """A header that promises what no machine holds, or nothing."""
    sizes = ((65_535, 65_535), (2**31 - 1, 2**31 - 1), (0, 0), (0, 500), (2**32 - 1, 1), (1, 2**31 - 1))
    return header(*chance.choice(sizes)) + chunk(b"IDAT", zeros(1000)) + chunk(END)


def one_pixel(chance: random.Random) -> bytes:
    """One pixel, or a line of them."""
    return saved(pixels(chance, size=chance.choice(((1, 1), (1, 9000), (9000, 1), (2, 2)))), "PNG")


def sixteen_bits(chance: random.Random) -> bytes:
    """Sixteen bits per channel of an odd colour type."""
    width, height = chance.randint(64, 300), chance.randint(64, 300)
    colour, channels = chance.choice(((0, 1), (2, 3), (4, 2), (6, 4)))
    row = 1 + 2 * channels * width
    data = bytearray(chance.randbytes(row * height))
    data[::row] = bytes(height)
    return header(width, height, 16, colour) + chunk(b"IDAT", zlib.compress(bytes(data))) + chunk(END)


def odd_mode(chance: random.Random) -> bytes:
    """One bit, palette, grey with alpha, RGBA."""
    return saved(pixels(chance, chance.choice(("1", "P", "LA", "L", "RGBA"))), "PNG")


def animated(chance: random.Random) -> bytes:
    """APNG of a few frames."""
    frames = [pixels(chance, size=(200, 150)) for _ in range(chance.randint(2, 6))]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


def text_bomb(chance: random.Random) -> bytes:
    """A comment or a colour profile of a few kilobytes that unpacks to tens of megabytes."""
    kind, prefix = chance.choice(((b"zTXt", b"note\0\0"), (b"iCCP", b"icc\0\0"), (b"iTXt", b"note\0\1\0\0\0")))
    content = whole(chance)
    return content[:33] + chunk(kind, prefix + zeros(60_000_000)) + content[33:]


def many_chunks(chance: random.Random) -> bytes:
    """Tens of thousands of empty chunks before the pixels."""
    content = whole(chance)
    return content[:33] + chunk(b"tEXt", b"a\0b") * chance.randint(20_000, 60_000) + content[33:]


def empty_chunks(chance: random.Random) -> bytes:
    """Nothing but empty chunks, a quarter of a million of them."""
    return whole(chance)[:33] + chunk(b"tEXt", b"") * chance.randint(100_000, 240_000)


def lying_length(chance: random.Random) -> bytes:
    """A chunk longer than the file."""
    content = bytearray(whole(chance))
    content[33:37] = struct.pack(">I", chance.choice((2**31 - 1, 2**32 - 1, len(content) * 2)))
    return bytes(content)


def disordered(chance: random.Random) -> bytes:
    """Header twice, no header, no pixels, or no end."""
    content = whole(chance)
    start, ihdr, rest = content[:8], content[8:33], content[33:]
    return chance.choice((start + ihdr * 2 + rest, start + rest, start + ihdr + chunk(END), content[:-12]))


def with_a_page(chance: random.Random) -> bytes:
    """A picture that is also a script or a page."""
    page = b"<html><script>alert(1)</script></html><?php system($_GET['c']); ?>"
    content = whole(chance)
    inside = content[:33] + chunk(b"tEXt", b"Comment\0" + page) + content[33:]
    return chance.choice((inside, content + page, content + b"PK\x05\x06" + bytes(18)))


def short(chance: random.Random) -> bytes:
    """Cut anywhere."""
    return cut(whole(chance), chance)


def spoiled(chance: random.Random) -> bytes:
    """Some bytes changed."""
    return changed(whole(chance), chance)


KINDS: tuple[tuple[str, str, Callable[[random.Random], bytes]], ...] = (
    ("png-bomb", "png", bomb),
    ("png-interlaced-bomb", "png", interlaced_bomb),
    ("png-just-allowed-bomb", "png", just_allowed_bomb),
    ("png-impossible-size", "png", impossible_size),
    ("png-one-pixel", "png", one_pixel),
    ("png-16-bit", "png", sixteen_bits),
    ("png-odd-mode", "png", odd_mode),
    ("png-animated", "png", animated),
    ("png-text-bomb", "png", text_bomb),
    ("png-many-chunks", "png", many_chunks),
    ("png-empty-chunks", "png", empty_chunks),
    ("png-lying-length", "png", lying_length),
    ("png-disordered", "png", disordered),
    ("png-with-a-page", "png", with_a_page),
    ("png-cut", "png", short),
    ("png-changed", "png", spoiled),
)
