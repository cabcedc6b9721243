"""A process dies while somebody resets a password by face: the person goes on (RabbitMQ, a process per service)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE_MS, PHONE
from tests.e2e.faces import NEW, Handset, Screen, selfie
from tests.e2e.people import SLOW_MS, Candidate, pupil, sms_code
from tests.e2e.product import Product

RESTART_S = 120


@pytest.fixture
def handset(browser: Browser, full: Product) -> Iterator[Handset]:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    yield Handset(context.new_page(), full)
    context.close()


def kill(product: Product, service: str) -> None:
    """kill -9; the launcher starts it again."""
    pid = int((product.platform.data / "run" / f"{service}.pid").read_text())
    os.kill(pid, signal.SIGKILL)


def insist(page: Page, address: str, step: Callable[[], None], then: str) -> None:
    """What a person does who sees an error page: load it again, and do the step again, until the next one shows."""
    deadline = time.monotonic() + RESTART_S
    while time.monotonic() < deadline:
        page.goto(address)
        if page.get_by_role("heading", name="系统暂时忙").count():
            continue
        step()
        page.wait_for_load_state()
        if page.locator(then).count():
            return
    expect(page.locator(then)).to_be_visible()


def test_vision_and_identity_die_in_mid_flow_and_the_person_goes_on(
    page: Page, full: Product, handset: Handset
) -> None:
    candidate, screen, phone = Candidate(page, full, pupil(301)), Screen(page, full), handset.page
    candidate.register()
    candidate.wait_until_checked()
    page.get_by_role("button", name="安全退出").first.click()
    screen.open()
    handset.scan(screen.scan_url())
    here = phone.url.partition("#")[0]  # WeChat leaves a fragment, and going there again would load nothing
    handset.name(candidate.who.id_number)

    kill(full, "vision")
    handset.photograph(selfie())
    expect(phone.get_by_role("heading", name="照片核对通过")).to_be_visible(timeout=SLOW_MS)
    screen.shows("passed")

    kill(full, "identity")
    insist(phone, here, lambda: phone.get_by_role("button", name="发送验证码").click(), "#code")
    code = sms_code(phone, full, candidate.who.phone)
    kill(full, "identity")
    insist(phone, f"{here}?sent=1", lambda: handset.prove(code), "#new")
    handset.choose(NEW)
    page.reload()
    screen.shows("done")
    page.locator("#face").get_by_role("button", name="登录").click()
    screen.sign_in(candidate.who.id_number, NEW)
    expect(page.get_by_role("button", name="安全退出").first).to_be_visible()
