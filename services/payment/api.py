"""HTTP of the payment service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from services.payment import bills, handlers
from services.payment.bills import Bills
from services.payment.domain import desk, lifetime
from services.payment.domain.order import Order
from services.payment.handlers import Channels, Orders, Programmes
from services.payment.views import BillList, BillView, CaseList, CaseView, OrderList, OrderView, PayView, StaffOrderView
from services.payment.wechat import WechatPay
from shared.clock import utc_now
from shared.errors import DomainError, NotFound
from shared.http import Call, Route
from shared.tokens import Actor, Tokens, cash_resource

FINANCE = ("finance",)
CASHIERS = ("finance", "point")
Text = Annotated[str, StringConstraints(max_length=200)]


class OfApplication(BaseModel):
    application_id: Text


class Pay(BaseModel):
    channel: Text


class Cash(BaseModel):
    """`grant`: that the file is within this clerk's scope, from the registration service; not asked of the office."""

    amount_fen: int = Field(ge=0, le=10_000_000)
    receipt: Text
    grant: Annotated[str, StringConstraints(max_length=1000)] = ""


class Refund(BaseModel):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Resolve(BaseModel):
    decision: desk.Decision
    note: Text = ""


class Search(BaseModel):
    state: Text | None = None
    number: Text | None = None
    cursor: Text | None = None


@dataclass(frozen=True)
class Api:
    """The operations, with what they need."""

    orders: Orders
    channels: Channels
    wechat: WechatPay | None
    bills: Bills
    programmes: Programmes
    life: timedelta
    tokens: Tokens

    async def of_application(self, call: Call) -> OrderView:
        """The order of an application"""
        order_id = lifetime.order_id_for(call.query(OfApplication).application_id)
        return self._view(await handlers.owned(order_id, _candidate(call.actor), orders=self.orders))

    async def read(self, call: Call) -> OrderView:
        """One order"""
        return self._view(await self._owned(call))

    async def pay(self, call: Call) -> PayView:
        """Begin to pay, or come back to it"""
        order = await self._owned(call)
        channel = call.body(Pay).channel
        attempt = await handlers.pay(
            order,
            channel,
            orders=self.orders,
            channels=self.channels,
            programmes=self.programmes,
            life=self.life,
            now=utc_now(),
        )
        return PayView(
            channel=channel,
            code_url=attempt.code_url,
            pay_url=self.channels[channel].pay_url(attempt.code_url),
            expires_at=attempt.expires_at,
        )

    async def query(self, call: Call) -> OrderView:
        """Ask the provider how the payment stands"""
        order = await self._owned(call)
        return self._view(await handlers.query(order.id, orders=self.orders, channels=self.channels, now=utc_now()))

    async def search(self, call: Call) -> OrderList:
        """Orders by state, or one by its number at the provider"""
        wanted = call.query(Search)
        found = await handlers.search(wanted.state, wanted.number, wanted.cursor, orders=self.orders)
        return OrderList(items=[self._staff_view(order) for order in found.items], next_cursor=found.next_cursor)

    async def cash(self, call: Call) -> StaffOrderView:
        """Record that cash was taken"""
        taken = call.body(Cash)
        await self._require_scope(call, taken.grant)
        order = await handlers.take_cash(
            call.path["id"],
            taken.amount_fen,
            taken.receipt,
            orders=self.orders,
            channels=self.channels,
            actor=call.actor,
            now=utc_now(),
        )
        return self._staff_view(order)

    async def refund(self, call: Call) -> StaffOrderView:
        """Send an order's money back"""
        order = await handlers.refund(
            call.path["id"], call.body(Refund).reason, orders=self.orders, actor=call.actor, now=utc_now()
        )
        return self._staff_view(order)

    async def exceptions(self, call: Call) -> CaseList:
        """Money that a person must look at, oldest order first"""
        found = await handlers.needing_person(call.query(Search).cursor, orders=self.orders)
        cases = [CaseView.of(order, case) for order in found.items for case in order.cases if not case.resolved_at]
        return CaseList(items=cases, next_cursor=found.next_cursor)

    async def resolve(self, call: Call) -> StaffOrderView:
        """Decide a case of the exceptions desk"""
        decided = call.body(Resolve)
        order = await handlers.resolve(
            call.path["id"], decided.decision, decided.note, orders=self.orders, actor=call.actor, now=utc_now()
        )
        return self._staff_view(order)

    async def compared_bills(self, call: Call) -> BillList:
        """The channels' bills that were compared with our ledgers, newest first"""
        found = await bills.newest(call.query(Search).cursor, bills=self.bills)
        items = [BillView.model_validate(each, from_attributes=True) for each in found.items]
        return BillList(items=items, next_cursor=found.next_cursor)

    async def wechat_notified(self, call: Call) -> None:
        """WeChat Pay tells of a payment or a refund"""
        if self.wechat is None:
            raise NotFound("channel")
        now = utc_now()
        told = self.wechat.read(call.request.headers, await call.request.read(), now)
        await handlers.received(told, orders=self.orders, now=now)

    async def _owned(self, call: Call) -> Order:
        return await handlers.owned(call.path["id"], _candidate(call.actor), orders=self.orders)

    async def _require_scope(self, call: Call, grant: str) -> None:
        """Who serves one point has no order of another's: the answer is the one for none."""
        if set(FINANCE) & set(call.actor.roles):
            return
        order = await self._owned(call)
        try:
            self.tokens.check_grant(grant, cash_resource(order.application_id, call.actor))
        except DomainError as error:
            raise NotFound("order") from error

    def _view(self, order: Order) -> OrderView:
        return OrderView.of(order, self.channels)

    def _staff_view(self, order: Order) -> StaffOrderView:
        return StaffOrderView.of(order, self.channels)


def routes(api: Api) -> list[Route]:
    """Every operation of the service."""
    both, candidate, staff = ("candidate", "staff"), ("candidate",), ("staff",)
    return [
        Route("GET", "/orders", api.of_application, both, FINANCE, query=OfApplication, returns=OrderView),
        Route("GET", "/orders/search", api.search, staff, FINANCE, query=Search, returns=OrderList),
        Route("GET", "/orders/{id}", api.read, both, FINANCE, returns=OrderView),
        Route("POST", "/orders/{id}/pay", api.pay, candidate, body=Pay, returns=PayView, idempotent=True),
        Route("POST", "/orders/{id}/query", api.query, both, FINANCE, returns=OrderView),
        Route("POST", "/orders/{id}/cash", api.cash, staff, CASHIERS, body=Cash, returns=StaffOrderView),
        Route("POST", "/orders/{id}/refund", api.refund, staff, FINANCE, body=Refund, returns=StaffOrderView),
        Route("GET", "/exceptions", api.exceptions, staff, FINANCE, query=Search, returns=CaseList),
        Route("POST", "/exceptions/{id}/resolve", api.resolve, staff, FINANCE, body=Resolve, returns=StaffOrderView),
        Route("GET", "/bills", api.compared_bills, staff, FINANCE, query=Search, returns=BillList),
        Route("POST", "/callbacks/wechat", api.wechat_notified, ()),
    ]


def _candidate(actor: Actor) -> str | None:
    """Whose orders the actor may see: a candidate his own, staff all."""
    return None if actor.kind == "staff" else actor.id
