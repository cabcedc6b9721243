"""One order's life in a test: what payers, the provider, staff and time can do to it.

The provider is the simulator's ledger without its HTTP; notifications arrive late, twice, or never.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from deploy import ROOT
from deploy.local.wechat_ledger import Ledger, Refusal
from services.payment import bills, handlers, reconcile
from services.payment.channels import Onsite, RefundReport
from services.payment.domain.lifetime import order_id_for
from services.payment.domain.order import Order, Payment
from services.payment.store import BILLS, INDEXES, ORDERS
from shared.errors import DomainError
from shared.programme.loader import load_programmes
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor
from tests.services.payment.direct import DirectChannel, payment_of
from tests.services.payment.support import FEE, PROGRAMME, submitted, withdrawn

STAFF = Actor("staff", "staff", roles=("finance",))
LIFE = timedelta(minutes=30)
START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=30)

STEPS = (
    "pay", "scan", "scan twice", "scan late", "scan wrong", "hear", "hear twice", "lose", "query", "sweep", "wait",
    "wait long", "provider down", "provider up", "withdraw", "refund", "refund settles", "cash", "resubmit", "accept",
    "give back",
    "by hand",
)  # fmt: skip


@dataclass
class Life:
    """One order, its provider, the time, and notifications under way."""

    orders: Repository[Order]
    provider: DirectChannel
    bills: bills.Bills
    programmes: handlers.Programmes
    application_id: str = "application"
    now: datetime = START
    waiting: list[Payment | RefundReport] = field(default_factory=list)
    cash: int = 0

    @property
    def order_id(self) -> str:
        return order_id_for(self.application_id)

    @property
    def channels(self) -> handlers.Channels:
        return {"wechat": self.provider, "onsite": Onsite()}

    def clock(self) -> datetime:
        return self.now

    async def step(self, name: str) -> None:
        """Let something happen; refusals are answers, not faults."""
        steps: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
            "pay": self._pay,
            "hear": self._hear,
            "hear twice": self._hear_twice,
            "query": lambda: handlers.query(self.order_id, orders=self.orders, channels=self.channels, now=self.now),
            "sweep": self._sweep,
            "withdraw": self._withdraw,
            "refund": lambda: handlers.refund(self.order_id, "ill", orders=self.orders, actor=STAFF, now=self.now),
            "cash": self._cash,
            "resubmit": self._submit,
            "accept": lambda: self._resolve("accept"),
            "give back": lambda: self._resolve("refund"),
            "by hand": lambda: self._resolve("by_hand"),
        }
        self.now += timedelta(seconds=7)
        try:
            if name in steps:
                await steps[name]()
            else:
                self._outside(name)
        except (DomainError, Refusal):
            return

    def _outside(self, name: str) -> None:
        """What payers, the provider and time do."""
        match name:
            case "wait":
                self.now += timedelta(minutes=1)
            case "wait long":
                self.now += timedelta(days=2)
            case "lose":
                self.waiting.clear()
            case "provider down" | "provider up":
                self.provider.up = name.endswith("up")
            case "refund settles":
                self._refunds_settle()
            case _:
                self._scan(name)

    def _scan(self, name: str) -> None:
        trades = list(self.provider.ledger.trades.values())
        if not trades:
            return
        trade, forced = trades[-1], name in ("scan twice", "scan late")
        amount = trade.total - 1 if name == "scan wrong" else None
        if name == "scan late":
            trade = trades[0]
        paid = self.provider.ledger.pay(trade.code, self.now, amount=amount, forced=forced)
        self.waiting.append(payment_of(trade, paid))

    def _refunds_settle(self) -> None:
        for trade in self.provider.ledger.trades.values():
            for each in trade.refunds:
                if each.status == "PROCESSING":
                    self.provider.ledger.finish_refund(each.out_refund_no, self.now)
                    self.waiting.append(RefundReport(each.out_refund_no, trade.out_trade_no, "succeeded", self.now))

    async def _pay(self) -> None:
        await handlers.pay(
            await self.orders.get(self.order_id),
            "wechat",
            orders=self.orders,
            channels=self.channels,
            programmes=self.programmes,
            life=LIFE,
            now=self.now,
        )

    async def _hear(self) -> None:
        told = [*self.waiting]
        self.waiting.clear()
        for each in reversed(told):
            await handlers.received(each, orders=self.orders, now=self.now)

    async def _hear_twice(self) -> None:
        told = [*self.waiting]
        await self._hear()
        for each in told:
            await handlers.received(each, orders=self.orders, now=self.now)

    async def _sweep(self) -> None:
        await reconcile.sweep(orders=self.orders, channels=self.channels, clock=self.clock)

    async def _withdraw(self) -> None:
        event = withdrawn(self.application_id).model_copy(update={"occurred_at": self.now})
        await handlers.on_withdrawn(event, orders=self.orders, programmes=self.programmes, clock=self.clock)

    async def _submit(self) -> None:
        event = submitted(self.application_id).model_copy(update={"occurred_at": self.now})
        await handlers.on_submitted(event, orders=self.orders, programmes=self.programmes, clock=self.clock)

    async def _cash(self) -> None:
        await handlers.take_cash(
            self.order_id, FEE, "A-1", orders=self.orders, channels=self.channels, actor=STAFF, now=self.now
        )
        self.cash += FEE

    async def _resolve(self, decision: Any) -> None:
        order = await self.orders.get(self.order_id)
        case = next((each for each in order.cases if each.resolved_at is None), None)
        if case:
            await handlers.resolve(case.id, decision, "", orders=self.orders, actor=STAFF, now=self.now)

    async def settle(self) -> Order:
        """Let everything under way come to its end; what nobody told us of stands in the bills."""
        self.provider.up = True
        days = (self.now - START).days + 1
        for day in (START.date() + timedelta(days=number) for number in range(days + 1)):
            await bills.compare_day("wechat", self.provider, day, bills=self.bills, orders=self.orders, now=self.now)
        for _ in range(8):
            self.now += timedelta(hours=2)
            await self.step("hear")
            await self._sweep()
            self._refunds_settle()
        await self.step("hear")
        return await self.orders.get(self.order_id)


@cache
def _programmes() -> handlers.Programmes:
    """The programme, with a window that ends soon."""
    programme = load_programmes(ROOT / "shared" / "programmes")[PROGRAMME]
    window = programme.window.model_copy(update={"corrections_until": END})
    return {PROGRAMME: programme.model_copy(update={"window": window})}


@asynccontextmanager
async def a_life() -> AsyncIterator[Life]:
    async with SqliteStore.open(":memory:", INDEXES) as store:
        ledger = Ledger()
        provider = DirectChannel(ledger, lambda: START)
        life = Life(Repository(store, ORDERS, Order), provider, Repository(store, BILLS, bills.Bill), _programmes())
        provider.clock = life.clock
        await life._submit()
        yield life
