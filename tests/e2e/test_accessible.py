"""The signed-in pages and the staff's, on a phone and at a desk: axe finds nothing serious, nobody scrolls sideways."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.people import Candidate, Reviewer, pupil
from tests.e2e.product import Product

FOUR = ("history", "geography", "chemistry", "biology")
GRAVE = {"serious", "critical"}


def faults(page: Page) -> list[str]:
    """What axe calls serious or critical (rule and first element), and a page that is too wide."""
    found = Axe().run(page).response["violations"]
    named = [f"{page.url} {v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in GRAVE]
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    return [*named, f"{page.url} is too wide"] if wide else named


@pytest.mark.parametrize(("size", "seed"), [(DESKTOP, 501), (PHONE, 502)], ids=["desktop", "phone"])
def test_signed_in_pages_have_no_grave_fault(
    embedded: Product, browser: Browser, size: ViewportSize, seed: int
) -> None:
    context = browser.new_context(viewport=size, locale="zh-CN")
    candidate = Candidate(context.new_page(), embedded, pupil(seed))
    candidate.register()
    found = faults(candidate.page)
    candidate.tick(*FOUR)
    found += faults(candidate.page)
    candidate.page.get_by_role("button", name="确认无误，提交").click()
    found += visited(candidate.page, embedded, "/payment", "/mine", "/mine/password", "/mine/withdraw")
    context.close()

    office = browser.new_context(viewport=size, locale="zh-CN")
    reviewer = Reviewer(office.new_page(), embedded, "admin")
    reviewer.sign_in()
    found += visited(reviewer.page, embedded, "/staff", "/staff/queue", "/staff/money", "/staff/imports")
    reviewer.open(candidate.who)
    found += faults(reviewer.page)
    office.close()
    assert not found


def visited(page: Page, product: Product, *paths: str) -> list[str]:
    """The faults of pages opened one after the other."""
    found = []
    for path in paths:
        page.goto(product.platform.site + path)
        found += faults(page)
    return found
