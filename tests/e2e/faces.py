"""A screen with a QR code and a phone with WeChat, as people use them for a face reset."""

from __future__ import annotations

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect
from skimage import data

from tests.e2e.people import SLOW_MS
from tests.e2e.product import Product

NEW = "wxyz9876"


def selfie(*, blank: bool = False) -> bytes:
    """The astronaut before her own background, as no office would take her; or a wall."""
    whole = np.asarray(data.astronaut())  # type: ignore[no-untyped-call]
    picture = Image.fromarray(whole[0:360, 70:410]).resize((850, 900))
    if blank:
        picture = Image.new("RGB", picture.size, (180, 170, 160))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()


class Screen:
    """The computer that shows the code."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page = page
        self.product = product

    def open(self) -> None:
        """To a fresh code."""
        self.page.goto(f"{self.product.platform.site}/reset/face?again=1")
        expect(self.page.get_by_role("img", name=re.compile("二维码|QR code"))).to_be_visible()

    def again(self) -> None:
        """Another code, because somebody else opened this one."""
        self.page.locator("#face a[href*=again]").click()
        self.shows("waiting")

    def scan_url(self) -> str:
        """Where the simulated WeChat scans this code."""
        return str(self.page.locator("#simulate").get_attribute("href"))

    def shows(self, state: str) -> None:
        """The screen follows the phone by itself."""
        expect(self.page.locator(f"[data-face={state}]")).to_be_visible(timeout=SLOW_MS)

    def sign_in(self, login: str, password: str) -> None:
        """At the login page."""
        self.page.locator("#login").fill(login)
        self.page.locator("#password").fill(password)
        self.page.get_by_role("button", name="登录").click()


class Handset:
    """A phone whose browser is WeChat's."""

    def __init__(self, page: Page, product: Product) -> None:
        self.page = page
        self.product = product

    def scan(self, scan_url: str, openid: str = "o-demo-candidate") -> None:
        """Scan a code with somebody's WeChat."""
        self.page.goto(scan_url)
        self.page.locator(f"input[value={openid}]").check()
        self.page.get_by_role("button", name="用微信打开").click()
        expect(self.page.locator("h1")).to_be_visible()

    def name(self, login: str) -> None:
        """Whose password, and the consent."""
        self.page.locator("#login").fill(login)
        self.page.locator("#consent").check()
        self.page.get_by_role("button", name="下一步，拍照").click()
        expect(self.page.get_by_role("heading", name="拍摄面部照片")).to_be_visible()

    def photograph(self, content: bytes) -> None:
        """Take a photo, look at it, use it."""
        self.page.locator("#photo").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": content})
        expect(self.page.get_by_role("img", name="刚拍的照片")).to_be_visible()
        self.page.get_by_role("button", name="用这张，开始核对").click()
        expect(self.page.get_by_role("button", name="用这张，开始核对")).to_have_count(0)

    def ask_code(self) -> None:
        """Have the code sent, once the photo has matched."""
        expect(self.page.get_by_role("heading", name="照片核对通过")).to_be_visible(timeout=SLOW_MS)
        self.page.get_by_role("button", name="发送验证码").click()
        expect(self.page.locator("#code")).to_be_visible()

    def prove(self, code: str) -> None:
        """Type the code."""
        self.page.locator("#code").fill(code)
        self.page.get_by_role("button", name="确定").click()

    def choose(self, password: str, *, bind: bool = False) -> None:
        """The new password, twice."""
        expect(self.page.get_by_role("heading", name="设置新密码")).to_be_visible(timeout=SLOW_MS)
        self.page.locator("#new").fill(password)
        self.page.locator("#again").fill(password)
        if bind:
            self.page.locator("#bind").check()
        self.page.get_by_role("button", name="确认修改").click()
        expect(self.page.get_by_role("heading", name="密码已修改")).to_be_visible()
