"""What its owner sees of an application on every page beside the journey: the bar, the statement, ticket and scores."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from playwright.async_api import BrowserContext, expect

from deploy.local.demo.seed import PROGRAMME
from deploy.local.peers import LAUNCHER, peer
from services.registration.domain.application import Application
from services.registration.store import APPLICATIONS, SEALED
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from shared.store.repository import Repository
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.conftest import Person
from tests.services.gateway.test_answers import number_of, registered
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.services.gateway.test_staff import signed_in
from tests.services.gateway.walks import FOUR, choose, tick
from tests.support.waiting import settles

STATEMENT = "不符合报名条件的考生完成了报名和缴费的，不予退费。"
BESIDE = ("/mine/withdraw", "/mine/account", "/mine/phone", "/mine/password", "/mine/wechat")


async def as_browser(context: BrowserContext, person: Person, platform: Platform) -> None:
    """The session of somebody, in Chromium."""
    address = platform.site.replace("http:", "https:")
    await context.add_cookies([{"name": "__Host-baokao", "value": person.cookie, "url": address}])


async def test_the_statement_of_the_fee_is_where_one_chooses_checks_and_pays(
    person: Person, platform: Platform
) -> None:
    subjects = await registered(person, platform, 710)
    answers = await tick(person, subjects, *FOUR)
    assert answers.url.endswith("/answers")
    await person.press(answers, "/answers")

    async def ordered() -> bool:
        return "去支付" in (await person.get("/payment")).page.text

    await settles(ordered)
    payment = await person.get("/payment")
    assert [page.page.text.count(STATEMENT) for page in (subjects, answers, payment)] == [1, 1, 1]


async def test_the_stage_bar_is_on_every_page_of_somebody_who_applies(
    people: Sequence[Person], platform: Platform
) -> None:
    person, staff = people
    await choose(person, await registered(person, platform, 711))
    for path in ("/mine", "/payment", "/apply/fill", "/apply/subjects", *BESIDE):
        page = await person.get(path)
        assert "stages" in page.page.ids, path
        assert "第 4 步，共 5 步" in page.page.text, path
    wrong = await person.press(await person.get("/mine/password"), "", {"old": "x", "new": "y", "again": "z"})
    assert (wrong.status, "stages" in wrong.page.ids) == (400, True)
    await signed_in(staff, "admin")
    for path in ("/staff/account", "/staff/phone", "/staff/password"):
        assert "stages" not in (await staff.get(path)).page.ids
    await person.press(await person.get("/mine/withdraw"), "")
    login = {"login": number_of(711), "password": "abcd1234"}
    await person.press(await person.get("/login"), "", login)
    for path in ("/mine", "/mine/account"):
        assert "stages" not in (await person.get(path)).page.ids, "what was given up is at no stage"


async def approved_and_published(platform: Platform, serial: int) -> None:
    """The office has approved, and has imported the ticket and the scores."""
    vault = load_vault(platform.secrets_dir)
    async with open_store(platform, "registration", ()) as store:
        applications = Repository(store, APPLICATIONS, Application, vault=vault, sealed=SEALED)
        newest = (await applications.find(Query(sort="-created_at", limit=1))).items[0]
        async with applications.edit(newest.id) as work:
            work.state.state = "approved"
    seat = f"{number_of(serial)},20240713,历史,2026-07-01 09:00,晨光中学考点,03,12"
    score = f"{number_of(serial)},历史,B,合格"
    tables = {
        "tickets": f"身份证号,准考证号,科目,考试时间,考点,考场,座位号\n{seat}\n",
        "scores": f"身份证号,科目,等级,结果\n{score}\n",
    }
    async with peer(platform, "registration") as registration:
        for kind, table in tables.items():
            params = {"programme": PROGRAMME}
            _, report = await registration.raw("POST", f"/imports/{kind}", LAUNCHER, data=table.encode(), params=params)
            assert report["ok"] == 1, report


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1366", "390"])
async def test_ticket_and_scores_are_shown_to_their_owner_and_to_nobody_else(
    people: Sequence[Person], platform: Platform, context: BrowserContext, size: dict[str, int]
) -> None:
    person, other = people
    serial = 712 if size == DESKTOP else 713
    await choose(person, await registered(person, platform, serial))
    await as_browser(context, person, platform)
    page = await context.new_page()
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto("/mine")
    await expect(page.get_by_role("heading", name="准考证")).to_have_count(0)
    assert (await page.request.get("/mine/ticket.pdf")).status == 404
    await approved_and_published(platform, serial)
    await page.reload()
    await expect(page.get_by_text("20240713")).to_be_visible()
    row = page.get_by_role("row", name="历史")
    await expect(row).to_contain_text("B")
    await expect(row).to_contain_text("合格")
    await assert_fit_for_all(page)
    link = await page.get_by_role("button", name="下载准考证").get_attribute("href")
    pdf = await page.request.get(str(link))
    assert (pdf.status, pdf.headers["content-type"], (await pdf.body())[:5]) == (200, "application/pdf", b"%PDF-")
    for path in BESIDE:
        await page.goto(path)
        await assert_fit_for_all(page)
    await choose(other, await registered(other, platform, serial + 10))
    assert (await other.get("/mine/ticket.pdf")).status == 404
    assert "20240713" not in (await other.get("/mine")).page.text
