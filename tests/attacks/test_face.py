"""The face reset under attack: another's code, phone, screen, number or photo; replays; listening (security.md 4)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from deploy.local.wechat_login import WechatLogin, make_login_secrets
from services.identity.domain.account import Account
from services.identity.domain.reset_tickets import ResetTicket
from services.identity.store import ACCOUNT_SEALED
from shared.events.vision import FaceCheckCompleted, FaceDecision
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import SIMULATOR_PORT_OFFSET, Platform
from shared.store.repository import Repository
from tests.attacks.support import FORM, csrf_of, number, raw, signed_in
from tests.services.gateway.conftest import Answer, Person, photo

PORTRAIT = "a" * 64
STEPS = ("name", "photo", "code", "prove", "password")
PROGRAMME = "qualification-2024"


@pytest.fixture
async def wechat(platform: Platform) -> AsyncIterator[str]:
    """The simulated WeChat where the platform looks for it."""
    app = web.Application()
    app.add_routes(WechatLogin(make_login_secrets(platform.secrets_dir), platform.site).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, platform.host, platform.port + SIMULATOR_PORT_OFFSET).start()
    yield platform.simulator
    await runner.cleanup()


async def account(platform: Platform, serial: int, openid: str = "") -> str:
    """Somebody with a verified portrait; the ID number. `openid`: the bound WeChat."""
    vault, login = load_vault(platform.secrets_dir), number(serial)
    async with open_store(platform, "identity", ()) as store:
        made = Account(
            id=f"face-{serial}",
            programme=PROGRAMME,
            kind="candidate",
            password_hash="",
            policy="legacy_8_alnum",
            created_at=datetime.now(UTC),
            id_number=login,
            phone=f"1390002{serial:04}",
            portrait_key=PORTRAIT,
            wechat=vault.blind("openid", openid) if openid else "",
        )
        await store.claim("login|" + vault.blind("login", f"{PROGRAMME}|{login}"), made.id)
        await Repository(store, "accounts", Account, vault=vault, sealed=ACCOUNT_SEALED).add(made.id, made)
    return login


async def code(screen: Person) -> str:
    """The path that a fresh QR code leads to."""
    await screen.get("/reset/face?again=1")
    shown = await screen.get("/reset/face/code")
    scan = next(link for link in shown.page.links if "/scan?" in link)
    return URL(URL(scan).query["url"]).path


async def scan(phone: Person, wechat: str, path: str, openid: str) -> Answer:
    """Open a code with somebody's WeChat."""
    form = {"openid": openid, "url": phone.site + path}
    await phone.session.post(f"{wechat}/scan", data=form, allow_redirects=False)
    return await phone.get(path)


async def at_photo(phone: Person, wechat: str, path: str, login: str, openid: str = "o-me") -> Answer:
    page = await scan(phone, wechat, path, openid)
    return await phone.press(page, f"{path}/name", {"login": login, "consent": "yes"})


async def photographed(phone: Person, page: Answer, path: str, **more: str) -> Answer:
    """Send a photo as the form does."""
    body = aiohttp.FormData({"csrf": csrf_of(page), **more})
    body.add_field("photo", photo(), filename="a.jpg", content_type="image/jpeg")
    return await phone.post(f"{path}/photo", body)


async def answered(platform: Platform, path: str, decision: FaceDecision, *, bound: bool = True) -> None:
    """What identity does when vision has looked; `bound`: at a photo from the account's own WeChat."""
    async with open_store(platform, "identity", ()) as store:
        tickets = Repository(store, "tickets", ResetTicket)
        async with tickets.edit(path.rpartition("/")[2]) as work:
            assert work.state.photo
            now = datetime.now(UTC)
            event = FaceCheckCompleted(
                subject=work.state.photo.check,
                occurred_at=now,
                ticket_id=work.state.id,
                decision=decision,
                distance=None,
                model_version="test",
                seconds=0.1,
            )
            work.state.complete(event, now, bound=bound)


def words(answer: Answer, path: str) -> str:
    """A page without what differs from request to request: ticket, tokens, seconds left."""
    text = answer.page.text.replace(path.rpartition("/")[2], "…")
    return re.sub(r'[\w-]{32}|nonce="[^"]*"|data-idle-left="\d+"', "…", text)


async def test_the_code_alone_is_worth_nothing(people: Sequence[Person], wechat: str) -> None:
    screen, thief = people
    path = await code(screen)
    for step in STEPS:
        body = b"login=1&consent=yes&code=1&new=a&again=a"
        assert (await raw(thief, "POST", f"{path}/{step}", body, Content_Type=FORM)).status in (403, 404), step
    for page in ("status", "events"):
        assert (await raw(thief, "GET", f"{path}/{page}")).status in (403, 404)
    assert (await raw(thief, "GET", f"{path}/back?code=x&state=y")).status in (403, 409)


async def test_the_second_phone_sees_and_does_nothing(
    people: Sequence[Person], wechat: str, platform: Platform
) -> None:
    first, second = people
    login, path = await account(platform, 401), await code(first)
    await at_photo(first, wechat, path, login)
    refused = await scan(second, wechat, path, "o-thief")
    assert refused.status == 409
    assert "已在另一部手机上打开" in refused.page.text
    csrf = csrf_of(await scan(second, wechat, await code(second), "o-thief"))
    for step in STEPS:
        body = f"csrf={csrf}&login={login}&consent=yes&code=1&new=abcd1234&again=abcd1234".encode()
        assert (await raw(second, "POST", f"{path}/{step}", body, Content_Type=FORM)).status in (400, 404), step
    assert (await raw(second, "GET", f"{path}/status")).status == 404


async def test_a_screen_sees_its_own_reset_only(people: Sequence[Person]) -> None:
    mine, other = people
    ticket = (await code(mine)).rpartition("/")[2]
    await code(other)
    kept = other.session.cookie_jar.filter_cookies(URL(other.site))["__Host-reset"].value.partition(".")[2]
    for cookie in (f"{ticket}.{kept}", f"{ticket}.", ticket, f"../{ticket}.{kept}", "."):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            answer = await raw(
                Person(session, other.site), "GET", "/reset/face/status", Cookie=f"__Host-reset={cookie}"
            )
        assert answer.status == 404, cookie


async def test_a_code_signs_nobody_out_until_they_say_so(
    people: Sequence[Person], wechat: str, platform: Platform
) -> None:
    screen, phone = people
    await signed_in(phone, "reviewer")
    path, cookie = await code(screen), phone.cookie
    asked = await phone.get(path)
    assert "已经登录" in asked.page.text
    assert phone.cookie == cookie
    assert (await phone.get("/staff/account")).url.endswith("/staff/account")
    await phone.press(asked, f"{path}/leave")
    assert phone.cookie not in {"", cookie}
    assert "/staff/login" in (await phone.get("/staff/account")).url


async def test_an_answer_of_wechat_is_good_for_the_browser_that_asked(people: Sequence[Person], wechat: str) -> None:
    """Otherwise a thief could have his victim's phone open the thief's reset."""
    thief, victim = people
    path = await code(thief)
    await scan(victim, wechat, await code(victim), "o-victim")
    asked = await raw(thief, "GET", f"{path}?begun=1")
    begun = await raw(thief, "GET", path)
    state = URL((begun if "state=" in begun.location else asked).location).query.get("state", "0" * 64)
    answer = await raw(victim, "GET", f"{path}/back?code={'0' * 32}&state={state}")
    assert answer.status == 409


@pytest.mark.parametrize("decision", ["mismatch", "review"])
async def test_no_page_tells_whether_a_number_is_registered(
    decision: FaceDecision, people: Sequence[Person], wechat: str, platform: Platform
) -> None:
    known = await account(platform, 410 + len(decision))
    seen = []
    for login in (known, number(990)):
        path = await code(people[0])
        named = await at_photo(people[1], wechat, path, login)
        waiting = await photographed(people[1], named, path)
        await answered(platform, path, decision)
        seen.append([words(each, path) for each in (named, waiting, await people[1].get(path))])
    assert seen[0] == seen[1]
    assert "没有通过" in seen[0][2]


async def test_a_used_code_and_a_swapped_number_change_nothing(
    people: Sequence[Person], wechat: str, platform: Platform
) -> None:
    screen, phone = people
    login, victim = await account(platform, 420, "o-me"), await account(platform, 421)
    path = await code(screen)
    page = await at_photo(phone, wechat, path, login)
    await photographed(phone, page, path, upload_id="0" * 32, object_key=PORTRAIT)
    await answered(platform, path, "match")
    proved = await phone.get(path)
    assert "设置新密码" in proved.page.text
    swapped = {"csrf": csrf_of(proved), "login": victim, "consent": "yes"}
    assert (await phone.post(f"{path}/name", swapped)).status == 400
    new = {"csrf": csrf_of(proved), "new": "wxyz9876", "again": "wxyz9876"}
    assert "密码已修改" in (await phone.post(f"{path}/password", new)).page.text
    again = await phone.post(f"{path}/password", {**new, "new": "evil0000", "again": "evil0000"})
    assert again.status == 400
    assert (await scan(screen, wechat, path, "o-me")).status == 409
    async with open_store(platform, "identity", ()) as store:
        untouched, changed = await store.get("accounts", "face-421"), await store.get("accounts", "face-420")
    assert untouched and changed
    assert untouched["password_hash"] == ""
    assert changed["password_hash"]


async def test_hostile_numbers_and_codes_are_refused_in_words(
    people: Sequence[Person], wechat: str, platform: Platform
) -> None:
    screen, phone = people
    path = await code(screen)
    page = await scan(phone, wechat, path, "o-me")
    for login in ("", "1" * 5000, "\x00", "${jndi:x}", "١٢٣", "110101200807070046'--"):
        answer = await phone.press(page, f"{path}/name", {"login": login, "consent": "yes"})
        assert answer.status == 400, login
    for odd in ("/wx/reset/..%2f..%2fstaff", "/wx/reset/" + "a" * 200, "/wx/reset/" + "a" * 43):
        assert (await raw(phone, "GET", odd)).status in (404, 409, 303), odd
