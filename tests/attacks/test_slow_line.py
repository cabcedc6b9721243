"""A slow and breaking line: a picture shows how far it is, and goes again when it broke off."""

from __future__ import annotations

import io
import os

from PIL import Image
from playwright.async_api import CDPSession, Page, expect

from tests.services.gateway.test_browser import at_form, choose_picture

BYTES_A_SECOND = 50_000
UNDER_WAY = """() => {
  const bar = document.querySelector("#material-portrait progress");
  return !bar.hidden && bar.value > 0 && bar.value < 100;
}"""


def heavy() -> bytes:
    """A picture of noise: 300 kB, six seconds on this line."""
    out = io.BytesIO()
    Image.frombytes("RGB", (330, 440), os.urandom(330 * 440 * 3)).save(out, "JPEG", quality=90)
    return out.getvalue()


async def line(session: CDPSession, *, offline: bool = False) -> None:
    speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND, "latency": 300}
    await session.send("Network.emulateNetworkConditions", {"offline": offline, **speed})


async def test_a_picture_on_a_slow_line_shows_its_progress_and_goes_again(page: Page) -> None:
    await at_form(page)
    session = await page.context.new_cdp_session(page)
    await line(session, offline=True)
    part = page.locator("#material-portrait")
    await choose_picture(page, "portrait", heavy())
    await part.get_by_role("button", name="使用这张").click()
    await expect(part.get_by_text("上传没有成功")).to_be_visible()
    await line(session)
    await part.get_by_role("button", name="重试").click()
    await page.wait_for_function(UNDER_WAY)
    await expect(part.locator("img[src^='/pictures/']")).to_be_visible()
