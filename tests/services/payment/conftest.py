"""The payment service as main.py puts it together, and the simulated WeChat Pay, both on ports of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer, unused_port

from deploy.local.wechat_ledger import Ledger
from deploy.local.wechat_pay import Simulator
from deploy.local.wechat_secrets import make_wechat_secrets
from deploy.local.wechat_wire import load_wire
from services.payment import main
from services.payment.bills import Bill
from services.payment.channels import Onsite
from services.payment.domain.order import Order
from services.payment.settings import Settings
from services.payment.store import BILLS, ORDERS, SEALED
from shared.bus import Message, Queue
from shared.bus.local import LocalBus
from shared.events import payment
from shared.privacy import make_secrets
from shared.settings import Platform
from shared.store.repository import Repository
from shared.tokens import load_tokens
from tests.services.payment.support import Running

EVENTS = (
    payment.OrderCreated,
    payment.OrderPaid,
    payment.OrderRefunded,
    payment.OrderClosed,
    payment.PaymentExceptionRaised,
)


@pytest.fixture(scope="session")
def secrets_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of an installation."""
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    make_wechat_secrets(folder)
    return folder


@pytest.fixture
async def running(secrets_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """Service, simulator and bus, all up."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        wire = load_wire(secrets_dir / "wechat")
        simulator = Simulator(Ledger(), wire, http)
        provider = await _serving(stack, TestServer(simulator.app()))
        monkeypatch.setenv("BAOKAO_PAYMENT__WECHAT_URL", str(provider.make_url("")).rstrip("/"))
        port = unused_port()
        platform = Platform(data=tmp_path, secrets=secrets_dir, public_url=f"http://127.0.0.1:{port}")
        bus = await stack.enter_async_context(LocalBus.open(":memory:"))
        service = await stack.enter_async_context(main.service(platform, bus))
        assert service.store is not None and service.relay is not None
        wechat = main.wechat_pay(platform, Settings(), http)
        assert wechat is not None
        running = Running(
            server=await _serving(stack, TestServer(service.app, port=port)),
            provider=provider,
            http=http,
            tokens=load_tokens(secrets_dir),
            simulator=simulator,
            wire=wire,
            orders=Repository(
                service.store, ORDERS, Order, vault=service.vault, sealed=SEALED, written=service.relay.ring
            ),
            bills=Repository(service.store, BILLS, Bill),
            channels={"wechat": wechat, "onsite": Onsite()},
            bus=bus,
        )

        async def hear(message: Message) -> None:
            async with running.arrived:
                running.told.append(message)
                running.arrived.notify_all()

        await bus.subscribe(Queue("test.payment", tuple(each.TYPE for each in EVENTS)), hear)
        for consumer in service.consumers:
            await bus.subscribe(consumer.queue, consumer.handle)
        await stack.enter_async_context(service.relay.running())
        yield running


async def _serving(stack: AsyncExitStack, server: TestServer) -> TestServer:
    await server.start_server()
    stack.push_async_callback(server.close)
    return server
