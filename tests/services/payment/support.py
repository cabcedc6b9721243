"""What tests do with a running payment service and the simulated WeChat Pay beside it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp.test_utils import BaseTestServer

from deploy.local.wechat_ledger import Trade
from deploy.local.wechat_pay import Simulator
from deploy.local.wechat_wire import Wire
from services.payment import reconcile
from services.payment.bills import Bills
from services.payment.domain.lifetime import order_id_for
from services.payment.domain.order import Order
from services.payment.handlers import Channels, Orders
from shared.bus import Bus, Message
from shared.errors import NotFound
from shared.events.base import Event, new_id
from shared.events.registration import ApplicationSubmitted, ApplicationWithdrawn
from shared.tokens import Actor, Tokens

FEE = 3000
PROGRAMME = "qualification-2024"
CANDIDATE = Actor("candidate", "candidate-1", PROGRAMME)
OTHER = Actor("candidate", "candidate-2", PROGRAMME)
FINANCE = Actor("staff", "staff-1", roles=("finance",))
DEADLINE_S = 10


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def submitted(application_id: str, *, amount_fen: int = FEE, candidate: Actor = CANDIDATE) -> ApplicationSubmitted:
    """An application comes with a fee."""
    return ApplicationSubmitted(
        subject=application_id,
        occurred_at=now(),
        programme=PROGRAMME,
        candidate_id=candidate.id,
        amount_fen=amount_fen,
        description="学业水平合格性考试报名费",
    )


def withdrawn(application_id: str, candidate: Actor = CANDIDATE) -> ApplicationWithdrawn:
    """An application is given up."""
    return ApplicationWithdrawn(
        subject=application_id, occurred_at=now(), programme=PROGRAMME, candidate_id=candidate.id
    )


def money(order: Order) -> list[tuple[str, str, int]]:
    """An order's ledger, to compare with the simulator's."""
    return sorted((each.kind, each.reference, each.amount_fen) for each in order.ledger)


@dataclass
class Running:
    """The service, the simulator, and what the service told."""

    server: BaseTestServer
    provider: BaseTestServer
    http: aiohttp.ClientSession
    tokens: Tokens
    simulator: Simulator
    wire: Wire
    orders: Orders
    channels: Channels
    bills: Bills
    bus: Bus
    told: list[Message] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def call(
        self, method: str, path: str, actor: Actor | None = CANDIDATE, *, body: Any = None, key: str | None = None
    ) -> tuple[int, Any]:
        """Call the service; status and JSON."""
        headers = {"Authorization": f"Bearer {self.tokens.mint(actor, 'payment')}"} if actor else {}
        headers |= {"Idempotency-Key": key} if key else {}
        async with self.http.request(method, self.server.make_url(path), json=body, headers=headers) as answer:
            return answer.status, (await answer.json(content_type=None) if answer.status != 204 else None)

    async def publish(self, event: Event) -> None:
        """Have the service told of an event."""
        message = Message(
            event.event_id,
            event.TYPE,
            event.source(),
            event.subject,
            event.occurred_at.isoformat(),
            event.model_dump_json().encode(),
        )
        assert await self.bus.publish([message]) == [True]

    async def order(self, **options: Any) -> str:
        """A new application's order."""
        application_id = new_id()
        await self.publish(submitted(application_id, **options))
        await self.heard("payment.order_created.v1", order_id_for(application_id))
        return order_id_for(application_id)

    async def pay(self, order_id: str, channel: str = "wechat") -> Any:
        """Begin to pay."""
        path, body = f"/orders/{order_id}/pay", {"channel": channel}
        status, told = await self.call("POST", path, body=body, key=new_id())
        assert status == 200, told
        return told

    def trade(self, paying: Any) -> Trade:
        """The simulator's order behind a code."""
        return self.simulator.ledger.by_code[paying["code_url"].partition("pr=")[2]]

    async def heard(self, kind: str, subject: str) -> Message:
        """Wait for an event."""
        async with asyncio.timeout(DEADLINE_S), self.arrived:
            await self.arrived.wait_for(lambda: self._told(kind, subject) is not None)
        message = self._told(kind, subject)
        assert message is not None
        return message

    def _told(self, kind: str, subject: str) -> Message | None:
        return next((each for each in self.told if (each.type, each.subject) == (kind, subject)), None)

    async def heard_of(self, application_id: str) -> Order:
        """Wait until an application has its order."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                with suppress(NotFound):
                    return await self.orders.get(order_id_for(application_id))

    async def until(self, order_id: str, state: str) -> Order:
        """Wait until an order stands so."""
        async with asyncio.timeout(DEADLINE_S), self.arrived:
            while (order := await self.orders.get(order_id)).state != state:
                await self.arrived.wait()
        return order

    async def sweep(self, after: timedelta = timedelta(0)) -> int:
        """A turn of the sweep, as if at a later time."""
        return await reconcile.sweep(orders=self.orders, channels=self.channels, clock=lambda: now() + after)

    async def given_back(self, order_id: str) -> None:
        """Sweep as if a day later until the money has gone back. A turn that comes upon another writer, as the relay
        is, leaves the order to the next turn."""
        async with asyncio.timeout(DEADLINE_S):
            while self._told("payment.order_refunded.v1", order_id) is None:
                await self.sweep(timedelta(days=1))

    def ledger(self, numbers: set[str]) -> list[tuple[str, str, int]]:
        """The simulator's money for these provider orders."""
        moves = [each for each in self.simulator.ledger.movements() if each["out_trade_no"] in numbers]
        return sorted((each["kind"], each["reference"], each["amount_fen"]) for each in moves)

    async def agree(self, order_id: str) -> Order:
        """Assert that both ledgers say the same."""
        order = await self.orders.get(order_id)
        assert money(order) == self.ledger({each.out_trade_no for each in order.attempts})
        return order
