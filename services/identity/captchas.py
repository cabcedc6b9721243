"""Drawing and speaking captchas (the `captcha` package), in a thread because each takes milliseconds of CPU."""

from __future__ import annotations

import asyncio
import base64

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha


async def draw(text: str) -> str:
    """A 160x60 PNG as a data URL."""
    return await asyncio.to_thread(_draw, text)


async def speak(text: str) -> bytes:
    """The digits read aloud with background noise, as WAV."""
    return await asyncio.to_thread(lambda: bytes(AudioCaptcha().generate(text)))


def _draw(text: str) -> str:
    png = ImageCaptcha(width=160, height=60).generate(text).getvalue()
    return "data:image/png;base64," + base64.b64encode(png).decode()
