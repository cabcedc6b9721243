"""The doors of staff: half-open sessions, answers of the sign-on that nobody asked for, links that lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.local.peers import LAUNCHER, peer
from deploy.local.sign_on import SignOn
from services.identity.domain import totp
from services.identity.domain.signon import NEWCOMER_LIFE, Newcomer, digest
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import SIMULATOR_PORT_OFFSET, Platform
from shared.store import Query
from shared.store.repository import Repository
from tests.attacks.support import FORM, csrf_of, raw, signed_in
from tests.services.gateway.conftest import STAFF_PASSWORD, Person

PAGES = (
    "/staff", "/staff/queue", "/staff/money", "/staff/money/bills", "/staff/imports", "/staff/people", "/staff/audit",
    "/staff/files/" + "0" * 32, "/staff/people/new", "/staff/people/" + "0" * 32, "/staff/account", "/staff/password",
    "/staff/phone", "/staff/close",
)  # fmt: skip
FORMS = (
    "/staff/queue", "/staff/imports", "/staff/files/" + "0" * 32 + "/approve", "/staff/people/" + "0" * 32 + "/roles",
    "/staff/money/orders/" + "0" * 24 + "/refund", "/staff/people/requests/" + "0" * 32 + "/approve",
    "/staff/people", "/staff/people/new", "/staff/people/" + "0" * 32, "/staff/account/end", "/staff/password",
    "/staff/phone", "/staff/phone/code", "/staff/close",
)  # fmt: skip
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "\r\nLocation: //evil",
)


@pytest.fixture
async def provider(platform: Platform) -> AsyncIterator[SignOn]:
    """The sign-on where the demo has it."""
    base = f"http://{platform.host}:{platform.port + SIMULATOR_PORT_OFFSET}"
    sign_on, app = SignOn(platform.secrets_dir / "oidc.json", base, platform.site), web.Application()
    app.add_routes(sign_on.routes())
    async with TestServer(app, host=platform.host, port=platform.port + SIMULATOR_PORT_OFFSET):
        yield sign_on


async def made(platform: Platform, *roles: str) -> str:
    """A new member of staff with a password; the login name."""
    login = f"s{uuid4().hex[:8]}"
    body = {"login": login, "display": "员", "password": STAFF_PASSWORD, "roles": [*roles], "scope": {}}
    async with peer(platform, "identity") as identity:
        await identity.json("POST", "/staff", LAUNCHER, body=body)
    return login


async def enrolled(person: Person, platform: Platform) -> str:
    """The login of an administrator with a second factor; signed out."""
    login = await made(platform, "admin", "reviewer", "finance")
    await signed_in(person, login)
    page = await person.get("/staff/second/enrol")
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.page.text)
    assert found
    secret = found[1].replace(" ", "")
    code = totp.code_at(secret, totp.step_at(datetime.now(UTC)))
    done = await person.press(page, "/staff/second/enrol", {"code": code})
    assert done.status == 200
    person.session.cookie_jar.clear()
    return login


async def test_the_second_factor_leads_to_the_page_that_was_asked_for(person: Person, platform: Platform) -> None:
    login = await enrolled(person, platform)
    await signed_in(person, login)
    asked = await person.get("/staff/audit")
    assert asked.url.endswith("/staff/second?next=/staff/audit")
    refused = await person.press(asked, "", {"code": "000000"})
    assert refused.url == asked.url


async def test_with_a_password_alone_no_page_opens_and_no_form_is_taken(person: Person, platform: Platform) -> None:
    login = await enrolled(person, platform)
    page = await signed_in(person, login)
    assert page.url.endswith("/staff/second")
    for path in PAGES:
        answer = await raw(person, "GET", path)
        assert (answer.status, answer.location.partition("?")[0]) == (303, "/staff/second"), path
    body = f"csrf={csrf_of(page)}&version=1&roles=admin&reason=x".encode()
    for path in FORMS:
        answer = await raw(person, "POST", path, body, Content_Type=FORM)
        assert (answer.status, answer.location) == (303, "/staff/second"), path
    enrol = await raw(person, "POST", "/staff/second/enrol", body + b"&code=000000", Content_Type=FORM)
    assert enrol.status == 400


@pytest.mark.parametrize("path", ["/staff/second", "/staff/second/enrol", "/staff/second/remove"])
async def test_forms_of_the_second_factor_need_the_token(person: Person, platform: Platform, path: str) -> None:
    await signed_in(person, await made(platform, "auditor"))
    assert (await raw(person, "POST", path, b"code=000000", Content_Type=FORM)).status == 403


async def test_a_role_sees_people_and_audit_only_if_they_are_its_own(person: Person, platform: Platform) -> None:
    await signed_in(person, await made(platform, "reviewer"))
    assert [(await raw(person, "GET", path)).status for path in ("/staff/people", "/staff/audit")] == [403, 403]
    person.session.cookie_jar.clear()
    await signed_in(person, await made(platform, "auditor"))
    assert [(await raw(person, "GET", path)).status for path in ("/staff/people", "/staff/audit")] == [403, 200]


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_the_sign_on_returns_to_this_site_only(
    person: Person, platform: Platform, provider: SignOn, target: str
) -> None:
    out = await raw(person, "GET", f"/staff/sso?next={quote(target, safe='')}")
    assert out.status == 303
    assert out.location.startswith(provider.issuer + "/authorize?")
    async with open_store(platform, "identity", ()) as store:
        kept = (await store.find("sign_ons", Query(limit=100))).documents
    assert {document["next"] for document in kept} == {"/staff"}


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied&state=y"])
async def test_an_answer_nobody_asked_for_opens_nothing(person: Person, provider: SignOn, query: str) -> None:
    answer = await raw(person, "GET", "/staff/sso/back" + query)
    assert (answer.status, person.cookie) == (403, "")
    assert provider.issuer not in answer.text


async def test_an_answer_opens_nothing_in_another_browser(people: Sequence[Person], provider: SignOn) -> None:
    attacker, victim = people
    out = await raw(attacker, "GET", "/staff/sso")
    async with attacker.session.post(URL(out.location), data={"name": "攻击者"}, allow_redirects=False) as chosen:
        back = URL(chosen.headers["Location"]).path_qs
    assert (await raw(victim, "GET", back)).status == 403
    assert (await raw(attacker, "GET", back)).status == 403, "the state is spent"
    assert provider.issuer


async def test_another_captcha_without_scripts_is_no_mistake(person: Person, platform: Platform) -> None:
    page = await person.get("/staff/login/sms")
    before = dict(page.page.form("").fields)["captcha_id"]
    again = await person.press(page, "", {"phone": "13900001111", "action": "captcha"})
    shown = dict(again.page.form("").fields)
    assert (again.status, shown["phone"]) == (200, "13900001111") and shown["captcha_id"] != before
    given = {"action": "captcha", "name": "赵老师", "phone": "139"}
    assert (await person.post("/staff/join", given)).status == 403, "the form is for who holds a ticket"
    newcomer = Newcomer(digest("ticket"), "oidc|x", "赵", "/staff", datetime.now(UTC) + NEWCOMER_LIFE)
    async with open_store(platform, "identity", ()) as store:
        newcomers = Repository(store, "newcomers", Newcomer, vault=load_vault(platform.secrets_dir), sealed=("name",))
        await newcomers.add(newcomer.id, newcomer)
    person.session.cookie_jar.update_cookies({"__Host-join": "ticket"}, URL(person.site))
    page = await person.post("/staff/join", given)
    shown = dict(page.page.form("").fields)
    assert (page.status, shown["name"], shown["phone"]) == (200, "赵老师", "139")


async def test_the_real_name_form_is_for_who_holds_a_ticket(person: Person) -> None:
    assert (await raw(person, "GET", "/staff/join")).status == 403
    answer = await raw(person, "POST", "/staff/join", b"action=code&phone=13900001111", Content_Type=FORM)
    assert answer.status == 403
