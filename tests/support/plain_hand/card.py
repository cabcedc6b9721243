"""The portrait side of a plain card; sizes and places in hundredths of its width."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from tests.support.specimen.identity import Person

_FONTS = "/usr/share/fonts/"
_TEXT = (
    ("opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("opentype/noto/NotoSansCJK-Bold.ttc", 2),
    ("opentype/noto/NotoSerifCJK-Regular.ttc", 2),
    ("truetype/wqy/wqy-zenhei.ttc", 0),
    ("truetype/arphic-gkai00mp/gkai00mp.ttf", 0),
)
_EVERY_SIGN = _TEXT[0]
_DIGITS = (
    None,
    ("opentype/ocr-b/OCRB.otf", 0),
    ("truetype/dejavu/DejaVuSansMono.ttf", 0),
    ("truetype/liberation/LiberationSans-Bold.ttf", 0),
    ("truetype/liberation/LiberationSerif-Regular.ttf", 0),
)
Face = tuple[str, int]
Colour = tuple[int, int, int]


@cache
def _font(face: Face, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONTS + face[0], pixels, index=face[1])


@cache
def _lacks(face: Face, sign: str) -> bool:
    """Whether the font draws nothing for a sign, or what it draws for one that no font has."""
    drawn = bytes(_font(face, 40).getmask(sign))
    return not sign.isspace() and (not any(drawn) or drawn == bytes(_font(face, 40).getmask("\ufffe")))


@dataclass(frozen=True)
class Pen:
    """Writes at hundredths of the width; a text with a sign that its font lacks is set in one that has all."""

    draw: ImageDraw.ImageDraw
    unit: float
    face: Face
    ink: Colour
    tint: Colour

    def font(self, text: str, size: float, face: Face | None = None) -> ImageFont.FreeTypeFont:
        """The font that sets the whole text."""
        wanted = face or self.face
        return _font(_EVERY_SIGN if any(_lacks(wanted, sign) for sign in text) else wanted, round(size * self.unit))

    def put(
        self, x: float, y: float, text: str, size: float, *, label: bool = False, face: Face | None = None
    ) -> float:
        """Write centred on the level `y`; returns where it ends."""
        font = self.font(text, size, face)
        self.draw.text((x * self.unit, y * self.unit), text, self.tint if label else self.ink, font, anchor="lm")
        return x + font.getlength(text) / self.unit


def front(who: Person, rng: random.Random) -> Image.Image:
    """A face of 85.6 x 54 mm, or nearly so."""
    card = _paper(rng)
    black, blue = (
        rng.choice(((0,) * 3, (25,) * 3, (50, 50, 55))),
        rng.choice(((0, 90, 160), (70, 120, 180), (100,) * 3)),
    )
    pen = Pen(ImageDraw.Draw(card), card.width / 100, rng.choice(_TEXT), black, rng.choice((black, blue)))
    colon, space = rng.choice((("", ""), ("", " "), (":", ""), ("：", "")))
    labels = [f"{label[0]}{space}{label[1]}{colon}" for label in ("姓名", "性别", "出生", "住址", "民族")]
    left, size, step = rng.uniform(5, 8.5), rng.uniform(3.4, 4.2), rng.uniform(7, 8.6)
    small, level = size * rng.uniform(0.82, 1), rng.uniform(8, 12)
    column = left + pen.font("姓", small).getlength(labels[0]) / pen.unit + rng.uniform(0.4, 5)
    portrait = rng.uniform(62, 68)
    for row in range(4):
        pen.put(left, level + row * step, labels[row], small, label=True)
    pen.put(column, level, who.name, size * rng.uniform(1, 1.15))
    end = pen.put(column, level + step, who.gender, size) + rng.uniform(3, 10)
    end = pen.put(end, level + step, labels[4], small, label=True) + rng.uniform(0.5, 2.5)
    pen.put(end, level + step, who.ethnicity, size)
    _born(pen, who.birth_date, (column, level + 2 * step), size, rng)
    _lines(pen, who.address, (column, level + 3 * step), (size, portrait - rng.uniform(1, 5) - column), rng)
    number = rng.uniform(53, 56.5)
    end = pen.put(left, number, "公民身份号码" + colon, small, label=True)
    _digits(pen, who.id_number, (max(end + 1, rng.uniform(30, 36)), number), rng)
    _paste(card, (portrait, rng.uniform(6, 10)), number, rng)
    return _marked(card, rng)


def _born(pen: Pen, date: str, at: tuple[float, float], size: float, rng: random.Random) -> None:
    year, month, day = date.split("-")
    padded, air, tinted = rng.random() < 0.2, rng.choice((0.0, 0.6, 1.5)), rng.random() < 0.4
    x = at[0]
    for part, unit in ((year, "年"), (month, "月"), (day, "日")):
        x = pen.put(x, at[1], part if padded else str(int(part)), size) + air
        x = pen.put(x, at[1], unit, size * (0.85 if tinted else 1), label=tinted) + air


def _lines(pen: Pen, text: str, at: tuple[float, float], room: tuple[float, float], rng: random.Random) -> None:
    """Lines of at most `room[1]`, signs of size `room[0]`."""
    font, pitch, line, y = pen.font(text, room[0]), room[0] * rng.uniform(1.3, 1.6), "", at[1]
    for sign in text:
        if font.getlength(line + sign) / pen.unit > room[1]:
            pen.put(at[0], y, line, room[0])
            line, y = "", y + pitch
        line += sign
    pen.put(at[0], y, line, room[0])


def _digits(pen: Pen, number: str, at: tuple[float, float], rng: random.Random) -> None:
    face, size = rng.choice(_DIGITS), rng.uniform(3.8, 5)
    natural = pen.font(number, size, face).getlength(number) / pen.unit
    gap = max(0.0, min(rng.choice((0.0, 0.0, 0.4, 0.8)), (95 - at[0] - natural) / 17))
    x = at[0]
    for digit in number:
        x = pen.put(x, at[1], digit, size, face=face) + gap


def _paste(card: Image.Image, at: tuple[float, float], number: float, rng: random.Random) -> None:
    """A public-domain portrait, or a silhouette on a plain ground."""
    unit, width = card.width / 100, min(rng.uniform(24, 30), 96 - at[0])
    size = round(width * unit), round(min(width * rng.uniform(1.15, 1.35), number - at[1] - 4) * unit)
    if rng.random() < 0.4:
        face = Image.fromarray(data.astronaut()[:300, 120:330])  # type: ignore[no-untyped-call]
        card.paste(face.resize(size), (round(at[0] * unit), round(at[1] * unit)))
        return
    face = Image.new("RGB", size, rng.choice(((255,) * 3, (200, 215, 235), (225,) * 3, (150,) * 3)))
    draw, (wide, high) = ImageDraw.Draw(face), size
    draw.ellipse((wide * 0.05, high * 0.65, wide * 0.95, high * 1.5), fill=rng.choice(((40, 50, 80), (90,) * 3)))
    draw.ellipse((wide * 0.28, high * 0.15, wide * 0.72, high * 0.68), fill=rng.choice(((225, 190, 165), (120,) * 3)))
    card.paste(face, (round(at[0] * unit), round(at[1] * unit)))


def _paper(rng: random.Random) -> Image.Image:
    """One pale colour or two, bare or with waves or rings."""
    width = rng.choice((1012, 1200, 1500, 1712))
    height = round(width * 54 / 85.6)
    ends = [np.array([rng.uniform(205, 255) for _ in range(3)]) for _ in range(2)]
    mix = np.linspace(0, rng.choice((0, 1)), height)[:, None, None] + np.zeros((height, width, 1))
    card = Image.fromarray(np.asarray(ends[0] * (1 - mix) + ends[1] * mix, np.uint8))
    kind, draw, line = rng.choice(("bare", "waves", "rings")), ImageDraw.Draw(card), rng.uniform(8, 25)
    pale = tuple(int(value) for value in (ends[0] - line).clip(0))
    pitch = max(6, round(width / 100 * rng.uniform(1, 3)))
    for at in range(0, height, pitch) if kind == "waves" else ():
        draw.line([(x, at + width / 100 * math.sin(x / width * 16)) for x in range(0, width, 8)], fill=pale)
    for _ in range(rng.randrange(20, 60) if kind == "rings" else 0):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.03, 0.2) * width
        draw.ellipse((x - r, y - r, x + r, y + r), outline=pale)
    return card


def _marked(card: Image.Image, rng: random.Random) -> Image.Image:
    """Across the print, pale, or small above or below it."""
    mark, unit = rng.choice(("样本", "SPECIMEN", "仅供测试", "样张 SAMPLE")), card.width / 100
    if rng.random() < 0.5:
        place = (rng.uniform(30, 70) * unit, rng.choice((2.4, 60.8)) * unit)
        ImageDraw.Draw(card).text(place, mark, (200, 60, 60), _font(_EVERY_SIGN, round(2.2 * unit)), anchor="mm")
        return card
    layer = Image.new("L", card.size, 0)
    font = _font(_EVERY_SIGN, round(rng.uniform(6, 13) * unit))
    ImageDraw.Draw(layer).text((card.width / 2, card.height / 2), mark, rng.randrange(20, 60), font, anchor="mm")
    tint = Image.new("RGB", card.size, rng.choice(((200, 50, 50), (110, 110, 115))))
    return Image.composite(tint, card, layer.rotate(rng.uniform(-40, 40)))
