"""Requests sent past the pages: too early, too late, twice; and names that are programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from deploy.local.make_secrets import make_all
from deploy.local.peers import LAUNCHER, peer
from shared.settings import Platform
from tests.attacks.support import FORM, chosen, csrf_of, raw, signed_in, ticked
from tests.attacks.test_races import order_made, stored
from tests.services.gateway.conftest import SERVICES, STAFF_PASSWORD, Person, photo
from tests.services.gateway.test_browser import at_form, leave
from tests.support.platform import platform_in_thread
from tests.support.waiting import settles

ROOT = Path(__file__).parents[2]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
START = "/programmes/{}/start"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The product with two programmes more: one whose first notice wants reading, one whose window is over."""
    folder = tmp_path_factory.mktemp("direct")
    make_all(folder / "secrets", "demo")
    programmes = folder / "programmes"
    programmes.mkdir()
    text = (ROOT / "shared" / "programmes" / "qualification-2024.yaml").read_text()
    over = text.replace("2028-01-01T", "2026-01-02T").replace("2028-01-08T", "2026-01-03T")
    variants = {
        "qualification-2024": text,
        "slow-2024": text.replace("seconds: 0", "seconds: 60", 1),
        "over-2024": over,
    }
    for name, content in variants.items():
        (programmes / f"{name}.yaml").write_text(content.replace("qualification-2024", name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAOKAO_PROGRAMMES", str(programmes))
        with platform_in_thread(folder, SERVICES) as running:
            yield running


async def test_a_notice_cannot_be_accepted_before_it_can_have_been_read(person: Person) -> None:
    page = await person.post(START.format("slow-2024"), {})
    body = urlencode({"csrf": csrf_of(page)}).encode()
    for path in ("/apply/violations/accept", "/apply/pledge/accept"):
        await raw(person, "POST", path, body, Content_Type=FORM)
        assert (await person.get("/apply")).url.endswith("/apply/violations")


async def test_nothing_begins_when_the_window_is_over(person: Person, platform: Platform) -> None:
    before = await stored(platform, "registration", "applications")
    answer = await person.post(START.format("over-2024"), {})
    assert answer.status < 500
    assert not (await person.get("/apply")).url.endswith("/apply/violations")
    assert await stored(platform, "registration", "applications") == before


async def test_no_picture_is_stored_before_the_notices_are_accepted(person: Person, platform: Platform) -> None:
    page = await person.post(START.format("qualification-2024"), {})
    token = {"X_CSRF_Token": csrf_of(page), "HX_Request": "true"}
    before = len(await stored(platform, "documents", "uploads"))
    answer = await raw(person, "POST", "/form/pictures/portrait", photo(), **token)
    assert answer.status == 400
    assert len(await stored(platform, "documents", "uploads")) == before


async def test_subjects_stand_once_they_are_paid_for(people: Sequence[Person], platform: Platform) -> None:
    candidate, staff = people
    shown = await ticked(candidate, platform, 710)
    await candidate.press(shown, "/answers")
    await order_made(candidate, platform)
    await signed_in(staff, "admin")
    money = await staff.get("/staff/money")
    cash = next(form.action for form in money.page.forms if form.action.endswith("/cash"))
    await staff.press(money, cash, {"receipt": "R-1"})

    async def paid() -> bool:
        return (await candidate.get("/apply/subjects")).url.endswith("/mine")

    await settles(paid)
    was = await stored(platform, "registration", "applications")
    others = [field for field in shown.page.form("/answers").fields if field[0] != "subjects"]
    body = urlencode([*others, ("subjects", "history")]).encode()
    for path in ("/subjects", "/answers"):
        assert (await raw(candidate, "POST", path, body, Content_Type=FORM)).status < 500
    now = await stored(platform, "registration", "applications")
    assert [each["subjects"] for each in now] == [each["subjects"] for each in was]


async def test_payments_are_asked_for_by_no_id_of_anybody(people: Sequence[Person], platform: Platform) -> None:
    owner, other = people
    await chosen(owner, platform, 720)
    application = await order_made(owner, platform)
    await chosen(other, platform, 721)
    await order_made(other, platform)
    orders = await stored(platform, "payment", "orders", application_id=application)
    token = csrf_of(await other.get("/payment"))
    foreign = {"csrf": token, "channel": "onsite", "order": orders[0]["_id"], "id": orders[0]["_id"]}
    await raw(other, "POST", "/payment/pay", urlencode(foreign).encode(), Content_Type=FORM)
    after = await stored(platform, "payment", "orders", application_id=application)
    assert after == orders


async def test_a_name_that_is_a_program_is_a_text(page: Page, platform: Platform) -> None:
    dialogs = list[str]()
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await at_form(page)
    await leave(page, "name", HOSTILE)
    await expect(page.locator("#verdict-name")).not_to_be_empty()
    await page.reload()
    await expect(page.locator("#name")).to_be_visible()
    login = f"s{uuid4().hex[:8]}"
    body = {"login": login, "display": HOSTILE, "password": STAFF_PASSWORD, "roles": ["reviewer"], "scope": {}}
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/staff", LAUNCHER, body=body)
    await page.context.clear_cookies()
    await page.goto("/staff/login")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(STAFF_PASSWORD)
    await page.get_by_role("button", name="登录", exact=True).click()
    await expect(page.locator(".bk-header__who")).to_contain_text(HOSTILE)
    for path in (
        "/staff/queue",
        f"/staff/queue?state={HOSTILE}",
        f"/staff/login?next={HOSTILE}",
        "/nowhere/" + HOSTILE,
    ):
        await page.goto(path)
        assert await page.locator("img[src=x]").count() == 0
    assert dialogs == []
