"""Operations of captchas."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

from services.identity import captchas as drawing
from services.identity.api.common import SERVICE, binder, moment
from services.identity.handlers import captchas
from services.identity.handlers.deps import Deps
from shared.http import Call, Route


class CaptchaView(BaseModel):
    id: str
    image: str


def routes(deps: Deps) -> list[Route]:
    """Drawn and spoken."""
    bound = binder(deps)
    return [
        Route("POST", "/captchas", bound(new_captcha), SERVICE, returns=CaptchaView, status=201),
        Route("GET", "/captchas/{id}/audio", bound(captcha_audio), SERVICE),
    ]


async def new_captcha(_call: Call, *, deps: Deps) -> CaptchaView:
    """Make a captcha"""
    captcha_id, text = await captchas.new_captcha(deps=deps, now=moment())
    return CaptchaView(id=captcha_id, image=await drawing.draw(text))


async def captcha_audio(call: Call, *, deps: Deps) -> web.Response:
    """A captcha read aloud"""
    text = await captchas.captcha_text(call.path["id"], deps=deps)
    return web.Response(body=await drawing.speak(text), content_type="audio/wav")
