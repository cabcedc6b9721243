"""Operations of captchas."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from services.identity import captchas as drawing
from services.identity import slider
from services.identity.api.common import SERVICE, binder
from services.identity.handlers import captchas
from services.identity.handlers.deps import Deps
from shared.clock import utc_now
from shared.http import Call, Route


class CaptchaView(BaseModel):
    id: str
    image: str


class SliderView(BaseModel):
    """`scene` and `piece` are data URLs; `y`: pixels from the top; `travel`: the farthest the piece moves."""

    id: str
    scene: str
    piece: str
    width: int
    height: int
    y: int
    travel: int


class WorkView(BaseModel):
    """Find the number up to `at_most` whose SHA-256 after `salt`, in hexadecimal, is `challenge`."""

    id: str
    salt: str
    challenge: str
    at_most: int


def routes(deps: Deps) -> list[Route]:
    """Drawn, spoken, slid and worked out."""
    bound = binder(deps)
    return [
        Route("POST", "/captchas", bound(new_captcha), SERVICE, returns=CaptchaView, status=201),
        Route("POST", "/captchas/slider", bound(new_slider), SERVICE, returns=SliderView, status=201),
        Route("POST", "/captchas/work", bound(new_work), SERVICE, returns=WorkView, status=201),
        Route("GET", "/captchas/{id}/audio", bound(captcha_audio), SERVICE),
    ]


async def new_captcha(_call: Call, *, deps: Deps) -> CaptchaView:
    """Make a captcha"""
    captcha_id, text = await captchas.new_captcha(deps=deps, now=utc_now())
    return CaptchaView(id=captcha_id, image=await drawing.draw(text))


async def new_slider(_call: Call, *, deps: Deps) -> SliderView:
    """Make a slider puzzle"""
    puzzle = await slider.draw()
    captcha_id = await captchas.new_slider(puzzle.x, deps=deps, now=utc_now())
    return SliderView(
        id=captcha_id,
        scene=puzzle.scene,
        piece=puzzle.piece,
        width=slider.WIDTH,
        height=slider.HEIGHT,
        y=puzzle.y,
        travel=slider.WIDTH - slider.PIECE,
    )


async def new_work(_call: Call, *, deps: Deps) -> WorkView:
    """Make a sum for the device"""
    captcha_id, work = await captchas.new_work(deps=deps, now=utc_now())
    return WorkView(id=captcha_id, salt=work.salt, challenge=work.challenge, at_most=work.at_most)


async def captcha_audio(call: Call, *, deps: Deps) -> web.Response:
    """A captcha read aloud"""
    text = await captchas.captcha_text(call.path["id"], deps=deps)
    return web.Response(body=await drawing.speak(text), content_type="audio/wav")
