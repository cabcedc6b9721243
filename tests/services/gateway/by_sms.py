"""What tests of 忘记密码 and 短信登录 need: somebody with a phone, the messages that come to it, and solved puzzles."""

from __future__ import annotations

import re

from yarl import URL

from deploy.local.demo.seed import PROGRAMME
from deploy.local.peers import LAUNCHER, peer
from services.gateway.sms_ways import COOKIE
from services.identity.slider import WIDTH
from shared.privacy import load_vault
from shared.programme.id_number import check_character
from shared.runtime import open_store
from shared.settings import Platform
from shared.tokens import Actor
from tests.services.gateway.conftest import Answer, Person, captcha_text
from tests.support.waiting import settles

OLD, NEW = "abcd1234", "kd83hf2x"


def number(serial: int) -> str:
    """A valid ID number of its own for each serial number; other tests use other birthdays."""
    body = f"140213200512{1 + serial % 27:02}{serial % 1000:03}"
    return body + check_character(body)


def phone_of(serial: int) -> str:
    """And a phone; the last four digits tell them apart in the outbox."""
    return f"1377{serial % 1000:03}{serial:04}"


async def account(platform: Platform, serial: int) -> tuple[str, str]:
    """Somebody registered: ID number and phone."""
    login, phone = number(serial), phone_of(serial)
    async with peer(platform, "identity") as identity:
        opened = await identity.json("POST", "/sessions", LAUNCHER, body={"programme": PROGRAMME})
        captcha = await identity.json("POST", "/captchas", LAUNCHER)
        body = {"token": opened["token"], "id_number": login, "name": "演示", "phone": phone, "password": OLD}
        proof = {"captcha_id": captcha["id"], "captcha_text": await captcha_text(platform, captcha["id"])}
        actor = Actor("anonymous", opened["subject"], PROGRAMME)
        await identity.json("POST", "/accounts", actor, body=body | proof)
    return login, phone


async def codes_to(platform: Platform, phone: str) -> list[str]:
    """The codes that went to a phone, newest first."""
    async with peer(platform, "notify") as notify:
        items = (await notify.json("GET", "/outbox", LAUNCHER))["items"]
    mine = [each["text"] for each in items if each["to_masked"] == f"{phone[:3]}****{phone[-4:]}"]
    return [found[1] for each in mine if (found := re.search(r"验证码 (\d{6})", each))]


async def code_to(platform: Platform, phone: str, after: int = 0) -> str:
    """The newest code to a phone, once more than `after` have come."""

    async def come() -> bool:
        return len(await codes_to(platform, phone)) > after

    await settles(come)
    return (await codes_to(platform, phone))[0]


async def slider_answer(platform: Platform, captcha_id: str) -> int:
    """Where the piece belongs, found by trying all against the stored keyed hash."""
    async with open_store(platform, "identity", ()) as store:
        document = await store.get("captchas", captcha_id)
    assert document is not None
    vault = load_vault(platform.secrets_dir)
    return next(x for x in range(WIDTH) if vault.blind("captcha", f"{captcha_id}|{x}") == document["answer"])


async def at_phone(person: Person, platform: Platform, login: str) -> Answer:
    """The first step of a reset, by digits; the page after it."""
    page = await person.get("/reset/sms?proof=digits")
    captcha_id = dict(page.page.form("").fields)["captcha_id"]
    answer = {"programme": PROGRAMME, "login": login, "captcha_text": await captcha_text(platform, captcha_id)}
    return await person.press(page, "", answer)


async def at_code(person: Person, platform: Platform, login: str, phone: str) -> Answer:
    """The first two steps."""
    return await person.press(await at_phone(person, platform, login), "/reset/sms/phone", {"phone": phone})


def token_of(person: Person) -> str:
    """Of the way by SMS that this browser is on."""
    return person.session.cookie_jar.filter_cookies(URL(person.site))[COOKIE].value


async def signed_in(person: Person, login: str, password: str) -> bool:
    """Whether a password opens the account."""
    typed = {"programme": PROGRAMME, "login": login, "password": password}
    page = await person.press(await person.get("/login"), "", typed)
    return "/login" not in page.url
