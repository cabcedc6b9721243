"""Impatient fingers: every button pressed many times at once has its effect once, and nobody sees a 5xx."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from urllib.parse import urlencode

from deploy.local.peers import peer
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Document, Query
from shared.tokens import Actor
from tests.attacks.support import FORM, Raw, at_once, chosen, csrf_of, file_of, filled, number, raw, signed_in, ticked
from tests.services.gateway.conftest import Answer, Person
from tests.services.gateway.reader import Form
from tests.support.waiting import settles

PRESSES = 50


async def stored(platform: Platform, service: str, collection: str, **equal: object) -> list[Document]:
    """Documents as the service keeps them."""
    async with open_store(platform, service, ()) as store:
        return list((await store.find(collection, Query(equal=equal, limit=500))).documents)


async def order_made(person: Person, platform: Platform) -> str:
    """The application of a submitted candidate, once its order is there."""

    async def made() -> bool:
        return "去支付" in (await person.get("/payment")).page.text

    await settles(made)
    orders = await stored(platform, "payment", "orders")
    return str(max(orders, key=lambda order: str(order["created_at"]))["application_id"])


def none_failed(answers: Sequence[Raw]) -> bool:
    return all(answer.status < 500 for answer in answers)


def approval(page: Answer) -> Form:
    return next(form for form in page.page.forms if "/approve" in form.action)


async def test_a_notice_is_accepted_once(person: Person) -> None:
    page = await person.post("/programmes/qualification-2024/start", {})
    body = urlencode({"csrf": csrf_of(page)}).encode()
    assert none_failed(await at_once(person, PRESSES, "/apply/violations/accept", body))
    assert (await person.get("/apply")).url.endswith("/apply/pledge")


async def test_a_form_makes_one_account_and_one_application(person: Person, platform: Platform) -> None:
    fields = await filled(person, platform, 10)
    before = len(await stored(platform, "identity", "accounts", kind="candidate"))

    assert none_failed(await at_once(person, PRESSES, "/form", urlencode(fields).encode()))
    assert len(await stored(platform, "identity", "accounts", kind="candidate")) == before + 1
    assert (await person.get("/apply")).url.endswith("/apply/subjects")


async def test_subjects_and_payment_make_one_order_with_one_code(person: Person, platform: Platform) -> None:
    page = await ticked(person, platform, 20)
    shown = page.page.form("/answers").fields
    csrf = csrf_of(page)
    before = len(await stored(platform, "payment", "orders"))

    async def press(path: str, *fields: tuple[str, str]) -> list[Raw]:
        return await at_once(person, PRESSES, path, urlencode([*fields, ("csrf", csrf)]).encode())

    # Nobody is told that an answer is under way: every press shows what came of the first.
    assert {each.status for each in await press("/answers", *shown)} == {303}
    await order_made(person, platform)
    assert none_failed(await press("/payment/pay", ("channel", "onsite")))
    orders = await stored(platform, "payment", "orders")
    assert len(orders) == before + 1
    newest = max(orders, key=lambda order: str(order["created_at"]))
    assert len(newest["attempts"]) <= 1


async def test_a_file_is_approved_once_or_withdrawn(people: Sequence[Person], platform: Platform) -> None:
    candidate, staff = people
    await chosen(candidate, platform, 30)
    await signed_in(staff, "admin")
    look = approval(await file_of(staff, number(30)))
    await staff.post(look.action.replace("/approve", "/identity-confirm"), look.fields)
    approve = approval(await file_of(staff, number(30)))
    withdraw = (await candidate.get("/mine/withdraw")).page.form("")
    both = [
        *(raw(staff, "POST", approve.action, urlencode(approve.fields).encode(), Content_Type=FORM) for _ in range(25)),
        *(
            raw(candidate, "POST", "/mine/withdraw", urlencode(withdraw.fields).encode(), Content_Type=FORM)
            for _ in range(25)
        ),
    ]
    assert none_failed(await asyncio.gather(*both))
    file_id = re.findall(r"[0-9a-f]{32}", approve.action)[0]
    async with peer(platform, "registration") as registration:
        looked = Actor("staff", "somebody", roles=("reviewer",))
        application = await registration.json("GET", f"/review/applications/{file_id}", looked)
    told = [entry["what"] for entry in application["timeline"]]
    assert told.count("approved") + told.count("withdrawn") == 1
    assert application["state"] in told


async def test_withdrawing_while_paying_leaves_no_payable_order(person: Person, platform: Platform) -> None:
    page = await chosen(person, platform, 40)
    application = await order_made(person, platform)
    csrf = csrf_of(await person.get("/payment"))
    both = [
        *at(person, "/payment/pay", csrf, 20, channel="onsite"),
        *at(person, "/mine/withdraw", csrf, 5),
    ]
    assert none_failed(await asyncio.gather(*both))

    async def closed() -> bool:
        orders = await stored(platform, "payment", "orders", application_id=application)
        return [order["state"] for order in orders] == ["closed"]

    await settles(closed)
    assert page.status == 200


def at(person: Person, path: str, csrf: str, times: int, **fields: str) -> list[Coroutine[None, None, Raw]]:
    bodies = (urlencode({"csrf": csrf, **fields}).encode() for _ in range(times))
    return [raw(person, "POST", path, body, Content_Type=FORM) for body in bodies]
