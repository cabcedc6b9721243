"""Both sides of the second hand's cards, drawn on 1011 x 638 units from a public description of the layout."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tests.support.specimen.identity import Person

SCALE = 1.8
WIDTH, HEIGHT = round(1011 * SCALE), round(638 * SCALE)
_FONTS = Path("/usr/share/fonts")
_TEXT = (
    "truetype/wqy/wqy-zenhei.ttc",
    "truetype/wqy/wqy-microhei.ttc",
    "truetype/arphic-gkai00mp/gkai00mp.ttf",
    "truetype/arphic-gbsn00lp/gbsn00lp.ttf",
    "opentype/noto/NotoSerifCJK-Bold.ttc",
    "opentype/noto/NotoSansCJK-Bold.ttc",
)
_DIGITS = (
    "opentype/ocr-b/OCRB.otf",
    "opentype/ocr-b/OCRB.otf",
    "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/liberation/LiberationMono-Regular.ttf",
    "truetype/dejavu/DejaVuSans.ttf",
    "truetype/wqy/wqy-zenhei.ttc",
)
_RIGHT, _PITCH = 835, 1.25
"""Where lines of an authority end, without what its label takes; lines of it from one to the next, in sizes."""
_EVERY_SIGN = "opentype/noto/NotoSansCJK-Regular.ttc"
Pixels = npt.NDArray[np.uint8]


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / path), size)


@cache
def _there(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Of these fonts, the ones this machine has."""
    return tuple(path for path in paths if (_FONTS / path).exists())


@dataclass
class Press:
    """Prints words at units of the card; a sign the font lacks comes from one that has all."""

    draw: ImageDraw.ImageDraw
    face: str
    ink: tuple[int, int, int]
    tint: tuple[int, int, int]
    nudge: tuple[float, float]

    def words(self, x: float, base: float, text: str, size: float, spread: float = 0, tinted: bool = False) -> float:
        """Print with the baseline at `base`; returns where the text ends."""
        for sign in text:
            font = _font(self.face if _has(self.face, sign) else _EVERY_SIGN, round(size * SCALE))
            at = ((x + self.nudge[0]) * SCALE, (base + self.nudge[1]) * SCALE)
            self.draw.text(at, sign, font=font, fill=self.tint if tinted else self.ink, anchor="ls")
            x += font.getlength(sign) / SCALE + spread
        return x


@cache
def _has(face: str, sign: str) -> bool:
    """Whether the font draws this sign unlike one that no font has."""
    font = _font(face, 40)
    return bytes(font.getmask(sign)) != bytes(font.getmask("\ufffe"))


def front(who: Person, portrait: Image.Image, rng: random.Random) -> Image.Image:
    """The portrait side; permits of 81, 82 and 83 have no ethnic group."""
    card = _guilloche(rng)
    press = _press(card, rng)
    left, column = rng.uniform(58, 88), rng.uniform(168, 205)
    first, step = rng.uniform(88, 112), rng.uniform(68, 82)
    small, large = rng.uniform(23, 29), rng.uniform(31, 38)
    gap, colon = rng.choice((0, 0, 4, 18)), rng.choice(("", "", "", ":"))
    for row, label in enumerate(("姓名", "性别", "出生", "住址")):
        press.words(left, first + row * step, label + colon, small, gap, tinted=True)
    press.words(column, first, who.name, min(large * rng.uniform(1, 1.2), 400 / len(who.name)), rng.choice((0, 2, 8)))
    end = press.words(column, first + step, who.gender, large)
    if who.ethnicity:
        end = press.words(end + rng.uniform(40, 110), first + step, "民族" + colon, small, gap, tinted=True)
        press.words(end + rng.uniform(12, 26), first + step, who.ethnicity, large)
    _born(press, who, column, first + 2 * step, (small, large), rng)
    _lines(press, who.address, (column, first + 3 * step), large, rng)
    bottom = rng.uniform(545, 585)
    press.words(left, bottom, "公民身份号码" + colon, small, gap / 3, tinted=True)
    _digits(card, press, who.id_number, (rng.uniform(318, 350), bottom), rng)
    _glue(card, portrait, rng)
    return _sample(card, rng)


def back(who: Person, rng: random.Random) -> Image.Image:
    """The emblem side."""
    card = _guilloche(rng)
    press = _press(card, rng)
    _seal(press.draw, rng)
    press.words(rng.uniform(320, 370), rng.uniform(140, 170), "中华人民共和国", 58, 22)
    press.words(rng.uniform(310, 350), rng.uniform(255, 280), "居民身份证", 84, 22)
    left, top, size = rng.uniform(200, 300), rng.uniform(475, 505), rng.uniform(29, 36)
    for row, (label, value) in enumerate((("签发机关", who.issuing_authority), ("有效期限", _period(who, rng)))):
        base = top + row * rng.uniform(62, 76)
        size = size if len(value) < 16 else min(size, 31)
        lines = _breaks(value, (_RIGHT - left) / size) if row == 0 else [value]
        base -= (len(lines) - 1) * _PITCH * size
        end = press.words(left, base, label, rng.uniform(25, 30), tinted=rng.random() < 0.4)
        begin = end + rng.uniform(14, 32)
        for number, line in enumerate(lines):
            press.words(begin, base + number * _PITCH * size, line, size)
    return _sample(card, rng)


def _period(who: Person, rng: random.Random) -> str:
    first, last = who.valid_from.replace("-", "."), who.valid_until.replace("-", ".")
    return f"{first}{rng.choice('--—')}{last}"


def _born(press: Press, who: Person, x: float, base: float, sizes: tuple[float, float], rng: random.Random) -> None:
    air = rng.uniform(6, 14)
    for part, unit in zip(who.birth_date.split("-"), "年月日", strict=True):
        x = press.words(x, base, part if len(part) == 4 else str(int(part)), sizes[1] * 0.95) + air
        x = press.words(x, base, unit, sizes[0], tinted=True) + air


def _lines(press: Press, text: str, at: tuple[float, float], size: float, rng: random.Random) -> None:
    most, pitch = rng.choice((10, 11, 11, 12)), size * rng.uniform(1.25, 1.5)
    size = min(size, 395 / most)
    for number, start in enumerate(_breaks(text, most)):
        press.words(at[0], at[1] + number * pitch, start, size)


def _breaks(text: str, most: float) -> list[str]:
    """Lines as wide as `most` ideographs; digits and letters are half as wide."""
    lines, used = [""], 0.0
    for sign in text:
        wide = 0.55 if sign.isascii() else 1.0
        if used + wide > most:
            lines, used = [*lines, ""], 0.0
        lines[-1] += sign
        used += wide
    return lines


def _digits(card: Image.Image, press: Press, number: str, at: tuple[float, float], rng: random.Random) -> None:
    face = rng.choice(_there(_DIGITS))
    wide = rng.uniform(480, 560)
    size = rng.uniform(36, 46)
    natural = _font(face, round(size * SCALE)).getlength(number) / SCALE
    size *= min(1.0, wide / natural)
    other = Press(press.draw, face, press.ink, press.tint, press.nudge)
    other.words(at[0], at[1] + rng.uniform(-4, 6), number, size, max(0.0, (wide - natural) / 17))


def _glue(card: Image.Image, portrait: Image.Image, rng: random.Random) -> None:
    """The portrait without a frame, its edge fading or cut."""
    width = rng.uniform(270, 330)
    size = (round(width * SCALE), round(width * rng.uniform(1.2, 1.3) * SCALE))
    shape = Image.new("L", size, 255)
    if rng.random() < 0.3:
        shape = Image.new("L", size, 0)
        ImageDraw.Draw(shape).ellipse((0, 0, size[0], size[1] * 1.5), fill=255)
    at = (round((rng.uniform(955, 985) - width) * SCALE), round(rng.uniform(60, 95) * SCALE))
    card.paste(portrait.resize(size), at, shape)


def _seal(draw: ImageDraw.ImageDraw, rng: random.Random) -> None:
    """A red ring with a star stands in for the emblem."""
    x, y, r = rng.uniform(150, 200) * SCALE, rng.uniform(150, 190) * SCALE, rng.uniform(85, 110) * SCALE
    draw.ellipse((x - r, y - r, x + r, y + r), outline=(200, 40, 40), width=round(14 * SCALE))
    turns = [(math.pi * k / 5 - math.pi / 2, r * (0.6 if k % 2 == 0 else 0.25)) for k in range(10)]
    draw.polygon([(x + math.cos(a) * d, y + math.sin(a) * d) for a, d in turns], fill=(210, 50, 40))


def _press(card: Image.Image, rng: random.Random) -> Press:
    grey = rng.randrange(0, 60)
    tints: Sequence[tuple[int, int, int]] = ((0, 112, 176), (96, 140, 200), (40, 60, 120), (120, 90, 60), (grey,) * 3)
    return Press(
        ImageDraw.Draw(card), rng.choice(_there(_TEXT)), (grey, grey, grey), rng.choice(tints),
        (rng.uniform(-9, 9), rng.uniform(-9, 9)),
    )  # fmt: skip


def _guilloche(rng: random.Random) -> Image.Image:
    """Three pale colours running into each other, with bundles of thin curves."""
    spots = [(rng.random(), rng.random(), np.array([rng.uniform(195, 250) for _ in range(3)])) for _ in range(3)]
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    weights = np.stack([1 / (0.05 + (x - a) ** 2 + (y - b) ** 2) for a, b, _ in spots])
    ground = sum(
        (w / weights.sum(axis=0))[..., None] * colour for w, (_, _, colour) in zip(weights, spots, strict=True)
    )
    card = Image.fromarray(np.asarray(ground, np.uint8))
    draw = ImageDraw.Draw(card)
    for _ in range(rng.randrange(0, 4)):
        colour = tuple(rng.randrange(150, 225) for _ in range(3))
        middle, swing, length = rng.uniform(0.1, 0.9) * HEIGHT, rng.uniform(30, 240), rng.uniform(150, 900)
        for line in range(rng.randrange(4, 14)):
            phase = line * rng.uniform(0.05, 0.2)
            points = [
                (u, middle + swing * math.sin(u / length * math.tau + phase) + line * 9) for u in range(0, WIDTH, 12)
            ]
            draw.line(points, fill=colour, width=2)
    return card


def _sample(card: Image.Image, rng: random.Random) -> Image.Image:
    """Marked so that nobody takes it for a real one, beside the print: small, above or below it."""
    mark = rng.choice(("样本 SPECIMEN", "样本", "样本 仅供测试"))
    at = rng.choice(((640, 22), (380, 18), (700, 612), (60, 618)))
    font = _font(_EVERY_SIGN, round(rng.uniform(16, 26) * SCALE))
    ImageDraw.Draw(card).text((at[0] * SCALE, at[1] * SCALE), mark, font=font, fill=(200, 70, 70), anchor="lm")
    return card
