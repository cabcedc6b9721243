"""Giving up the bound WeChat: by its owner with the password, told and recorded, and no way in any more (000.24)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from services.identity.api import accounts as api
from services.identity.domain import attempts as rules
from services.identity.handlers import face_codes
from services.identity.handlers.accounts import unbind_wechat
from services.identity.handlers.deps import Deps
from shared.errors import DomainError, Kind
from shared.events.identity import WechatUnbound
from shared.http import ServiceClient, application
from shared.tokens import Actor, Tokens
from tests.services.identity.conftest import NOW, PROGRAMME
from tests.services.identity.face_support import NEW, Phone, at_photo, known, phone
from tests.services.identity.test_accounts import LI, refused, sign_in
from tests.services.identity.test_audit import told
from tests.services.identity.test_face_second import code_by_sms

__all__ = ["phone"]


def owner(account_id: str) -> Actor:
    return Actor("candidate", account_id, PROGRAMME, source="192.0.2.0/24")


async def unbind(deps: Deps, account_id: str, password: str = LI.password) -> None:
    await unbind_wechat(owner(account_id), password, deps=deps, now=NOW)


async def outbox(deps: Deps, account_id: str) -> list[str]:
    document = await deps.accounts.store.get("accounts", account_id)
    found: list[str] = (document or {})["outbox"]
    return found


async def test_the_password_unbinds_and_the_owner_and_the_log_are_told(deps: Deps) -> None:
    account_id = await known(deps, openid="o-li")
    await unbind(deps, account_id)
    account = await deps.accounts.get(account_id)
    assert (account.wechat, account.wechat_at) == ("", None)
    assert ("wechat_unbound", {}) in await told(deps, account_id)
    entry, event = (await outbox(deps, account_id))[-2:]
    assert "192.0.2.0/24" in entry
    assert WechatUnbound.TYPE in event
    assert (await sign_in(deps, LI.password)).session.subject == account_id


async def test_a_wrong_password_is_counted_and_changes_nothing(deps: Deps) -> None:
    account_id = await known(deps, openid="o-li")
    before = await outbox(deps, account_id)
    with pytest.raises(DomainError) as caught:
        await unbind(deps, account_id, "wrong111")
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/password", "password.old_wrong")]
    guesses = await deps.attempts.get(f"old|{account_id}")
    assert round(guesses.total.failures) == 1
    for _ in range(rules.PAIR.wait - 1):
        assert await refused(unbind(deps, account_id, "wrong111")) == "password.old_wrong"
    assert await refused(unbind(deps, account_id)) == "login.locked_time"
    assert (await deps.accounts.get(account_id)).wechat == deps.vault.blind("openid", "o-li")
    assert await outbox(deps, account_id) == before


async def test_where_none_is_bound_there_is_nothing_to_give_up(deps: Deps) -> None:
    account_id = await known(deps)
    assert await refused(unbind(deps, account_id)) == "wechat.not_bound"
    assert "wechat_unbound" not in [action for action, _ in await told(deps, account_id)]


async def test_a_match_after_the_unbinding_wants_the_code_by_sms(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    await unbind(deps, account_id)
    assert (await phone.answered("match")).state == "verified"
    assert await refused(phone.finish()) == "face_reset.not_this_step"


async def test_a_reset_that_the_wechat_had_proved_is_void_after_the_unbinding(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).state == "proved"
    await unbind(deps, account_id)
    for bind in (False, True):
        assert await refused(phone.finish(bind=bind)) == "face_reset.expired"
    assert (await deps.accounts.get(account_id)).wechat == ""
    assert (await sign_in(deps, LI.password)).session.subject == account_id


async def test_a_reset_that_a_code_had_proved_goes_on_and_may_bind_again(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps, openid="o-old")
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    digits = await code_by_sms(deps, phone)
    await face_codes.prove(phone.ticket, phone.session, digits, desk=phone.desk, now=phone.now)
    await unbind(deps, account_id)
    assert (await phone.finish(bind=True)).state == "done"
    account = await deps.accounts.get(account_id)
    assert (account.wechat, account.wechat_at) == (deps.vault.blind("openid", phone.openid), phone.now)
    assert (await sign_in(deps, NEW)).session.subject == account_id


@pytest.fixture
async def identity(deps: Deps) -> AsyncIterator[ServiceClient]:
    """The service's operations of accounts over HTTP."""
    tokens = Tokens(b"k" * 32)
    app = application("identity", api.routes(deps), tokens=tokens)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield ServiceClient(http, str(server.make_url("")).rstrip("/"), "identity", tokens)


async def test_the_owner_is_told_whether_and_since_when_and_nobody_elses_is_touched(
    deps: Deps, identity: ServiceClient
) -> None:
    account_id = await known(deps, openid="o-li")
    async with deps.accounts.edit(account_id) as work:
        work.state.wechat_at = NOW
        other = work.state
    other.id, other.programme = "another", "posts"
    await deps.accounts.add("another", other)
    body = {"password": LI.password}
    seen = await identity.json("GET", "/accounts/own", owner(account_id))
    assert (seen["face_reset"], seen["wechat"], seen["wechat_at"]) == (True, True, "2026-05-01T08:00:00Z")
    assert deps.vault.blind("openid", "o-li") not in str(seen)
    assert await identity.json("POST", "/accounts/wechat/removal", owner(account_id), body=body) is None
    seen = await identity.json("GET", "/accounts/own", owner(account_id))
    assert (seen["wechat"], seen["wechat_at"]) == (False, None)
    untouched = await identity.json("GET", "/accounts/own", owner("another"))
    assert (untouched["face_reset"], untouched["wechat"]) == (False, True)
    with pytest.raises(DomainError, match=r"wechat\.not_bound"):
        await identity.json("POST", "/accounts/wechat/removal", owner(account_id), body=body)


@pytest.mark.parametrize("kind", ["staff", "service", "anonymous"])
async def test_only_candidates_unbind(kind: str, identity: ServiceClient) -> None:
    with pytest.raises(DomainError) as caught:
        await identity.json("POST", "/accounts/wechat/removal", Actor(kind, "x"), body={"password": "x"})  # type: ignore[arg-type]
    assert caught.value.kind is Kind.FORBIDDEN
