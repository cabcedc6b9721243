"""Two people and every address that takes an id: what belongs to one does not exist for the other."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest

from deploy.local.peers import LAUNCHER, peer
from services.payment.domain.lifetime import order_id_for
from shared.errors import DomainError
from shared.runtime import open_store
from shared.settings import Platform
from tests.attacks.support import FORM, csrf_of, raw, signed_in
from tests.services.gateway.conftest import ID_NUMBER, STAFF_PASSWORD, Answer, Person, photo
from tests.services.gateway.walks import PASSWORD, at_form, choose, register
from tests.support.waiting import settles

CANDIDATE_PAGES = (
    "/mine",
    "/mine/withdraw",
    "/mine/password",
    "/mine/registration-form.pdf",
    "/mine/ticket.pdf",
)
JOURNEY_PAGES = ("/apply", "/apply/fill", "/form/checks", "/form/checks/events", "/payment", "/payment/status")
STAFF_PAGES = ("/staff", "/staff/queue", "/staff/money", "/staff/money/bills", "/staff/imports")
DECISIONS = ("approve", "return", "undo", "identity-confirm", "identity-refuse")


@pytest.fixture
async def submitted(people: Sequence[Person], platform: Platform) -> AsyncIterator[str]:
    """The id of a submitted file; the first person is its candidate, the second nobody yet."""
    candidate, staff = people
    await signed_in(staff, "admin")
    found = await search(staff, ID_NUMBER)
    if not found:
        await choose(candidate, await register(candidate, platform))
        found = await search(staff, ID_NUMBER)
    else:
        login = {"login": ID_NUMBER, "password": PASSWORD}
        await candidate.press(await candidate.get("/login"), "", login)
    staff.session.cookie_jar.clear()
    yield found[0]


async def search(staff: Person, words: str) -> list[str]:
    page = await staff.get("/staff/queue")
    answer = await staff.press(page, "/staff/queue", {"q": words})
    return re.findall(r"/staff/files/([0-9a-f]{32})", answer.page.text)


async def of_school(platform: Platform, person: Person, schools: list[str], role: str = "school") -> Answer:
    """A member of staff of these schools only."""
    login = f"s{uuid4().hex[:8]}"
    scope = {"schools": schools} if schools else {}
    body = {"login": login, "display": "校", "password": STAFF_PASSWORD, "roles": [role], "scope": scope}
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/staff", LAUNCHER, body=body)
    return await signed_in(person, login)


async def test_without_a_session_nothing_is_shown(person: Person) -> None:
    for path in (*CANDIDATE_PAGES, *JOURNEY_PAGES, *STAFF_PAGES, "/pictures/" + "0" * 32):
        answer = await raw(person, "GET", path)
        assert (answer.status, answer.location.partition("?")[0][-6:]) == (303, "/login"), path


async def test_a_draft_shows_no_page_of_somebody_with_an_account(person: Person) -> None:
    await at_form(person)
    for path in (*CANDIDATE_PAGES, *STAFF_PAGES):
        answer = await raw(person, "GET", path)
        assert (answer.status, answer.location.partition("?")[0][-6:]) == (303, "/login"), path


async def test_a_candidate_can_neither_see_nor_decide_a_file(people: Sequence[Person], submitted: str) -> None:
    candidate = people[0]
    token = csrf_of(await candidate.get("/mine/password"))
    assert (await raw(candidate, "GET", f"/staff/files/{submitted}")).location.startswith("/staff/login")
    for action in DECISIONS:
        path = f"/staff/files/{submitted}/{action}"
        answer = await raw(candidate, "POST", path, f"csrf={token}&version=1".encode(), Content_Type=FORM)
        assert answer.location.startswith("/staff/login")


async def test_a_picture_is_nobody_elses_without_a_grant_for_it(people: Sequence[Person], submitted: str) -> None:
    candidate, other = people
    links = re.findall(r"/pictures/[0-9a-f]{32}[^\"' ]*", (await candidate.get("/apply/fill")).page.text)
    assert links
    await at_form(other)
    token = csrf_of(await other.get("/apply/fill"))
    part = await other.post("/form/pictures/portrait", photo(), **{"X-CSRF-Token": token, "HX-Request": "true"})
    grant = re.findall(r"/pictures/[0-9a-f]{32}\?grant=([\w.-]+)", part.page.text)
    for link in links:
        address = link.partition("?")[0]
        for query in ("", "?grant=", "?grant=x", *(f"?grant={each}" for each in grant)):
            answer = await raw(other, "GET", address + query)
            assert answer.status in {303, 404}, query


@pytest.mark.parametrize("role", ["school", "reviewer"])
async def test_staff_of_another_school_do_not_find_the_file(
    people: Sequence[Person], platform: Platform, submitted: str, role: str
) -> None:
    staff = people[1]
    token = csrf_of(await of_school(platform, staff, ["140105001"], role))
    assert not await search(staff, ID_NUMBER)
    for query in ("", "?school=140106002", "?state=approved&school=140106002"):
        assert submitted not in (await staff.get("/staff/queue" + query)).page.text
    assert (await staff.get(f"/staff/files/{submitted}")).status == 404
    for action in DECISIONS:
        body = f"csrf={token}&version=1&reason_code=other&remark=x".encode()
        answer = await raw(staff, "POST", f"/staff/files/{submitted}/{action}", body, Content_Type=FORM)
        assert answer.status == 404, action


@pytest.mark.parametrize(("school", "expected"), [("140105001", (404, 404)), ("140106002", (404, 303))])
async def test_a_clerk_takes_cash_for_the_files_of_his_point_and_from_their_page_only(
    people: Sequence[Person], platform: Platform, submitted: str, school: str, expected: tuple[int, int]
) -> None:
    staff = people[1]
    order = order_id_for(submitted)

    async def ordered() -> bool:
        async with open_store(platform, "payment", ()) as store:
            return await store.get("orders", order) is not None

    await settles(ordered)
    token = csrf_of(await of_school(platform, staff, [school], "point"))
    answers = []
    for path in (f"/staff/money/orders/{order}/cash", f"/staff/files/{submitted}/cash"):
        body = f"csrf={token}&yuan=30&receipt=1&grant=x".encode()
        answers.append((await raw(staff, "POST", path, body, Content_Type=FORM)).status)
    assert tuple(answers) == expected


@pytest.mark.parametrize("scope", [{}, {"schools": []}, {"school": ["140106002"]}])
@pytest.mark.parametrize("role", ["school", "point", "city"])
async def test_a_role_bound_to_a_place_is_not_given_without_one(
    platform: Platform, role: str, scope: dict[str, list[str]]
) -> None:
    body = {"login": f"s{uuid4().hex[:8]}", "display": "校", "password": STAFF_PASSWORD, "roles": [role]}
    async with peer(platform, "identity") as identity:
        with pytest.raises(DomainError, match=r"staff\.scope_missing|request\.invalid"):
            await identity.json("POST", "/staff", LAUNCHER, body={**body, "scope": scope})


@pytest.mark.parametrize("login", ["reviewer", "finance"])
async def test_each_role_has_its_own_pages(people: Sequence[Person], submitted: str, login: str) -> None:
    staff = people[1]
    token = csrf_of(await signed_in(staff, login))
    order, case = "0" * 24, "0" * 24 + "-1"
    money = [("/staff/money/orders/" + order, action) for action in ("refund", "cash")]
    review = [(f"/staff/files/{submitted}", action) for action in DECISIONS]
    forbidden = [*money, (f"/staff/money/cases/{case}", "resolve")] if login == "reviewer" else review
    for place, action in forbidden:
        body = f"csrf={token}&version=1&yuan=30&receipt=1&decision=refund".encode()
        answer = await raw(staff, "POST", f"{place}/{action}", body, Content_Type=FORM)
        assert answer.status == 403, action
    page = "/staff/money" if login == "reviewer" else "/staff/queue"
    assert (await staff.get(page)).status == 403
    assert (await staff.get("/staff/imports")).status == 403
