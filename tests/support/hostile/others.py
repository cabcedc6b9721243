"""Hostile files that are neither JPEG nor PNG, whatever their name says."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable

from tests.support.hostile.base import pixels, saved


def gif(chance: random.Random) -> bytes:
    """An animation, or one whose header promises four gigapixels."""
    frames = [pixels(chance, "P", (120, 90)) for _ in range(chance.randint(2, 8))]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0)
    return chance.choice((content, content[:6] + struct.pack("<HH", 65_535, 65_535) + content[10:]))


def gif_script(chance: random.Random) -> bytes:
    """A GIF header that is a valid statement of a script."""
    return b"GIF89a=1;" + b"alert(document.cookie);" * chance.randint(1, 50)


def webp(chance: random.Random) -> bytes:
    """Still or animated."""
    frames = [pixels(chance, size=(160, 120)) for _ in range(chance.randint(1, 5))]
    return saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def tiff(chance: random.Random) -> bytes:
    """Several pages, Lab or floating point."""
    image, page = pixels(chance), pixels(chance, size=(160, 120))
    many = saved(page, "TIFF", save_all=True, append_images=[page] * chance.randint(1, 30))
    return chance.choice((many, saved(image.convert("L").convert("F"), "TIFF"), saved(image.convert("LAB"), "TIFF")))


def other_picture(chance: random.Random) -> bytes:
    """BMP, JPEG 2000, AVIF, ICO, PPM, TGA."""
    return saved(pixels(chance), chance.choice(("BMP", "JPEG2000", "AVIF", "ICO", "PPM", "TGA")))


def bmp_bomb(chance: random.Random) -> bytes:
    """54 bytes that promise gigapixels, or a negative height."""
    width, height = chance.choice(((60_000, 60_000), (2**31 - 1, 1), (100, -(2**31)), (-5, 5)))
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def svg(chance: random.Random) -> bytes:
    """A drawing with a script, a file reference or entities that multiply."""
    entities = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 9))
    laughs = f'<!DOCTYPE svg [<!ENTITY a0 "ha">{entities}]><svg>&a8;</svg>'
    reader = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>'
    return chance.choice((laughs, reader, "<svg onload='alert(1)'><script>alert(2)</script></svg>")).encode()


def text(chance: random.Random) -> bytes:
    """Text of several encodings, a page, a table with a formula, a shell script."""
    choices = (
        *("姓名 样本 性别 女".encode(code) for code in ("utf-8", "gb18030", "utf-16")),
        b"<html><body><img src=x onerror=alert(1)></body></html>",
        b'=HYPERLINK("http://example.invalid","x"),1\r\n' * 20,
        b"#!/bin/sh\nexit 1\n",
        b'{"card": null}',
    )
    return chance.choice(choices)


def nothing(chance: random.Random) -> bytes:
    """No bytes, or nothing but zeros or spaces."""
    return chance.choice((b"", b"\0" * chance.randint(1, 5000), b" " * chance.randint(1, 500), b"\xff" * 64))


def noise(chance: random.Random) -> bytes:
    """Random bytes, some behind the first bytes of a picture."""
    start = chance.choice(
        (b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP")
    )
    return start + chance.randbytes(chance.randint(1, 20_000))


def program(chance: random.Random) -> bytes:
    """The first bytes of a program, or a PDF that opens something."""
    pdf = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>"
    )
    return chance.choice((b"\x7fELF" + bytes(60), b"MZ" + bytes(200), pdf))


def archive(chance: random.Random) -> bytes:
    """A small archive that unpacks to 50 MB, with a name that climbs out of its folder."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        entry = zipfile.ZipInfo("../../card.jpg")
        entry.compress_type = zipfile.ZIP_DEFLATED
        packed.writestr(entry, bytes(chance.choice((10, 50)) * 1_000_000), compresslevel=1)
    return out.getvalue()


KINDS: tuple[tuple[str, str, Callable[[random.Random], bytes]], ...] = (
    ("gif", "gif", gif),
    ("gif-script", "gif", gif_script),
    ("webp", "webp", webp),
    ("tiff", "tif", tiff),
    ("other-picture", "bmp", other_picture),
    ("bmp-bomb", "bmp", bmp_bomb),
    ("svg", "svg", svg),
    ("text", "txt", text),
    ("nothing", "jpg", nothing),
    ("noise", "jpg", noise),
    ("program", "exe", program),
    ("archive", "zip", archive),
)
