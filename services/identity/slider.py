"""Drawing slider puzzles with Pillow: a scene that nothing else shows, a piece cut out of it, and where it belongs.

The piece is a picture of constant size and says only at which height it moves; the distance stands nowhere but in the
scene. Two paler holes beside the right one have other shapes.
"""

from __future__ import annotations

import asyncio
import base64
import io
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 340, 170
PIECE = 56
# Where the piece may belong: never so near its start that no move would do, and wholly inside.
FIRST, LAST = 70, WIDTH - PIECE - 8
EDGE = 6
SCALE = 3
# Mean brightness (of 255) below which a dark hole could not be seen.
DARK = 95
SHAPES = ("knob_right", "knob_bottom", "dent_right", "dent_bottom")


@dataclass(frozen=True)
class Puzzle:
    """`scene` and `piece` are data URLs; `x` the answer, in pixels from the left; `y` the piece's height."""

    x: int
    y: int
    scene: str
    piece: str


async def draw() -> Puzzle:
    """A fresh puzzle, in a thread because it takes milliseconds of CPU."""
    return await asyncio.to_thread(draw_puzzle, random.SystemRandom())


def draw_puzzle(rng: random.Random) -> Puzzle:
    """A puzzle from this source of chance."""
    x, y = rng.randint(FIRST, LAST), rng.randint(EDGE, HEIGHT - PIECE - EDGE)
    shapes = rng.sample(SHAPES, 3)
    scene, mask = _scene(rng), _mask(shapes[0])
    piece = scene.crop((x, y, x + PIECE, y + PIECE)).convert("RGBA")
    piece.putalpha(mask)
    rim = _rim(mask)
    piece.paste((255, 255, 255, 235), (0, 0), rim)
    for shape in shapes[1:]:
        at = (rng.randint(FIRST - 50, LAST), rng.randint(EDGE, HEIGHT - PIECE - EDGE))
        if abs(at[0] - x) > PIECE or abs(at[1] - y) > PIECE:
            _hole(scene, _mask(shape), at, rng.uniform(0.25, 0.4))
    _hole(scene, mask, (x, y), rng.uniform(0.5, 0.6))
    scene = ImageChops.add(scene, _noise(rng, 22), scale=1, offset=-11)
    return Puzzle(x, y, _url(scene, "JPEG"), _url(piece, "PNG"))


def _scene(rng: random.Random) -> Image.Image:
    """Hills, discs and lines over a slope of colour."""
    size = (WIDTH * 2, HEIGHT * 2)
    scene = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(size).convert("RGB")
    scene = Image.blend(scene, Image.new("RGB", size, _colour(rng)), 0.7)
    pen = ImageDraw.Draw(scene, "RGBA")
    for _ in range(rng.randint(5, 8)):
        base, swing, turn = rng.uniform(0.3, 1) * size[1], rng.uniform(10, 60), rng.uniform(40, 160)
        ridge = [(px, base + swing * math.sin(px / turn)) for px in range(0, size[0] + 8, 8)]
        pen.polygon([*ridge, (size[0], size[1]), (0, size[1])], fill=(*_colour(rng), rng.randint(70, 200)))
    for _ in range(rng.randint(14, 22)):
        cx, cy, radius = rng.uniform(0, size[0]), rng.uniform(0, size[1]), rng.uniform(8, 70)
        box = (cx - radius, cy - radius, cx + radius, cy + radius * rng.uniform(0.5, 1.3))
        pen.ellipse(box, fill=(*_colour(rng), rng.randint(60, 170)), outline=(*_colour(rng), 160), width=3)
    for _ in range(rng.randint(10, 16)):
        ends = [(rng.uniform(0, size[0]), rng.uniform(0, size[1])) for _ in range(2)]
        pen.line(ends, fill=(*_colour(rng), rng.randint(80, 190)), width=rng.randint(1, 6))
    return scene.resize((WIDTH, HEIGHT), Image.Resampling.BOX)


def _mask(shape: str) -> Image.Image:
    """A square with one round knob or dent, of the same outer size whatever its shape."""
    side, body = PIECE * SCALE, (PIECE - 14) * SCALE
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle((4, 4, body, body), radius=6 * SCALE, fill=255)
    kind, _, where = shape.partition("_")
    middle, reach = body / 2, body + (4 * SCALE if kind == "knob" else -3 * SCALE)
    cx, cy = (reach, middle) if where == "right" else (middle, reach)
    radius = 9 * SCALE
    pen.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=255 if kind == "knob" else 0)
    return mask.resize((PIECE, PIECE), Image.Resampling.BOX)


def _rim(mask: Image.Image) -> Image.Image:
    return ImageChops.subtract(mask, mask.filter(ImageFilter.MinFilter(3)))


def _hole(scene: Image.Image, mask: Image.Image, at: tuple[int, int], depth: float) -> None:
    """Darken the scene where the piece was, or brighten it where it is dark already; with a pale rim."""
    place = scene.crop((*at, at[0] + PIECE, at[1] + PIECE)).convert("L")
    bright = place.resize((1, 1), Image.Resampling.BOX).tobytes()[0] < DARK
    tint = mask.point(lambda value: int(value * depth))
    scene.paste((238, 240, 246) if bright else (12, 16, 28), at, tint)
    scene.paste((255, 255, 255), at, _rim(mask).point(lambda value: int(value * (depth + 0.1))))


def _noise(rng: random.Random, strength: int) -> Image.Image:
    grain = Image.frombytes("RGB", (WIDTH, HEIGHT), rng.randbytes(WIDTH * HEIGHT * 3))
    return grain.point(lambda value: value * strength // 255)


def _colour(rng: random.Random) -> tuple[int, int, int]:
    return rng.randint(30, 235), rng.randint(30, 235), rng.randint(30, 235)


def _url(picture: Image.Image, kind: str) -> str:
    content = io.BytesIO()
    picture.save(content, kind, quality=82)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content.getvalue()).decode()}"
