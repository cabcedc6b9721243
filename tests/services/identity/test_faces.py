"""Face resets as a person goes through them, and as somebody else tries to (000.24, security.md 4, 6 and 7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from yarl import URL

from deploy.local.wechat_login import WechatLogin, make_login_secrets
from services.identity.domain import tickets
from services.identity.domain.tickets import Ticket, Tries
from services.identity.handlers import codes, face_answers, face_codes, faces, sessions
from services.identity.handlers.deps import Deps
from services.identity.handlers.faces import Desk
from services.identity.wechat import load_wechat
from shared.errors import AlreadyHandled, DomainError
from shared.events.vision import FaceCheckCompleted, FaceDecision
from shared.store.repository import Repository
from tests.services.identity.conftest import NOW, PROGRAMME, phones
from tests.services.identity.test_accounts import LI, number, refused, register, sign_in

SITE = "http://127.0.0.1:9"
PORTRAIT = "a" * 64
NOBODY = number("11010120080707004")
NEW = "wxyz9876"


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

    async def scan(self, ticket: str) -> Ticket:
        """Open a code, by way of WeChat."""
        self.ticket = ticket
        form = {"openid": self.openid, "url": f"{SITE}/"}
        await self.browser.post(f"{self.address}/scan", data=form, allow_redirects=False)
        asked = await faces.authorise(ticket, self.session, desk=self.desk, now=self.now)
        answer = await self.browser.get(asked, allow_redirects=False)
        back = URL(answer.headers["Location"]).query
        return await faces.open_ticket(ticket, self.session, back["code"], back["state"], desk=self.desk, now=self.now)

    async def name(self, login: str = LI.id_number, *, guardian: bool = False) -> Ticket:
        return await faces.name(self.ticket, self.session, login, True, guardian, desk=self.desk, now=self.now)

    async def photo(self) -> Ticket:
        self.photos += 1
        upload = f"{self.photos:032x}"
        return await faces.submit_photo(self.ticket, self.session, upload, "b" * 64, desk=self.desk, now=self.now)

    async def answered(self, decision: FaceDecision, *reasons: str) -> Ticket:
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

    async def finish(self, password: str = NEW, *, bind: bool = False) -> Ticket:
        return await face_answers.finish(self.ticket, self.session, password, bind, desk=self.desk, now=self.now)


@pytest.fixture
async def phone(deps: Deps, tmp_path: Path) -> AsyncIterator[Phone]:
    app = web.Application()
    app.add_routes(WechatLogin(make_login_secrets(tmp_path), SITE).routes())
    jar = CookieJar(unsafe=True)
    async with TestServer(app) as server, ClientSession() as http, ClientSession(cookie_jar=jar) as browser:
        address = str(server.make_url("")).rstrip("/")
        wechat = load_wechat(http, tmp_path / "wechat_login.json", address, "")
        store = deps.accounts.store
        desk = Desk(deps, Repository(store, "tickets", Ticket), Repository(store, "face_tries", Tries), wechat, SITE)
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


async def at_photo(phone: Phone, login: str = LI.id_number) -> Ticket:
    await phone.scan(await code_of(phone))
    return await phone.name(login)


async def test_a_match_and_the_bound_wechat_set_a_new_password_and_end_every_session(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    before = await sign_in(deps, LI.password)
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).state == "proved"
    assert (await phone.finish()).state == "done"
    assert await refused(sessions.resolve(before.token, deps=deps, now=NOW)) == "session.expired"
    assert (await sign_in(deps, NEW)).session.kind == "candidate"
    assert await refused(phone.finish()) == "face_reset.expired"


async def test_another_wechat_has_to_prove_the_phone_first(deps: Deps, phone: Phone) -> None:
    await known(deps, openid="o-somebody-else")
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).state == "verified"
    assert await refused(phone.finish()) == "face_reset.not_this_step"


async def code_by_sms(deps: Deps, phone: Phone) -> str:
    """The code that comes to the account's own number."""
    sent = await face_codes.send(phone.ticket, phone.session, "192.0.2.1", desk=phone.desk, now=phone.now)
    assert sent.resend_s > 0
    await codes.sweep(deps=deps, now=phone.now + codes.AGAIN)
    number_called, digits = phones(deps).brought[-1]
    assert number_called == LI.phone
    return digits


async def test_a_code_to_the_accounts_own_phone_is_the_other_second_factor(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    digits = await code_by_sms(deps, phone)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    prove = partial(face_codes.prove, phone.ticket, phone.session, desk=phone.desk, now=phone.now)
    assert await refused(prove(code=wrong)) == "code.wrong"
    assert (await prove(code=digits)).state == "proved"
    await phone.finish(bind=True)
    assert (await deps.accounts.get(account_id)).wechat == deps.vault.blind("openid", phone.openid)
    assert (await sign_in(deps, NEW)).session.subject == account_id


async def test_without_a_phone_number_there_is_no_code_and_the_way_is_the_registration_point(
    deps: Deps, phone: Phone
) -> None:
    account_id = await known(deps)
    async with deps.accounts.edit(account_id) as work:
        work.state.phone = ""
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    sending = face_codes.send(phone.ticket, phone.session, "", desk=phone.desk, now=NOW)
    assert await refused(sending) == "face_reset.no_phone"


async def test_no_code_is_sent_before_the_face_has_matched_or_to_another_phone(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    send = partial(face_codes.send, phone.ticket, source="", desk=phone.desk, now=NOW)
    assert await refused(send(session=phone.session)) == "face_reset.not_this_step"
    await phone.photo()
    await phone.answered("match")
    assert await refused(send(session="phone-2")) == "ticket.not_found"
    assert phones(deps).brought == []


@pytest.mark.parametrize("decision", ["review", "mismatch"])
async def test_what_is_not_a_plain_match_never_resets(decision: FaceDecision, deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    seen = await phone.answered(decision)
    assert (seen.state, seen.reasons) == ("named", [tickets.NOT_MATCHED])
    assert await refused(phone.finish()) == "face_reset.not_this_step"


@pytest.mark.parametrize("decision", ["match", "review", "mismatch"])
async def test_a_number_nobody_has_and_an_account_without_a_portrait_go_the_same_way(
    decision: FaceDecision, deps: Deps, phone: Phone
) -> None:
    await known(deps, portrait="", openid=phone.openid)
    ways = []
    for login in (LI.id_number, NOBODY):
        named = await at_photo(phone, login)
        asked = await phone.photo()
        seen = await phone.answered(decision)
        ways.append((named.state, asked.state, seen.state, seen.reasons))
    assert ways[0] == ways[1]
    assert ways[0][2:] == ("named", [tickets.NOT_MATCHED])


async def test_five_tries_a_day_counted_for_the_number_whoever_holds_the_phone_and_however_fast(
    deps: Deps, phone: Phone
) -> None:
    await known(deps)
    for login in (LI.id_number, NOBODY):
        for _ in range(tickets.TRIES):
            await at_photo(phone, login)
            await phone.photo()
            await phone.answered("mismatch")
        await at_photo(phone, login)
        assert await refused(phone.photo()) == "face_reset.tries_used"
    phone.now = NOW + timedelta(hours=24)
    await at_photo(phone)
    assert (await phone.photo()).state == "checking"


async def test_tries_that_come_at_once_count_each(deps: Deps, phone: Phone) -> None:
    await known(deps)
    phones = [Phone(phone.desk, phone.browser, phone.address, session=f"phone-{n}") for n in range(8)]
    for each in phones:
        await at_photo(each)

    async def take(each: Phone) -> str:
        for _ in range(20):
            try:
                return (await each.photo()).state
            except DomainError as error:
                if error.code != "store.conflict":
                    return error.code
        return "store.conflict"

    ends = await asyncio.gather(*map(take, phones))
    assert sorted(ends) == ["checking"] * tickets.TRIES + ["face_reset.tries_used"] * 3


async def test_a_photo_that_cannot_be_compared_costs_no_try(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    for _ in range(tickets.TRIES + 1):
        await phone.photo()
        assert (await phone.answered("unusable", "vision.portrait.blurred")).reasons == ["vision.portrait.blurred"]
    assert (await phone.photo()).state == "checking"


async def test_a_second_phone_and_a_second_use_of_the_code_get_nothing(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    thief = Phone(phone.desk, phone.browser, phone.address, session="phone-2", openid="o-thief")
    assert await refused(thief.scan(phone.ticket)) == "face_reset.opened_elsewhere"
    thief.ticket = phone.ticket
    for attempt in (thief.name(), thief.photo(), thief.finish()):
        assert await refused(attempt) == "ticket.not_found"
    await phone.photo()
    await phone.answered("match")
    assert await refused(thief.finish()) == "ticket.not_found"
    await phone.finish()
    assert await refused(phone.scan(phone.ticket)) == "face_reset.expired"


async def test_an_answer_of_wechat_for_another_session_or_ticket_is_refused(phone: Phone) -> None:
    one, other = await code_of(phone), await code_of(phone)
    state = phone.desk.deps.vault.blind("wechat_state", f"{one}|phone-1")
    for ticket, session, given in ((one, "phone-2", state), (other, "phone-1", state), (one, "phone-1", "")):
        opening = faces.open_ticket(ticket, session, "code", given, desk=phone.desk, now=NOW)
        assert await refused(opening) == "wechat.code_refused"


async def test_the_number_cannot_be_swapped_after_the_photo(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    assert await refused(phone.name(NOBODY)) == "face_reset.not_this_step"
    await phone.answered("match")
    assert await refused(phone.name(NOBODY)) == "face_reset.not_this_step"


async def test_a_portrait_taken_back_meanwhile_proves_nothing_any_more(deps: Deps, phone: Phone) -> None:
    account_id = await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    async with deps.accounts.edit(account_id) as work:
        work.state.portrait_key = ""
    assert await refused(phone.finish()) == "face_reset.expired"
    await at_photo(phone)
    await phone.photo()
    assert (await phone.answered("match")).reasons == [tickets.NOT_MATCHED]


async def test_below_the_programmes_age_a_guardian_agrees_whoever_the_number_belongs_to(phone: Phone) -> None:
    child = number("11010120160101001")
    await phone.scan(await code_of(phone))
    assert await refused(phone.name(child)) == "face_reset.guardian_missing"
    named = await phone.name(child, guardian=True)
    assert named.target
    assert named.target.minor
    unwilling = faces.name(phone.ticket, phone.session, child, False, True, desk=phone.desk, now=NOW)
    assert await refused(unwilling) == "face_reset.consent_missing"


async def test_a_password_against_the_rules_changes_nothing_and_the_ticket_stays(deps: Deps, phone: Phone) -> None:
    await known(deps, openid=phone.openid)
    await at_photo(phone)
    await phone.photo()
    await phone.answered("match")
    assert await refused(phone.finish("short1")) == "password.exactly_8"
    assert (await sign_in(deps, LI.password)).session.kind == "candidate"
    assert (await phone.finish(bind=True)).state == "done"


async def test_a_check_nobody_answers_is_asked_again_and_then_costs_no_try(deps: Deps, phone: Phone) -> None:
    await known(deps)
    await at_photo(phone)
    await phone.photo()
    for turn in (1, 2):
        phone.now = NOW + turn * tickets.CHECK_WITHIN + timedelta(seconds=turn)
        assert await face_answers.sweep(desk=phone.desk, clock=lambda: phone.now) == 1
    seen = await faces.look(phone.ticket, phone.session, desk=phone.desk)
    assert (seen.state, seen.reasons) == ("named", [tickets.NO_ANSWER])
    key = seen.target.key if seen.target else ""
    assert (await phone.desk.tries.get(key)).at == []
