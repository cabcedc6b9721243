"""Two people and what proves who they are: ways by SMS and their tokens, codes for a phone, captchas."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

import aiohttp
import pytest

from deploy.local.demo.seed import PROGRAMME
from deploy.local.peers import peer
from services.gateway.sms_ways import COOKIE, mark_of
from shared.errors import DomainError
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.tokens import Actor
from tests.attacks.support import FORM, Raw, chosen, csrf_of, filled, raw
from tests.attacks.test_matrix_accounts import account_of, kept, send
from tests.attacks.test_races import stored
from tests.services.gateway.by_sms import NEW, OLD, account, at_code, code_to, signed_in, token_of
from tests.services.gateway.conftest import Answer, Person, captcha_text
from tests.services.gateway.walks import PASSWORD


async def carrying(person: Person, token: str, path: str, /, **fields: str) -> Raw:
    """A form sent from a browser that holds nothing but the token of a way by SMS."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        body, cookie = urlencode({"way": mark_of(token), **fields}).encode(), f"{COOKIE}={token}"
        return await raw(Person(session, person.site), "POST", path, body, Content_Type=FORM, Cookie=cookie)


async def owner_of(platform: Platform, login: str) -> str:
    """The id of the account with this ID number."""
    async with open_store(platform, "identity", ()) as store:
        holder = await store.holder("login|" + load_vault(platform.secrets_dir).blind("login", f"{PROGRAMME}|{login}"))
    assert holder
    return holder


async def at_login_code(person: Person, platform: Platform, login: str, phone: str) -> Answer:
    """On the way to sign in by SMS: the page that asks for the code."""
    page = await person.get("/login/sms?proof=digits")
    text = await captcha_text(platform, dict(page.page.form("").fields)["captcha_id"])
    given = {"programme": PROGRAMME, "login": login, "phone": phone, "captcha_text": text}
    return await person.press(page, "", given)


async def test_a_way_leads_to_the_account_it_was_begun_for_whatever_a_form_says(
    people: Sequence[Person], platform: Platform
) -> None:
    victim, thief = people
    (login, phone), (own, own_phone) = await account(platform, 131), await account(platform, 132)
    await at_code(victim, platform, login, phone)
    page = await at_code(thief, platform, own, own_phone)
    await thief.press(page, "/reset/sms/code", {"code": await code_to(platform, own_phone)})
    owner = await owner_of(platform, login)
    before, theirs = await kept(platform, "accounts", owner), {"login": login, "phone": phone, "account": owner}
    theirs |= {"token": token_of(victim), "about": login, "id": owner, "subject": owner}
    done = await carrying(thief, token_of(thief), "/reset/sms/password", **theirs, new=NEW, again=NEW)
    assert (done.status, done.location.startswith("/login")) == (303, True)
    assert await kept(platform, "accounts", owner) == before
    assert await signed_in(thief, own, NEW)
    assert await signed_in(victim, login, OLD)


async def test_who_holds_anothers_way_goes_no_further_than_its_own_code(
    people: Sequence[Person], platform: Platform
) -> None:
    victim, thief = people
    (login, phone), (own, own_phone) = await account(platform, 133), await account(platform, 134)
    page = await at_code(victim, platform, login, phone)
    await at_code(thief, platform, own, own_phone)
    code, foreign = await code_to(platform, phone), await code_to(platform, own_phone)
    owner, stolen = await owner_of(platform, login), token_of(victim)
    before = await kept(platform, "accounts", owner), await stored(platform, "identity", "sessions", subject=owner)
    assert (await carrying(thief, stolen, "/reset/sms/code", code=foreign)).status == 400
    for path in ("/reset/sms/password", "/login/sms/code", "/login/sms/resend"):
        answer = await carrying(thief, stolen, path, code=code, new=NEW, again=NEW)
        assert answer.location.partition("?")[0] in ("/reset/sms/code", "/login/sms/code", "/login/sms"), path
    after = await kept(platform, "accounts", owner), await stored(platform, "identity", "sessions", subject=owner)
    assert after == before
    done = await victim.press(page, "/reset/sms/code", {"code": code})
    assert done.url.endswith("/reset/sms/password")


async def test_a_way_to_sign_in_sets_no_password(people: Sequence[Person], platform: Platform) -> None:
    victim, thief = people
    login, phone = await account(platform, 135)
    page = await at_login_code(victim, platform, login, phone)
    code, owner = await code_to(platform, phone), await owner_of(platform, login)
    before = await kept(platform, "accounts", owner)
    for path in ("/reset/sms/code", "/reset/sms/password"):
        answer = await carrying(thief, token_of(victim), path, code=code, new=NEW, again=NEW)
        assert answer.location.endswith("/reset/sms/code"), path
        assert (await victim.get(answer.location)).url.endswith("/reset/sms"), "and from there to its beginning"
    assert await kept(platform, "accounts", owner) == before
    await victim.press(page, "/login/sms/code", {"code": code})
    assert (await victim.get("/mine/account")).status == 200


async def test_ways_by_sms_are_for_the_gateway_alone(person: Person, platform: Platform) -> None:
    login, phone = await account(platform, 136)
    await at_code(person, platform, login, phone)
    code, owner = await code_to(platform, phone), await owner_of(platform, login)
    body = {"token": token_of(person), "code": code, "password": NEW, "phone": phone}
    before = await kept(platform, "accounts", owner), await stored(platform, "identity", "resets")
    paths = ("/resets", "/resets/progress", "/resets/phone", "/resets/code", "/resets/password", "/sessions/login-code")
    async with peer(platform, "identity") as identity:
        for actor in (
            Actor("candidate", owner, PROGRAMME),
            Actor("anonymous", "x", PROGRAMME),
            Actor("staff", "s", roles=("admin",)),
        ):
            for path in paths:
                with pytest.raises(DomainError, match=r"actor\.not_allowed"):
                    await identity.json("POST", path, actor, body=body)
    assert (await kept(platform, "accounts", owner), await stored(platform, "identity", "resets")) == before


async def test_a_code_for_a_new_phone_binds_it_to_who_asked_alone(people: Sequence[Person], platform: Platform) -> None:
    phones, codes, owners = ("13700001701", "13700001702"), [], []
    for serial, (person, phone) in enumerate(zip(people, phones, strict=True), start=851):
        await chosen(person, platform, serial)
        page = await person.get("/mine/phone")
        owners.append(await account_of(platform, csrf_of(page)))
        await person.press(page, "/mine/phone", {"phone": phone, "password": PASSWORD})
        codes.append(await code_to(platform, phone))
    before = [await kept(platform, "accounts", each) for each in owners]
    tokens = [csrf_of(await each.get("/mine/account")) for each in people]
    for person, token, foreign in zip(people, tokens, reversed(codes), strict=True):
        wanted = {"code": foreign, "phone": phones[0], "account": owners[0]}
        assert (await send(person, token, "/mine/phone/code", **wanted)).status == 400
    assert [await kept(platform, "accounts", each) for each in owners] == before
    done = await send(people[0], tokens[0], "/mine/phone/code", code=codes[0])
    assert done.location.endswith("?done=phone")
    assert "137****1701" in (await people[0].get("/mine/account")).page.text
    assert await kept(platform, "accounts", owners[1]) == before[1]
    again = await send(people[1], tokens[1], "/mine/phone/code", code=codes[0])
    assert (again.status, await kept(platform, "accounts", owners[1])) == (400, before[1])


async def test_a_solved_captcha_lets_one_person_in_once_whoever_comes_first(
    people: Sequence[Person], platform: Platform
) -> None:
    """A captcha proves that somebody is a person, not who: it is no one's, and spent for everybody."""
    first, second = people
    page = await first.get("/reset/sms?proof=digits")
    captcha = dict(page.page.form("").fields)["captcha_id"]
    proof = {"captcha_id": captcha, "captcha_text": await captcha_text(platform, captcha)}
    login, _ = await account(platform, 137)
    body = urlencode({"programme": PROGRAMME, "login": login, **proof}).encode()
    before = len(await stored(platform, "identity", "resets"))
    sent = (raw(each, "POST", "/reset/sms", body, Content_Type=FORM) for each in (first, second) for _ in range(10))
    answers = [each.status for each in await asyncio.gather(*sent)]
    assert sorted(answers) == [303] + [400] * 19
    for each in people:
        assert (await raw(each, "POST", "/reset/sms", body, Content_Type=FORM)).status == 400
    assert len(await stored(platform, "identity", "resets")) == before + 1


@pytest.mark.parametrize("text", ["", "wrong"])
async def test_a_captcha_tried_by_another_for_something_else_opens_no_account(
    people: Sequence[Person], platform: Platform, text: str
) -> None:
    applicant, other = people
    fields = await filled(applicant, platform, 861 + len(text))
    spent = {"captcha_id": fields["captcha_id"], "captcha_text": text or fields["captcha_text"]}
    body = urlencode({"programme": PROGRAMME, "login": "1", **spent}).encode()
    assert (await raw(other, "POST", "/reset/sms", body, Content_Type=FORM)).status == (400 if text else 303)
    before = len(await stored(platform, "identity", "accounts", kind="candidate"))
    refused = await applicant.post("/form", fields)
    assert (refused.status, "验证码不对" in refused.page.text) == (400, True)
    assert len(await stored(platform, "identity", "accounts", kind="candidate")) == before
    fresh = dict(refused.page.form("/form").fields)["captcha_id"]
    again = {**fields, "captcha_id": fresh, "captcha_text": await captcha_text(platform, fresh)}
    assert (await applicant.post("/form", again)).url.endswith("/apply/subjects")
