"""Two people and every id that the accounts have: sessions, issued accounts, corrections, staff and their requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from deploy.local.peers import LAUNCHER, peer
from services.identity.domain.signon import StaffRequest
from services.identity.store import REQUEST_SEALED
from shared.errors import DomainError
from shared.events.base import new_id
from shared.privacy import load_vault
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Document
from shared.store.repository import Repository
from shared.tokens import Actor
from tests.attacks.support import FORM, Raw, chosen, csrf_of, number, raw, signed_in
from tests.attacks.test_matrix import of_school
from tests.attacks.test_races import stored
from tests.attacks.test_sessions import with_cookie
from tests.services.gateway.conftest import STAFF_PASSWORD, Answer, Person
from tests.services.gateway.test_issued import PUPILS, SCHOOL, enter, issue
from tests.services.gateway.walks import PASSWORD, at_form

ELSEWHERE = "140105001"
REMARK = "学籍里的学校不对"
# Who is staff of another place finds nothing; who has another task may not even ask.
STRANGERS: tuple[tuple[str, list[str], int], ...] = (
    ("school", [ELSEWHERE], 404),
    ("point", [ELSEWHERE], 404),
    ("city", [ELSEWHERE], 404),
    ("reviewer", [], 403),
    ("finance", [], 403),
    ("auditor", [], 403),
)


async def kept(platform: Platform, collection: str, document_id: str) -> Document | None:
    """A document as identity keeps it, without what is only on its way out."""
    async with open_store(platform, "identity", ()) as store:
        document = await store.get(collection, document_id)
    way_out = {"outbox", "pending"}
    return {name: value for name, value in document.items() if name not in way_out} if document else None


async def send(person: Person, token: str, path: str, **fields: str) -> Raw:
    """A form that no page gave to this person, with a token of their own."""
    return await raw(person, "POST", path, urlencode({"csrf": token, **fields}).encode(), Content_Type=FORM)


async def as_staff(person: Person, platform: Platform, role: str, schools: list[str]) -> str:
    """Sign in as a new member of staff; the token of their pages."""
    person.session.cookie_jar.clear()
    return csrf_of(await of_school(platform, person, schools, role))


async def member(platform: Platform, *roles: str) -> str:
    """The account id of a new member of staff."""
    body = {"login": f"s{uuid4().hex[:8]}", "display": "员", "password": STAFF_PASSWORD, "roles": [*roles], "scope": {}}
    async with peer(platform, "identity") as identity:
        return str((await identity.json("POST", "/staff", LAUNCHER, body=body))["id"])


async def request_of(platform: Platform, name: str) -> str:
    """The id of a request of somebody who wants to work here."""
    wanted = StaffRequest(new_id(), new_id(), name, "passport", "E1234567", "10", "13900001111", datetime.now(UTC))
    vault = load_vault(platform.secrets_dir)
    async with open_store(platform, "identity", ()) as store:
        await Repository(store, "staff_requests", StaffRequest, vault=vault, sealed=REQUEST_SEALED).add(
            wanted.id, wanted
        )
    return wanted.id


async def pupil(person: Person, platform: Platform, name: str, serial: int) -> tuple[str, Answer]:
    """A pupil whose school has opened and unlocked the account: its id, and the first page."""
    person.session.cookie_jar.clear()
    login, code = await issue(person, PUPILS, name, number(serial))
    page = await enter(person, platform, PUPILS, login, code)
    return await account_of(platform, csrf_of(page)), page


async def account_of(platform: Platform, token: str) -> str:
    """The id of the account whose pages carry this token."""
    (session,) = await stored(platform, "identity", "sessions", csrf=token)
    return str(session["subject"])


async def elsewhere(person: Person, serial: int) -> tuple[str, str]:
    """Sign in on a second device: the first one's cookie, and the id of its session as the owner's page gives it."""
    before = person.cookie
    person.session.cookie_jar.clear()
    await person.press(await person.get("/login"), "", {"login": number(serial), "password": PASSWORD})
    page = await person.get("/mine/account")
    (other,) = [dict(form.fields)["id"] for form in page.page.forms if "id" in dict(form.fields)]
    return before, other


async def test_a_session_is_ended_by_its_owner_alone_whoever_knows_its_id(
    people: Sequence[Person], platform: Platform
) -> None:
    victim, thief = people
    await chosen(victim, platform, 830)
    first, session = await elsewhere(victim, 830)
    await chosen(thief, platform, 831)
    token = csrf_of(await thief.get("/mine/account"))
    assert (await send(thief, token, "/mine/account/end", id=session)).status == 404
    assert (await send(thief, token, "/mine/account/end")).status == 303
    thief.session.cookie_jar.clear()
    assert (await send(thief, "", "/mine/account/end", id=session)).location.startswith("/login")
    for begun in (at_form(thief), signed_in(thief, "admin")):
        refused = await send(thief, csrf_of(await begun), "/mine/account/end", id=session)
        assert refused.location.startswith("/login")
    async with peer(platform, "identity") as identity:
        for actor, code in (
            (Actor("staff", await member(platform, "admin"), roles=("admin",)), "session.not_found"),
            (Actor("anonymous", new_id(), session=session), "actor.not_allowed"),
            (LAUNCHER, "actor.not_allowed"),
        ):
            with pytest.raises(DomainError, match=code.replace(".", r"\.")):
                await identity.json("POST", "/sessions/own/end", actor, body={"id": session})
    assert await with_cookie(victim, first) == await with_cookie(victim, victim.cookie) == ""
    done = await send(victim, csrf_of(await victim.get("/mine/account")), "/mine/account/end", id=session)
    assert (done.status, await with_cookie(victim, first)) == (303, "/login")


async def test_a_correction_is_answered_by_staff_of_the_pupils_school_alone(
    people: Sequence[Person], platform: Platform
) -> None:
    owner, staff = people
    account, page = await pupil(owner, platform, "李更", 840)
    asked = {"name": "李更", "school": ELSEWHERE, "remark": REMARK, "action": "correction"}
    token = csrf_of(page)
    assert (await send(owner, token, "/first/roll", **asked)).location.endswith("done=correction")
    (correction,) = [str(each["_id"]) for each in await stored(platform, "identity", "corrections", account_id=account)]
    path, before = f"/staff/corrections/{correction}", await kept(platform, "corrections", correction)
    assert (await send(owner, token, path, state="passed_on")).location == "/first"
    await chosen(staff, platform, 841)
    own = csrf_of(await staff.get("/mine/account"))
    assert (await send(staff, own, path, state="passed_on")).location.startswith("/staff/login")
    for role, schools, status in STRANGERS:
        token = await as_staff(staff, platform, role, schools)
        for state in ("passed_on", "refused", "corrected"):
            assert (await send(staff, token, path, state=state)).status == status, (role, state)
        assert REMARK not in (await raw(staff, "GET", "/staff/corrections")).text
    assert await kept(platform, "corrections", correction) == before
    token = await as_staff(staff, platform, "school", [SCHOOL])
    assert REMARK in (await raw(staff, "GET", "/staff/corrections")).text
    assert (await send(staff, token, path, state="passed_on")).status == 303
    passed = await kept(platform, "corrections", correction)
    assert [(await send(staff, token, path, state=each)).status for each in ("corrected", "refused")] == [403, 403]
    assert passed and passed["state"] == "passed_on"
    assert await kept(platform, "corrections", correction) == passed


async def test_an_issued_account_is_handled_by_staff_of_its_school_alone(
    people: Sequence[Person], platform: Platform
) -> None:
    owner, staff = people
    account, _ = await pupil(owner, platform, "王更", 842)
    before, cookie = await kept(platform, "accounts", account), owner.cookie
    one = f"/staff/accounts/{account}"
    in_person = {"action": "in_person", "reason": "忘记密码", "document": "passport"}
    for role, schools, status in STRANGERS:
        token = await as_staff(staff, platform, role, schools)
        answers = [
            await raw(staff, "GET", one),
            await send(staff, token, f"{one}/lock", action="lock", reason="重号"),
            await send(staff, token, f"{one}/reset"),
            await send(staff, token, f"{one}/reset", **in_person),
        ]
        assert [each.status for each in answers] == [status] * len(answers), role
        listed = await raw(staff, "GET", f"/staff/accounts?programme={PUPILS}&school={SCHOOL}")
        found = await send(staff, token, "/staff/accounts", q="王更")
        assert account not in listed.text + found.text, role
    assert await kept(platform, "accounts", account) == before
    assert await with_cookie(owner, cookie) == "/first"
    token = await as_staff(staff, platform, "school", [SCHOOL])
    assert (await send(staff, token, f"{one}/lock", action="lock", reason="重号")).status == 303
    assert await with_cookie(owner, cookie) == "/login"


async def test_staff_and_their_requests_are_for_administrators_alone(
    people: Sequence[Person], platform: Platform
) -> None:
    candidate, staff = people
    target, request = await member(platform, "reviewer"), await request_of(platform, "赵求")
    acts = {action: {"action": action, "reason": "离职"} for action in ("lock", "unlock", "reset", "second")}
    forms = {
        f"/staff/people/{target}/roles": {"roles": "admin"},
        "/staff/people/new": {"display": "员", "login": "s-nobody", "roles": "admin"},
        "/staff/people": {"q": "员"},
        f"/staff/people/requests/{request}/approve": {"roles": "admin"},
        f"/staff/people/requests/{request}/refuse": {"reason": "不认识"},
    }
    before = [await kept(platform, "accounts", target), await kept(platform, "staff_requests", request)]
    await chosen(candidate, platform, 843)
    own = csrf_of(await candidate.get("/mine/account"))
    sent = [*forms.items(), *((f"/staff/people/{target}", fields) for fields in acts.values())]
    for path, fields in sent:
        assert (await send(candidate, own, path, **fields)).location.startswith("/staff/login"), path
    for role, schools in (("reviewer", []), ("finance", []), ("auditor", []), ("province", []), ("school", [SCHOOL])):
        token = await as_staff(staff, platform, role, schools)
        for path, fields in sent:
            assert (await send(staff, token, path, **fields)).status == 403, (role, path)
        assert (await raw(staff, "GET", f"/staff/people/{target}")).status == 403, role
        people_page = await raw(staff, "GET", "/staff/people")
        assert (people_page.status, "赵求" in people_page.text) == (403, False), role
    assert [await kept(platform, "accounts", target), await kept(platform, "staff_requests", request)] == before
    assert await kept(platform, "accounts", request) is None


async def test_an_administrator_makes_no_staff_of_a_candidate_nor_more_of_oneself(
    people: Sequence[Person], platform: Platform
) -> None:
    candidate, admin = people
    await chosen(candidate, platform, 844)
    theirs = await account_of(platform, csrf_of(await candidate.get("/mine/account")))
    token = csrf_of(await signed_in(admin, "admin"))
    own = await account_of(platform, token)
    request = await request_of(platform, "钱求")
    for wrong, status in ((theirs, 404), (request, 404), (own, 400)):
        before = await kept(platform, "accounts", wrong)
        answer = await send(admin, token, f"/staff/people/{wrong}/roles", roles="finance")
        assert (answer.status, await kept(platform, "accounts", wrong)) == (status, before), wrong
        for action in ("lock", "unlock", "reset", "second"):
            answer = await send(admin, token, f"/staff/people/{wrong}", action=action, reason="离职")
            assert (answer.status, await kept(platform, "accounts", wrong)) == (status, before), (wrong, action)
    for wrong in (theirs, own):
        before = await kept(platform, "accounts", wrong)
        for action, fields in (("approve", {"roles": "admin"}), ("refuse", {"reason": "x"})):
            answer = await send(admin, token, f"/staff/people/requests/{wrong}/{action}", **fields)
            assert (answer.status, await kept(platform, "accounts", wrong)) == (404, before), action
    approved = await send(admin, token, f"/staff/people/requests/{request}/approve", roles="auditor")
    made = await kept(platform, "accounts", request)
    assert (approved.status, made and made["roles"]) == (303, ["auditor"])
