"""A code that was sent for one thing, tried at every other: of staff and candidates, for all that a code opens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from yarl import URL

from deploy.local.demo.seed import PROGRAMME
from services.identity.domain import codes
from services.identity.domain.account import Account
from services.identity.store import ACCOUNT_SEALED
from services.notify import domain as notify
from shared.privacy import load_vault
from shared.programme import id_number
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Query
from shared.store.repository import Repository, Work
from tests.attacks.support import FORM, Raw, csrf_of, raw
from tests.attacks.test_face import PORTRAIT, answered, at_photo, photographed
from tests.attacks.test_face import code as face_code
from tests.attacks.test_face import wechat as wechat
from tests.attacks.test_matrix_ways import at_login_code, carrying
from tests.attacks.test_staff_doors import made
from tests.services.gateway.by_sms import OLD, account, at_code, code_to, codes_to, signed_in, token_of
from tests.services.gateway.conftest import Person, captcha_text
from tests.support.waiting import settles

Opens = Callable[[str], Awaitable[Raw]]
OWN = {
    "staff": "/staff",
    "login": "/mine",
    "reset": "/reset/sms/password",
    "bind": "/mine/account?done=phone",
    "face": "/wx/reset/",
}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes of all kinds to one phone at once; the wait between them is another test's matter."""
    monkeypatch.setattr(notify, "CODE_GAP", timedelta(0))
    monkeypatch.setattr(codes, "RESEND_AFTER", timedelta(0))


@asynccontextmanager
async def account_of(platform: Platform, programme: str, login: str) -> AsyncIterator[Work[Account]]:
    """Somebody's account in the database itself, to be changed."""
    vault = load_vault(platform.secrets_dir)
    async with open_store(platform, "identity", ()) as store:
        accounts = Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED)
        owner = await store.holder("login|" + vault.blind("login", f"{programme}|{id_number.normalise(login)}"))
        assert owner
        async with accounts.edit(owner) as work:
            yield work


async def member(platform: Platform, phone: str) -> str:
    """A member of staff who has this phone; the login name."""
    login = await made(platform, "reviewer")
    vault = load_vault(platform.secrets_dir)
    async with account_of(platform, "", login) as work:
        work.state.phone = phone
    async with open_store(platform, "identity", ()) as store:
        assert await store.claim("staff_phone|" + vault.blind("staff_phone", phone), work.state.id)
    return login


@pytest.fixture
async def mobile(platform: Platform) -> AsyncIterator[Person]:
    """A phone with WeChat, beside the two people's computers."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(platform.site))
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Person(session, platform.site)


async def face_flow(screen: Person, mobile: Person, platform: Platform, wechat: str, login: str) -> tuple[str, str]:
    """A face reset at its second factor, from a WeChat that is not bound: where the code is typed, and the token."""
    async with account_of(platform, PROGRAMME, login) as work:
        work.state.portrait_key = PORTRAIT
    path = await face_code(screen)
    page = await at_photo(mobile, wechat, path, login)
    await photographed(mobile, page, path)
    await answered(platform, path, "match", bound=False)
    asked = await mobile.press(await mobile.get(path), f"{path}/code")
    return f"{path}/prove", csrf_of(asked)


async def staff_flow(person: Person, platform: Platform, phone: str) -> str:
    """Ask for a code at the door of staff; what the form then holds."""
    page = await person.get("/staff/login/sms")
    text = await captcha_text(platform, dict(page.page.form("").fields)["captcha_id"])
    page = await person.press(page, "", {"phone": phone, "captcha_text": text})
    return dict(page.page.form("").fields)["flow"]


def at(person: Person, path: str, **fields: str) -> Opens:
    """What is asked at a path for a code."""

    async def ask(code: str) -> Raw:
        body = "&".join(f"{name}={value}" for name, value in {**fields, "code": code}.items())
        return await raw(person, "POST", path, body.encode(), Content_Type=FORM)

    return ask


def with_token(person: Person, path: str, token: str) -> Opens:
    """The same from a browser that holds nothing but the token of a way."""

    async def ask(code: str) -> Raw:
        return await carrying(person, token, path, code=code)

    return ask


async def all_ways(
    people: Sequence[Person], mobile: Person, platform: Platform, wechat: str, serial: int
) -> tuple[Mapping[str, Opens], list[str]]:
    """Every way open at once, all codes sent to one phone; and the codes in the order of the ways."""
    guest, owner = people
    login, phone = await account(platform, serial)
    await member(platform, phone)
    flow = await staff_flow(guest, platform, phone)
    sent = [await code_to(platform, phone)]
    await at_login_code(guest, platform, login, phone)
    sent.append(await code_to(platform, phone, 1))
    assert await signed_in(owner, login, OLD)
    await at_code(owner, platform, login, phone)
    sent.append(await code_to(platform, phone, 2))
    page = await owner.get("/mine/phone")
    await owner.press(page, "/mine/phone", {"phone": phone, "password": OLD})
    sent.append(await code_to(platform, phone, 3))
    token = csrf_of(page)
    prove, own = await face_flow(guest, mobile, platform, wechat, login)
    sent.append(await code_to(platform, phone, 4))
    ways = {
        "staff": at(guest, "/staff/login/sms", flow=flow, phone=phone),
        "login": with_token(guest, "/login/sms/code", token_of(guest)),
        "reset": with_token(owner, "/reset/sms/code", token_of(owner)),
        "bind": at(owner, "/mine/phone/code", csrf=token),
        "face": at(mobile, prove, csrf=own),
    }
    return ways, sent


async def test_a_code_opens_only_what_it_was_sent_for(
    people: Sequence[Person], mobile: Person, platform: Platform, wechat: str
) -> None:
    ways, sent = await all_ways(people, mobile, platform, wechat, 141)
    assert len(set(sent)) == len(ways), "one in 100,000 runs has two equal codes"
    for name, opens in ways.items():
        for other, code in zip(ways, sent, strict=True):
            if other != name:
                answer = await opens(code)
                assert (answer.status, "验证码不正确" in answer.text) == (400, True), (other, name)
    assert people[0].cookie == ""
    for (name, opens), code in zip(ways.items(), sent, strict=True):
        answer = await opens(code)
        # The face reset goes on at its ticket's address.
        at = re.sub(r"^/wx/reset/[\w-]+$", "/wx/reset/", answer.location)
        assert (answer.status, at) == (303, OWN[name]), "each was alive all the time"


async def test_a_way_is_no_other_way_whoever_holds_its_token_and_its_code(
    people: Sequence[Person], platform: Platform
) -> None:
    guest, owner = people
    login, phone = await account(platform, 142)
    await member(platform, phone)
    flow = await staff_flow(guest, platform, phone)
    staff_code = await code_to(platform, phone)
    await at_login_code(guest, platform, login, phone)
    login_code = await code_to(platform, phone, 1)
    await at_code(owner, platform, login, phone)
    reset_code = await code_to(platform, phone, 2)
    to_login, to_reset = token_of(guest), token_of(owner)
    for token, code in ((to_login, login_code), (to_reset, reset_code)):
        stolen = await at(guest, "/staff/login/sms", flow=token, phone=phone)(code)
        assert (stolen.status, stolen.location) == (400, "")
    for path, token, code in (
        ("/login/sms/code", flow, staff_code),
        ("/login/sms/code", to_reset, reset_code),
        ("/reset/sms/code", flow, staff_code),
        ("/reset/sms/code", to_login, login_code),
    ):
        answer = await with_token(guest, path, token)(code)
        assert answer.status == 303, path
        assert answer.location in (path, path.removesuffix("/code") + "?why=expired"), "no further than here"
    assert (guest.cookie, owner.cookie) == ("", "")


async def test_staff_are_no_candidates_and_candidates_no_staff(person: Person, platform: Platform) -> None:
    """Their phones bring no message at each other's door, and the pages are those that everybody gets."""
    (_, phone), theirs = await account(platform, 143), "13900003143"
    login = await member(platform, theirs)
    assert await staff_flow(person, platform, phone)
    page = await at_login_code(person, platform, login, theirs)
    assert page.url.endswith("/login/sms/code")

    async def done_with() -> bool:
        async with open_store(platform, "identity", ()) as store:
            return all(each["digits"] is None for each in (await store.find("codes", Query(limit=200))).documents)

    await settles(done_with)
    assert await codes_to(platform, phone) == await codes_to(platform, theirs) == []
