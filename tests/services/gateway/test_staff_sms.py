"""Staff who sign in by a code to their phone: with the app in a browser, and not at all where it is owed (003.13)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from playwright.async_api import Page, expect
from yarl import URL

from deploy.local.make_secrets import make_all
from services.gateway.main import service as gateway
from services.identity.domain import session as sessions
from services.identity.domain import totp
from services.identity.domain.session import Session
from services.identity.main import service as identity
from services.identity.store import SESSION_SEALED
from services.notify.main import service as notify
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.store.repository import Repository
from tests.attacks.support import signed_in
from tests.attacks.test_codes_crossed import account_of, member
from tests.e2e.conftest import DESKTOP, PHONE
from tests.services.gateway.by_sms import code_to
from tests.services.gateway.conftest import Person, captcha_text
from tests.services.gateway.test_browser import assert_fit_for_all
from tests.support.platform import platform_in_thread
from tests.support.waiting import settles

LOOKS = [(DESKTOP, "zh-CN", "13955560001"), (PHONE, "en", "13955560002")]
SMS, ENROL = "/staff/login/sms", "/staff/second/enrol"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Accounts where every role needs a second factor, as in production."""
    folder = tmp_path_factory.mktemp("strict")
    make_all(folder / "secrets", "demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAOKAO_IDENTITY__SECOND_ROLES", '["reviewer"]')
        with platform_in_thread(folder, (identity, notify, gateway)) as running:
            yield running


@pytest.fixture
async def stranger(strict: Platform) -> AsyncIterator[Person]:
    """Somebody at a browser there."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=URL(strict.site))
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Person(session, strict.site)


async def without_password(person: Person, platform: Platform, phone: str) -> str:
    """A member of staff at work who has a phone and no password, as after a sign-on; the login name of before."""
    login = await member(platform, phone)
    await signed_in(person, login)
    async with account_of(platform, "", login) as work:
        work.state.password_hash = ""
    return login


async def enrolled(person: Person) -> str:
    """Set the app up from one's own page; its secret."""
    page = await person.get("/staff/account")
    assert "未启用" in page.page.text and ENROL in page.page.links
    page = await person.get(ENROL)
    assert "只拿到手机号的人不能登录" in page.page.text
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.page.text)
    assert found
    secret = found[1].replace(" ", "")
    done = await person.press(page, ENROL, {"code": code_of(secret)})
    assert done.status == 200
    assert "password" not in dict((await person.get(ENROL)).page.form("/staff/second/remove").fields)
    return secret


def code_of(secret: str, steps: int = 0) -> str:
    """What the app shows now, or `steps` of thirty seconds later."""
    return totp.code_at(secret, totp.step_at(datetime.now(UTC)) + steps)


@pytest.mark.parametrize(("size", "language", "mobile"), LOOKS)
async def test_phone_and_app_open_the_account_in_a_browser(
    page: Page, person: Person, platform: Platform, size: dict[str, int], language: str, mobile: str
) -> None:
    await without_password(person, platform, mobile)
    secret = await enrolled(person)
    await page.set_viewport_size(size)  # type: ignore[arg-type]
    await page.goto(f"/language/{language}?back={SMS}")
    await page.locator("#phone").fill(mobile)
    captcha = await page.locator("input[name=captcha_id]").input_value()
    await page.locator("#captcha_text").fill(await captcha_text(platform, captcha))
    await assert_fit_for_all(page)
    await page.locator("#captcha_text").press("Enter")
    digits = await code_to(platform, mobile)
    await page.locator("#code").fill(f"{(int(digits) + 1) % 10**6:06}")
    await page.locator("#code").press("Enter")
    await expect(page.locator(".govuk-error-summary a")).to_have_attribute("href", "#code")
    await assert_fit_for_all(page)
    await page.locator("#code").fill(digits)
    await page.locator("#code").press("Enter")
    await page.wait_for_url("**/staff/second**")
    await page.locator("#code").fill("000000")
    await page.locator("#code").press("Enter")
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    # The code of the moment was used up when the app was set up.
    await page.locator("#code").fill(code_of(secret, 1))
    await page.locator("#code").press("Enter")
    await page.wait_for_url(re.compile("/staff$"))
    await page.goto("/staff/account")
    await expect(page.locator("main dl")).to_contain_text(f"{mobile[:3]}****{mobile[-4:]}")

    async def refused() -> bool:
        await page.goto("/staff/account")
        return await page.locator("#sign-ins .bk-tag--bad").count() == 1

    await settles(refused)
    await assert_fit_for_all(page)


async def test_the_phone_alone_is_told_why_it_opens_nothing(stranger: Person, strict: Platform) -> None:
    mobile = "13955560003"
    await member(strict, mobile)
    page = await stranger.get(SMS)
    text = await captcha_text(strict, dict(page.page.form("").fields)["captcha_id"])
    page = await stranger.press(page, "", {"phone": mobile, "captcha_text": text})
    refused = await stranger.press(page, "", {"code": await code_to(strict, mobile)})
    assert (refused.status, "还没有启用两步验证" in refused.page.text) == (400, True)
    assert (await stranger.get(ENROL)).url.partition("?")[0].endswith("/staff/login")


async def test_where_it_is_owed_the_own_page_says_what_the_app_is_for(stranger: Person, strict: Platform) -> None:
    login = await member(strict, "13955560005")
    page = await signed_in(stranger, login)
    assert page.url.partition("?")[0].endswith(ENROL) and "须启用后才能继续" in page.page.text
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page.page.text)
    assert found
    await stranger.press(page, ENROL, {"code": code_of(found[1].replace(" ", ""))})
    async with account_of(strict, "", login) as work:
        work.state.password_hash, work.state.second = "", None
    page = await stranger.get("/staff/account")
    assert "启用后才能用短信验证码登录" in page.page.text and ENROL in page.page.links


async def test_long_after_signing_in_the_page_says_why_the_app_waits(person: Person, platform: Platform) -> None:
    await without_password(person, platform, "13955560004")
    async with open_store(platform, "identity", ()) as store:
        vault = load_vault(platform.secrets_dir)
        kept = Repository(store, "sessions", Session, vault=vault, sealed=SESSION_SEALED)
        async with kept.edit(sessions.token_hash(person.cookie)) as work:
            work.state.created_at -= sessions.FRESH + timedelta(seconds=1)
    page = await person.get(ENROL)
    assert (page.status, "登录超过 10 分钟后不能办理" in page.page.text) == (400, True)
    assert not [form for form in page.page.forms if form.action == ENROL]
