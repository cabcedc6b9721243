"""The face of a card at 20 pixels per millimetre (85.6 x 54 mm), both sides, with fonts and places that vary."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from tests.support.specimen.identity import Person

WIDTH, HEIGHT = 1712, 1080
_UNIT = WIDTH / 856
_NOTO = "/usr/share/fonts/opentype/noto/NotoS{}CJK-{}.ttc"
_SC = 2
_TEXT_FONTS = (("ans", "Regular"), ("ans", "Regular"), ("ans", "Bold"), ("erif", "Regular"), ("erif", "Bold"))
_NUMBER_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationMono-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
Pixels = npt.NDArray[np.uint8]


@dataclass
class _Pen:
    """Draws text at tenths of a millimetre, shifted a little as one printer differs from another."""

    draw: ImageDraw.ImageDraw
    rng: random.Random
    family: tuple[str, str]
    ink: tuple[int, int, int]
    label: tuple[int, int, int]
    scale: float
    shift: tuple[float, float]

    def text(self, x: float, y: float, words: str, size: float, *, label: bool = False, gap: float = 0.0) -> float:
        """Write; returns the x where it ends."""
        font = ImageFont.truetype(_NOTO.format(*self.family), round(size * self.scale * _UNIT), index=_SC)
        return self.with_font(x, y, words, font, self.label if label else self.ink, gap)

    def with_font(
        self, x: float, y: float, words: str, font: ImageFont.FreeTypeFont, colour: tuple[int, int, int], gap: float
    ) -> float:
        """Write centred on the row `y`, `gap` tenths of a millimetre between characters."""
        at = (x + self.shift[0]) * _UNIT
        for character in words:
            self.draw.text((at, (y + self.shift[1]) * _UNIT), character, font=font, fill=colour, anchor="lm")
            at += font.getlength(character) + gap * _UNIT
        return at / _UNIT - self.shift[0]


def front(person: Person, portrait: Pixels, rng: random.Random) -> Pixels:
    """The portrait side, RGB."""
    canvas = _paper(rng)
    pen = _pen(canvas, rng)
    top, pitch = rng.uniform(72, 88), rng.uniform(55, 62)
    left, value = rng.uniform(52, 66), rng.uniform(140, 156)
    rows = [top + pitch * row for row in range(4)]
    size = rng.uniform(29, 33)
    for row, label in zip(rows, ("姓 名", "性 别", "出 生", "住 址"), strict=True):
        pen.text(left, row, label, 25, label=True)
    pen.text(value, rows[0], person.name, size * 1.12, gap=rng.uniform(0, 3))
    pen.text(value, rows[1], person.gender, size)
    after = pen.text(value + rng.uniform(90, 115), rows[1], "民 族", 25, label=True)
    pen.text(after + 12, rows[1], person.ethnicity, size)
    _birth(pen, person, value, rows[2], size)
    _address(pen, person.address, value, rows[3], size)
    _number(pen, person.id_number, left, rng)
    _portrait(canvas, portrait, rng)
    return _marked(canvas, rng)


def back(person: Person, rng: random.Random) -> Pixels:
    """The emblem side, RGB."""
    canvas = _paper(rng)
    pen = _pen(canvas, rng)
    _emblem(pen.draw)
    pen.text(rng.uniform(285, 310), rng.uniform(95, 115), "中华人民共和国", 56, gap=12)
    pen.text(rng.uniform(285, 310), rng.uniform(185, 205), "居民身份证", 76, gap=18)
    top, left, size = rng.uniform(395, 412), rng.uniform(170, 190), rng.uniform(29, 33)
    after = pen.text(left, top, "签发机关", 27)
    pen.text(after + rng.uniform(18, 32), top, person.issuing_authority, size)
    until = person.valid_until.replace("-", ".")
    pen.text(left, top + 62, "有效期限", 27)
    pen.text(after + rng.uniform(18, 32), top + 62, f"{person.valid_from.replace('-', '.')}-{until}", size)
    return _marked(canvas, rng)


def _birth(pen: _Pen, person: Person, value: float, row: float, size: float) -> None:
    year, month, day = person.birth_date.split("-")
    at = value
    for part, label in ((year, "年"), (str(int(month)), "月"), (str(int(day)), "日")):
        at = pen.text(at, row, part, size) + 8
        at = pen.text(at, row, label, 25, label=True) + 12


def _address(pen: _Pen, address: str, value: float, row: float, size: float) -> None:
    per_line = 11
    for number, start in enumerate(range(0, len(address), per_line)):
        pen.text(value, row + number * size * 1.35, address[start : start + per_line], size)


def _number(pen: _Pen, number: str, left: float, rng: random.Random) -> None:
    row = rng.uniform(462, 482)
    pen.text(left, row, "公民身份号码", 25, label=True)
    font = ImageFont.truetype(rng.choice(_NUMBER_FONTS), round(rng.uniform(37, 42) * pen.scale * _UNIT))
    natural = sum(font.getlength(digit) for digit in number) / _UNIT
    gap = max(0.0, (rng.uniform(460, 510) - natural) / 17)
    pen.with_font(rng.uniform(275, 295), row, number, font, pen.ink, gap)


def _portrait(canvas: Image.Image, portrait: Pixels, rng: random.Random) -> None:
    width, height = rng.uniform(245, 265) * _UNIT, rng.uniform(300, 325) * _UNIT
    picture = Image.fromarray(portrait).resize((round(width), round(height)))
    at = (round(rng.uniform(530, 560) * _UNIT), round(rng.uniform(70, 95) * _UNIT))
    canvas.paste(picture, at)


def _emblem(draw: ImageDraw.ImageDraw) -> None:
    """A plain red medallion stands in for the emblem."""
    centre, radius = (165 * _UNIT, 140 * _UNIT), 85 * _UNIT
    box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
    draw.ellipse(box, fill=(196, 52, 44), outline=(150, 30, 30), width=6)
    for turn in range(5):
        angle = math.tau * turn / 5 - math.pi / 2
        x, y = centre[0] + math.cos(angle) * radius * 0.55, centre[1] + math.sin(angle) * radius * 0.55
        draw.ellipse((x - 22, y - 22, x + 22, y + 22), fill=(240, 200, 80))


def _pen(canvas: Image.Image, rng: random.Random) -> _Pen:
    dark = rng.randrange(8, 45)
    return _Pen(
        draw=ImageDraw.Draw(canvas),
        rng=rng,
        family=rng.choice(_TEXT_FONTS),
        ink=(dark, dark, dark),
        label=rng.choice(((30, 110, 190), (60, 130, 190), (20, 90, 160), (70, 70, 90))),
        scale=rng.uniform(0.94, 1.04),
        shift=(rng.uniform(-5, 5), rng.uniform(-5, 5)),
    )


def _paper(rng: random.Random) -> Image.Image:
    """A pale two-colour ground with fine waves, as such cards have."""
    ends = [np.array([rng.uniform(205, 245) for _ in range(3)]) for _ in range(2)]
    across = np.linspace(0, 1, WIDTH)[None, :]
    down = np.linspace(0, 1, HEIGHT)[:, None]
    mix = across * rng.uniform(0.3, 1) + down * rng.uniform(0, 0.5)
    # A plane for each colour: three times as quick as three values a pixel.
    planes = [one * (1 - mix) + other * mix for one, other in zip(*ends, strict=True)]
    xs, strength = np.arange(WIDTH), rng.uniform(4, 16)
    for _ in range(rng.randrange(1, 4)):
        wave, pitch = rng.uniform(60, 300), rng.uniform(14, 40)
        rows = np.arange(HEIGHT)[:, None] + np.sin(xs / wave)[None, :] * rng.uniform(10, 60)
        planes[rng.randrange(3)] -= strength * (np.sin(rows / pitch * math.tau) > 0.8)
    return Image.fromarray(cv2.merge([plane.clip(0, 255).astype(np.uint8) for plane in planes]))


def _marked(canvas: Image.Image, rng: random.Random) -> Pixels:
    """样本 across the card, pale, so that nobody takes it for a real one."""
    layer = Image.new("L", canvas.size, 0)
    font = ImageFont.truetype(_NOTO.format("ans", "Bold"), 200, index=_SC)
    ImageDraw.Draw(layer).text(
        (rng.randrange(300, 1000), rng.randrange(300, 700)), "样 本", font=font, fill=rng.randrange(18, 40)
    )
    layer = layer.rotate(rng.uniform(-30, 30))
    tint = Image.new("RGB", canvas.size, rng.choice(((200, 60, 60), (120, 120, 130))))
    return np.asarray(Image.composite(tint, canvas, layer), np.uint8)


def rounded(card: Pixels) -> Pixels:
    """Alpha of the card's outline: 3.18 mm corner radius (ISO/IEC 7810)."""
    mask = np.zeros(card.shape[:2], np.uint8)
    radius = round(31.8 * _UNIT)
    cv2.rectangle(mask, (radius, 0), (WIDTH - radius, HEIGHT), 255, -1)
    cv2.rectangle(mask, (0, radius), (WIDTH, HEIGHT - radius), 255, -1)
    for x in (radius, WIDTH - radius):
        for y in (radius, HEIGHT - radius):
            cv2.circle(mask, (x, y), radius, (255,), -1)
    return mask
