"""微信 on 账户与登录: whether one is bound, and giving it up with the password; without scripts, and on a phone."""

from __future__ import annotations

from datetime import UTC, datetime

from playwright.async_api import Page, expect

from deploy.local.demo.seed import PROGRAMME
from services.identity.domain.account import Account
from services.identity.store import ACCOUNT_SEALED
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.store.repository import Repository
from tests.attacks.support import FORM, raw
from tests.e2e.conftest import PHONE
from tests.services.gateway.by_sms import OLD, account
from tests.services.gateway.conftest import Person

BOUND_AT = datetime(2026, 5, 1, 8, tzinfo=UTC)


async def registered(platform: Platform, serial: int, *, bound: bool = True) -> str:
    """Somebody with an account, and a WeChat bound to it; the ID number."""
    login, _ = await account(platform, serial)
    vault = load_vault(platform.secrets_dir)
    async with open_store(platform, "identity", ()) as store:
        holder = await store.holder("login|" + vault.blind("login", f"{PROGRAMME}|{login}"))
        accounts = Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED)
        async with accounts.edit(holder or "") as work:
            work.state.wechat = vault.blind("openid", "o-me") if bound else ""
            work.state.wechat_at = BOUND_AT if bound else None
    return login


async def signed_in(person: Person, login: str) -> None:
    page = await person.get(f"/login?programme={PROGRAMME}")
    await person.press(page, "", {"login": login, "password": OLD})


async def test_the_password_unbinds_and_a_wrong_one_is_told_at_its_field(person: Person, platform: Platform) -> None:
    await signed_in(person, await registered(platform, 1))
    own = await person.get("/mine/account")
    assert "已绑定" in own.page.text
    assert "2026-05-01 16:00" in own.page.text
    page = await person.get("/mine/wechat")
    wrong = await person.press(page, "", {"password": "wrong111"})
    assert wrong.status == 400
    assert "密码不对" in wrong.page.text
    assert "password-error" in wrong.page.ids
    assert "#password" in wrong.page.links
    assert "wrong111" not in wrong.page.text
    assert "已绑定" in (await person.get("/mine/account")).page.text
    done = await person.press(wrong, "", {"password": OLD})
    assert done.url.endswith("/mine/account?done=wechat")
    assert "微信绑定已解除" in done.page.text
    assert "未绑定" in done.page.text
    assert "/mine/wechat" not in done.page.links
    again = await person.press(page, "", {"password": OLD})
    assert (again.status, "没有绑定微信" in again.page.text) == (400, True)


async def test_where_none_is_bound_there_is_no_form(person: Person, platform: Platform) -> None:
    await signed_in(person, await registered(platform, 2, bound=False))
    assert "未绑定" in (await person.get("/mine/account")).page.text
    page = await person.get("/mine/wechat")
    assert "还没有绑定微信" in page.page.text
    assert "password" not in page.page.ids


async def test_no_other_page_can_unbind_and_nobody_who_is_not_signed_in(person: Person, platform: Platform) -> None:
    assert "/login" in (await person.get("/mine/wechat")).url
    await signed_in(person, await registered(platform, 3))
    body = f"password={OLD}".encode()
    assert (await raw(person, "POST", "/mine/wechat", body, Content_Type=FORM)).status == 403
    assert "已绑定" in (await person.get("/mine/account")).page.text


async def test_it_fits_a_phone_and_the_error_takes_the_focus(platform: Platform, page: Page) -> None:
    login = await registered(platform, 4)
    await page.set_viewport_size(PHONE)
    await page.goto(f"/login?programme={PROGRAMME}")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(OLD)
    await page.locator("main form button[type=submit]").last.click()
    await expect(page.get_by_role("button", name="安全退出")).to_be_visible()
    await page.goto("/mine/account")
    await page.get_by_role("link", name="解除绑定").click()
    await page.locator("#password").fill("wrong111")
    await page.get_by_role("button", name="解除绑定").click()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await expect(page.locator("#password-error")).to_contain_text("密码不对")
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.locator("#password").fill(OLD)
    await page.get_by_role("button", name="解除绑定").click()
    await expect(page.get_by_role("status").first).to_contain_text("微信绑定已解除")
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
