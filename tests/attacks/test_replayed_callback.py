"""One notification of WeChat Pay through the gateway, its bytes and headers sent again and again: paid once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from deploy.local.make_secrets import make_all
from deploy.local.peers import peer
from deploy.local.wechat_ledger import Ledger
from deploy.local.wechat_pay import Simulator
from deploy.local.wechat_wire import Wire, load_wire
from services.payment.main import service as payment
from shared.bus import Bus, Message, Queue
from shared.events.payment import OrderPaid
from shared.runtime import Service
from shared.settings import SIMULATOR_PORT_OFFSET, Platform
from shared.store import Document
from shared.tokens import Actor
from tests.attacks.support import chosen, csrf_of
from tests.attacks.test_races import order_made, stored
from tests.services.gateway.conftest import SERVICES, Person
from tests.support.platform import platform_in_thread
from tests.support.waiting import settles

TIMES = 40
REVIEWER = Actor("staff", "somebody", roles=("reviewer",))


class Notice(NamedTuple):
    """A notification exactly as it goes over the line."""

    headers: Mapping[str, str]
    body: bytes


@pytest.fixture(scope="module")
def told() -> list[Message]:
    """Every `OrderPaid` that payment has told."""
    return []


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, told: list[Message]) -> Iterator[Platform]:
    """The product, with somebody who listens to what payment tells."""

    async def hear(message: Message) -> None:
        told.append(message)

    @asynccontextmanager
    async def overheard(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
        await bus.subscribe(Queue("test.paid", (OrderPaid.TYPE,)), hear)
        async with payment(platform, bus) as service:
            yield service

    folder = tmp_path_factory.mktemp("replayed")
    make_all(folder / "secrets", "demo")
    services = [overheard if each is payment else each for each in SERVICES]
    with platform_in_thread(folder, services) as running:
        yield running


@pytest.fixture
def wire(platform: Platform) -> Wire:
    return load_wire(platform.secrets_dir / "wechat")


@pytest.fixture
async def ledger(platform: Platform, wire: Wire) -> AsyncIterator[Ledger]:
    """The simulated WeChat Pay where payment looks for it; it notifies of nothing by itself."""
    found = Ledger()
    async with aiohttp.ClientSession() as http:
        app = Simulator(found, wire, http).app()
        async with TestServer(app, host=platform.host, port=platform.port + SIMULATOR_PORT_OFFSET):
            yield found


async def scanned(person: Person, platform: Platform, ledger: Ledger, wire: Wire, serial: int) -> tuple[str, Notice]:
    """A candidate's application whose code somebody has paid, and what WeChat Pay is about to say of it."""
    await chosen(person, platform, serial)
    application = await order_made(person, platform)
    page = await person.post("/payment/pay", {"csrf": csrf_of(await person.get("/payment")), "channel": "wechat"})
    assert page.status == 200
    (number,) = [each["out_trade_no"] for each in (await order(platform, application))["attempts"]]
    trade, now = ledger.find(number), datetime.now(UTC)
    body = wire.notice("TRANSACTION.SUCCESS", wire.told_trade(trade, ledger.pay(trade.code, now)), now)
    return application, Notice(wire.headers(body, now), body)


async def order(platform: Platform, application: str) -> Document:
    (found,) = await stored(platform, "payment", "orders", application_id=application)
    return found


async def timeline(platform: Platform, application: str) -> list[str]:
    """What has happened to an application."""
    async with peer(platform, "registration") as registration:
        seen = await registration.json("GET", f"/review/applications/{application}", REVIEWER)
    return [each["what"] for each in seen["timeline"]]


async def send(platform: Platform, notice: Notice, times: int) -> list[tuple[int, bytes]]:
    """The same bytes so many times at once, as the provider sends them: no browser, no cookie; the answers."""

    async def one(http: aiohttp.ClientSession) -> tuple[int, bytes]:
        async with http.post(f"{platform.site}/callbacks/wechat", data=notice.body, headers=notice.headers) as answer:
            return answer.status, await answer.read()

    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        return list(await asyncio.gather(*(one(http) for _ in range(times))))


async def test_a_notification_sent_again_and_at_once_pays_once_and_is_answered_alike(
    people: Sequence[Person], platform: Platform, ledger: Ledger, wire: Wire, told: list[Message]
) -> None:
    application, notice = await scanned(people[0], platform, ledger, wire, 810)
    answers = await send(platform, notice, TIMES)
    for _ in range(3):
        answers += await send(platform, notice, 1)
    answers += await send(platform, notice, TIMES)
    assert set(answers) == {(204, b"")}
    paid = await order(platform, application)
    assert paid["state"] == "paid"
    assert [(each["kind"], each["amount_fen"]) for each in paid["ledger"]] == [("payment", 3000)]
    assert (paid["refunds"], paid["needs_person"]) == ([], False)
    # What is told of another order comes after all that was told of this one.
    other, later = await scanned(people[1], platform, ledger, wire, 811)
    assert await send(platform, later, 1) == [(204, b"")]
    last = (await order(platform, other))["_id"]

    async def heard() -> bool:
        return last in {each.subject for each in told}

    await settles(heard)
    assert [each.subject for each in told] == [paid["_id"], last]

    async def known() -> bool:
        return "order_paid" in await timeline(platform, other)

    await settles(known)
    assert (await timeline(platform, application)).count("order_paid") == 1
    assert "已支付" in (await people[0].get("/mine")).page.text
