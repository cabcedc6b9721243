"""What people do in the browser, in their words."""

from __future__ import annotations

import io
import random
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from matplotlib import cbook
from PIL import Image
from playwright.sync_api import Page, expect
from skimage import data

from shared.programme.id_number import check_character
from tests.e2e.product import Product
from tests.support.specimen import specimen
from tests.support.specimen.identity import person

PASSWORD = "abcd1234"
SLOW_MS = 90_000


@dataclass(frozen=True)
class Pupil:
    """An invented candidate with pictures; `portrait` is a JPEG that fits the photo rules."""

    id_number: str
    name: str
    phone: str
    card: bytes
    portrait: bytes
    subjects: tuple[str, ...] = field(default=())


def astronaut_photo() -> bytes:
    """scikit-image's public-domain portrait, put before white as an ID photo has to be."""
    return _photo(np.asarray(data.astronaut())[0:300, 110:335])  # type: ignore[no-untyped-call]


def another_face() -> bytes:
    """matplotlib's public-domain portrait of another person, before white."""
    file = Path(str(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)))
    picture = Image.open(file).convert("RGB")
    return _photo(np.asarray(picture.crop((110, 40, 410, 440))))


def pupil(seed: int, portrait: bytes | None = None) -> Pupil:
    """An invented pupil, his specimen card, and the photo that belongs to it."""
    drawn = specimen(seed, "flat")
    phone = f"1390000{seed:04}"
    return Pupil(drawn.truth["id_number"], drawn.truth["name"], phone, drawn.jpeg, portrait or astronaut_photo())


def blurred(someone: Pupil, factor: int) -> Pupil:
    """The same pupil with a card that nobody can read, reduced by `factor` (30 and more) and enlarged again."""
    picture = Image.open(io.BytesIO(someone.card))
    small = picture.resize((picture.width // factor, picture.height // factor))
    out = io.BytesIO()
    small.resize(picture.size).save(out, "JPEG")
    return replace(someone, card=out.getvalue())


def another_number(seed: int) -> str:
    """A valid ID number that is not the one on the card of `seed`."""
    body = person(random.Random(seed)).id_number[:14] + f"{seed % 1000:03}"
    return body + check_character(body)


def sms_code(page: Page, product: Product, phone: str) -> str:
    """The newest code that the demo's outbox has for a phone."""
    with page.context.new_page() as outbox:
        for _ in range(100):
            outbox.goto(f"{product.platform.site}/dev/outbox")
            mine = outbox.locator("tbody tr", has_text=phone[-4:]).first
            found = re.search(r"\b(\d{6})\b", mine.locator("td").last.inner_text()) if mine.count() else None
            if found:
                return found[1]
    raise AssertionError("no code came")


class Candidate:
    """A candidate at a browser page."""

    def __init__(self, page: Page, product: Product, who: Pupil) -> None:
        self.page = page
        self.product = product
        self.who = who

    def begin(self) -> None:
        """From the home page through both notices."""
        self.page.goto(self.product.platform.site)
        self.page.locator("form[action='/programmes/qualification-2024/start'] button").click()
        self.page.get_by_role("button", name="已阅读").click()
        self.page.get_by_role("button", name="我同意").click()
        expect(self.page.get_by_role("heading", name="填写信息")).to_be_visible()

    def bring(self, kind: str, content: bytes) -> None:
        """Choose a picture and take it as it is."""
        self.page.locator(f"#picture-{kind}").set_input_files(
            {"name": f"{kind}.jpg", "mimeType": "image/jpeg", "buffer": content}
        )
        self.page.locator(f"#material-{kind}").get_by_role("button", name="使用这张").click()
        expect(self.page.locator(f"#material-{kind} img[src^='/pictures/']")).to_be_visible()

    def type_in(self, field_id: str, text: str) -> None:
        """Type into a field and leave it."""
        box = self.page.locator(f"#{field_id}")
        box.fill(text)
        box.blur()

    def fill(self, school: str = "小店区职业技术学校") -> None:
        """Everything of the form but pictures, password and captcha, as a pupil of a vocational school."""
        self.type_in("id_number", self.who.id_number)
        self.type_in("name", self.who.name)
        self.page.get_by_label("在校生").check()
        for field_id, title in (("city", "太原市"), ("district", "小店区"), ("school", school)):
            self.page.locator(f"#{field_id} option", has_text=title).wait_for(state="attached")
            self.page.locator(f"#{field_id}").select_option(label=title)
            expect(self.page.locator(f"#verdict-{field_id}")).to_contain_text("通过")
        self.type_in("class_number", "1111")
        self.type_in("phone", self.who.phone)
        for field_id in ("id_number", "name", "class_number", "phone"):
            expect(self.page.locator(f"#verdict-{field_id}")).to_contain_text("通过")

    def secure(self, captcha: str | None = None) -> None:
        """Password twice and the captcha."""
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#password_again").fill(PASSWORD)
        captcha_id = self.page.locator("input[name=captcha_id]").input_value()
        self.page.locator("#captcha_text").fill(captcha or self.product.captcha(captcha_id))

    def submit_form(self) -> None:
        """录入完毕，提交信息."""
        self.page.get_by_role("button", name="录入完毕，提交信息").click()

    def register(self) -> None:
        """All of 填写信息."""
        self.begin()
        self.bring("id_card", self.who.card)
        self.bring("portrait", self.who.portrait)
        self.fill()
        self.secure()
        self.submit_form()
        expect(self.page.get_by_role("heading", name="选择报考科目")).to_be_visible()

    def wait_until_checked(self) -> None:
        """Look at the form again until vision has answered."""
        self.page.goto(f"{self.product.platform.site}/apply/fill")
        expect(self.page.locator("#checks [data-checks]")).to_be_visible()
        expect(self.page.locator("#checks [data-checks=requested]")).to_have_count(0, timeout=SLOW_MS)
        self.page.goto(f"{self.product.platform.site}/apply")

    def tick(self, *subjects: str) -> None:
        """Tick exactly these subjects and go on."""
        boxes = self.page.locator("input[name=subjects]:enabled")
        for box in boxes.all():
            box.set_checked(box.get_attribute("value") in subjects, force=True)
        self.page.get_by_role("button", name="下一步，核对信息").click()

    def choose(self, *subjects: str) -> None:
        """Tick exactly these subjects, look everything over, and submit."""
        self.tick(*subjects)
        expect(self.page.get_by_role("heading", name="提交前请核对")).to_be_visible()
        self.page.get_by_role("button", name="确认无误，提交").click()

    def pay(self, button: str = "支付成功") -> None:
        """Get a code, and press a button of the simulated WeChat."""
        self.page.get_by_role("button", name="去支付").click()
        expect(self.page.get_by_role("img", name="微信支付二维码")).to_be_visible()
        with self.page.context.expect_page() as opened:
            self.page.locator("#simulate").click()
        # The tab stays open until the browser's context closes: closing it amid its own navigation can hang.
        opened.value.get_by_role("button", name=button).first.click()

    def sign_in(self) -> None:
        """Log in again from the home page."""
        self.page.goto(f"{self.product.platform.site}/login?programme=qualification-2024")
        self.page.locator("#login").fill(self.who.id_number)
        self.page.locator("#password").fill(PASSWORD)
        self.page.get_by_role("button", name="登录").click()


class Reviewer:
    """A member of staff at a browser page."""

    def __init__(self, page: Page, product: Product, login: str = "reviewer") -> None:
        self.page = page
        self.product = product
        self.login = login

    def sign_in(self) -> None:
        """Staff login."""
        self.page.goto(f"{self.product.platform.site}/staff/login")
        self.page.locator("#login").fill(self.login)
        self.page.locator("#password").fill(self.product.staff_password(self.login))
        self.page.get_by_role("button", name="登录").click()
        expect(self.page.locator("h1")).to_be_visible()

    def open(self, who: Pupil) -> None:
        """Find a candidate's file by the ID number typed in the form."""
        self.page.goto(f"{self.product.platform.site}/staff/queue")
        self.page.locator("#q").fill(who.id_number)
        self.page.get_by_role("button", name="查找").click()
        self.page.get_by_role("link", name=who.name).first.click()
        expect(self.page.locator("h1")).to_contain_text(who.name)


def _photo(face: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """A 3:4 photo with a white background, cut out by an ellipse round head and shoulders."""
    picture = Image.fromarray(face).resize((480, 640))
    paper = Image.new("RGB", picture.size, "white")
    yy, xx = np.mgrid[0:640, 0:480]
    head = ((xx - 240) / 150) ** 2 + ((yy - 270) / 215) ** 2 <= 1
    body = (yy > 400) & (abs(xx - 240) < 190)
    mask = Image.fromarray(np.where(head | body, 255, 0).astype(np.uint8))
    paper.paste(picture, mask=mask)
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=92)
    return out.getvalue()
