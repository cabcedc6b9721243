"""What stands before the pages: sessions, forged requests, content security, error pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from shared.settings import Platform
from tests.services.gateway.conftest import STAFF_PASSWORD, Person, photo

START = "/programmes/qualification-2024/start"
PUBLIC = ["/", "/help", "/status", "/login", "/staff/login", "/dev/outbox", "/form/characters?pinyin=yan"]


async def begun(person: Person) -> None:
    """A person with an anonymous session at the first notice."""
    answer = await person.post(START, {})
    assert answer.url.endswith("/apply/violations")


@pytest.mark.parametrize("path", [*PUBLIC, "/nowhere"])
async def test_every_page_is_secure_by_its_headers(person: Person, path: str) -> None:
    answer = await person.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", PUBLIC)
async def test_no_page_needs_what_its_policy_forbids(person: Person, path: str) -> None:
    answer = await person.get(path)
    nonce = re.findall(r"script-src 'self' 'nonce-([\w-]+)'", answer.headers["Content-Security-Policy"])[0]
    inline = [script for script in answer.page.scripts if not script.get("src")]
    assert inline and all(script.get("nonce") == nonce for script in inline)
    assert not {name for name in answer.page.attributes if name.startswith("on") or name == "style"}


async def test_a_nonce_is_used_once(person: Person) -> None:
    policies = {(await person.get("/help")).headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(person: Person) -> None:
    async with person.session.post(
        person.site + START, headers={"Origin": person.site}, allow_redirects=False
    ) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-baokao=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_request_of_another_site_is_refused(person: Person, headers: dict[str, str]) -> None:
    async with person.session.post(person.site + START, headers=headers) as answer:
        assert answer.status == 403
        assert "__Host-baokao" not in answer.headers.get("Set-Cookie", "")


async def test_within_a_session_the_token_must_come_along(person: Person) -> None:
    await begun(person)
    for data in ({}, {"csrf": "wrong"}, {"csrf": ""}):
        assert (await person.post("/apply/violations/accept", data)).status == 403
    page = await person.get("/apply")
    assert page.url.endswith("/apply/violations")


async def test_one_persons_token_is_of_no_use_to_another(people: Sequence[Person]) -> None:
    for person in people:
        await begun(person)
    stolen = (await people[1].get("/apply")).page.form("/apply/violations/accept").fields
    assert (await people[0].post("/apply/violations/accept", stolen)).status == 403


async def test_callbacks_of_the_provider_need_no_token_but_their_signature(person: Person) -> None:
    async with person.session.post(person.site + "/callbacks/wechat", data=b"{}") as answer:
        assert answer.status in {400, 401, 403}
        assert "csrf" not in await answer.text()


async def test_without_a_session_a_page_leads_to_the_login_and_back(person: Person) -> None:
    answer = await person.get("/mine")
    assert answer.url.endswith("/login?why=ended&next=/mine")
    answer = await person.get("/staff/queue")
    assert answer.url.endswith("/staff/login?why=ended&next=/staff/queue")


async def test_a_part_of_a_page_tells_the_script_where_to_go(person: Person) -> None:
    answer = await person.get("/form/checks", **{"HX-Request": "true"})
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login?why=ended")


async def test_signing_out_ends_the_session_everywhere(person: Person) -> None:
    await begun(person)
    token = person.cookie
    answer = await person.press(await person.get("/apply"), "/apply/violations/decline")
    assert "done=declined" in answer.url
    async with person.session.get(
        person.site + "/apply", headers={"Cookie": f"__Host-baokao={token}"}, allow_redirects=False
    ) as again:
        assert again.status == 303
        assert again.headers["Location"].startswith("/login")


async def test_staff_pages_are_closed_to_candidates(person: Person) -> None:
    await begun(person)
    for path in ("/staff", "/staff/queue", "/staff/money", "/staff/imports", "/staff/files/" + "0" * 32):
        answer = await person.get(path)
        assert "/staff/login" in answer.url


async def test_staff_see_only_what_their_role_is_for(person: Person) -> None:
    login = await person.get("/staff/login")
    home = await person.press(login, "", {"login": "finance", "password": STAFF_PASSWORD})
    assert home.url.endswith("/staff")
    assert "/staff/money" in home.page.links
    assert "/staff/queue" not in home.page.links
    assert (await person.get("/staff/queue")).status == 403
    assert (await person.get("/staff/money")).status == 200


async def test_a_wrong_password_keeps_the_login_name(person: Person) -> None:
    login = await person.get("/staff/login")
    answer = await person.press(login, "", {"login": "nobody", "password": "wrong"})
    assert answer.status == 400
    assert ("login", "nobody") in answer.page.form("").fields
    assert "号码或密码不对" in answer.page.text
    assert "wrong" not in answer.page.text


async def test_pictures_are_for_their_owner(people: Sequence[Person], platform: Platform) -> None:
    for person in people:
        await begun(person)
        for stage in ("violations", "pledge"):
            await person.press(await person.get("/apply"), f"/apply/{stage}/accept")
    mine, other = people
    csrf = dict((await mine.get("/apply")).page.form("/form").fields)["csrf"]
    part = await mine.post("/form/pictures/portrait", photo(), **{"X-CSRF-Token": csrf, "HX-Request": "true"})
    assert part.status == 200
    address = re.findall(r"/pictures/[0-9a-f]{32}", part.page.text)[0]
    assert (await mine.get(address)).status == 200
    assert (await other.get(address)).status == 404
    assert "/login" in (await other.get(f"{address}?grant=x")).url


async def test_an_unknown_page_says_what_to_do_and_names_the_trace(person: Person) -> None:
    answer = await person.get("/nowhere", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert answer.status == 404
    assert "没有找到这一页" in answer.page.text
    assert "a" * 32 in answer.page.text


async def test_the_language_is_remembered_and_leads_back(person: Person) -> None:
    answer = await person.get("/language/en?back=/help")
    assert answer.url.endswith("/help")
    assert "How it works" in answer.page.text
    assert (await person.get("/language/en?back=//evil.example")).url == person.site + "/"
