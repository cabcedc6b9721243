"""A phone with WeChat on it, on its way through a face reset."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.local.wechat_login import WechatLogin, make_login_secrets
from services.identity.domain.reset_tickets import ResetTicket, Tries
from services.identity.handlers import face_answers, faces
from services.identity.handlers.deps import Deps
from services.identity.handlers.faces import Desk
from services.identity.wechat import load_wechat
from shared.errors import AlreadyHandled
from shared.events.vision import FaceCheckCompleted, FaceDecision
from shared.store.repository import Repository
from shared.tokens import Actor
from tests.services.identity.conftest import NOW, PROGRAMME
from tests.services.identity.test_accounts import LI, number, register

SITE = "http://127.0.0.1:9"
PORTRAIT = "a" * 64
NOBODY = number("11010120080707004")
NEW = "wxyz9876"
NETWORK = "192.0.2.0/24"


@dataclass
class Phone:
    """A phone with WeChat on it, at the face reset."""

    desk: Desk
    browser: ClientSession
    address: str
    session: str = "phone-1"
    openid: str = "o-li"
    ticket: str = ""
    photos: int = 0
    now: datetime = field(default=NOW)

    async def scan(self, ticket: str) -> ResetTicket:
        """Open a code, by way of WeChat."""
        self.ticket = ticket
        form = {"openid": self.openid, "url": f"{SITE}/"}
        await self.browser.post(f"{self.address}/scan", data=form, allow_redirects=False)
        asked = await faces.authorise(ticket, self.session, desk=self.desk, now=self.now)
        answer = await self.browser.get(asked, allow_redirects=False)
        back = URL(answer.headers["Location"]).query
        return await faces.open_ticket(ticket, self.session, back["code"], back["state"], desk=self.desk, now=self.now)

    async def name(self, login: str = LI.id_number, *, guardian: bool = False) -> ResetTicket:
        return await faces.name(self.ticket, self.session, login, True, guardian, desk=self.desk, now=self.now)

    async def photo(self) -> ResetTicket:
        self.photos += 1
        upload = f"{self.photos:032x}"
        return await faces.submit_photo(self.ticket, self.session, upload, "b" * 64, desk=self.desk, now=self.now)

    async def answered(self, decision: FaceDecision, *reasons: str) -> ResetTicket:
        """Vision answers the latest photo."""
        ticket = await self.desk.tickets.get(self.ticket)
        assert ticket.photo
        event = FaceCheckCompleted(
            subject=ticket.photo.check,
            occurred_at=self.now,
            ticket_id=self.ticket,
            decision=decision,
            distance=0.3,
            reasons=reasons,
            model_version="test",
            seconds=0.1,
        )
        await face_answers.on_face_check_completed(event, desk=self.desk, clock=lambda: self.now)
        with pytest.raises(AlreadyHandled):
            await face_answers.on_face_check_completed(event, desk=self.desk, clock=lambda: self.now)
        return await faces.look(self.ticket, self.session, desk=self.desk)

    async def finish(self, password: str = NEW, *, bind: bool = False) -> ResetTicket:
        me = Actor("anonymous", "", session=self.session, source=NETWORK)
        return await face_answers.finish(self.ticket, me, password, bind, desk=self.desk, now=self.now)


@pytest.fixture
async def phone(deps: Deps, tmp_path: Path) -> AsyncIterator[Phone]:
    app = web.Application()
    app.add_routes(WechatLogin(make_login_secrets(tmp_path), SITE).routes())
    jar = CookieJar(unsafe=True)
    async with TestServer(app) as server, ClientSession() as http, ClientSession(cookie_jar=jar) as browser:
        address = str(server.make_url("")).rstrip("/")
        wechat = load_wechat(http, tmp_path / "wechat_login.json", address, "")
        store = deps.accounts.store
        desk = Desk(
            deps, Repository(store, "tickets", ResetTicket), Repository(store, "face_tries", Tries), wechat, SITE
        )
        yield Phone(desk, browser, address)


async def known(deps: Deps, *, portrait: str = PORTRAIT, openid: str = "") -> str:
    """Li has an account; the id. `openid`: this WeChat is his second factor."""
    account_id = (await register(deps)).session.subject
    async with deps.accounts.edit(account_id) as work:
        work.state.portrait_key = portrait
        work.state.wechat = deps.vault.blind("openid", openid) if openid else ""
    return account_id


async def code_of(phone: Phone) -> str:
    """A fresh code on some screen."""
    ticket, _ = await faces.issue(PROGRAMME, desk=phone.desk, now=phone.now)
    return ticket.id


async def at_photo(phone: Phone, login: str = LI.id_number) -> ResetTicket:
    await phone.scan(await code_of(phone))
    return await phone.name(login)
