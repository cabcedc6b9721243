"""What a page asked for before its form was sent no longer decides where its person goes."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, Route

from tests.attacks.support import signed_in
from tests.services.gateway.conftest import Person
from tests.services.gateway.test_people import CHOSEN, hired


async def test_an_answer_to_the_session_before_leads_nobody_back_to_the_sign_in(page: Page, person: Person) -> None:
    """The last field's check, started by the same Enter, reaches the server when the password is set: 401."""
    await signed_in(person, "admin")
    login, code, _ = await hired(person)
    await page.goto("/staff/login")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(code)
    await page.locator("#password").press("Enter")
    await page.locator("#new").fill(CHOSEN)
    await page.wait_for_load_state("networkidle")
    changed, told = asyncio.Event(), asyncio.Event()
    checked = list[int]()

    async def check(route: Route) -> None:
        # With the cookie of now, as it would be on its way already.
        headers = await route.request.all_headers()
        await changed.wait()
        await route.fulfill(response=await route.fetch(headers=headers))

    async def send(route: Route) -> None:
        answer = await route.fetch(max_redirects=0)
        changed.set()
        await told.wait()
        await route.fulfill(response=answer)

    await page.route("**/staff/first/check", check)
    await page.route("**/staff/first", send)
    page.on("response", lambda answer: checked.append(answer.status) if answer.url.endswith("check") else None)
    page.on("requestfinished", lambda asked: told.set() if asked.url.endswith("check") else None)
    await page.locator("#again").fill(CHOSEN)
    await page.locator("#again").press("Enter")
    await page.wait_for_url("**/staff?done=password")
    assert 401 in checked
