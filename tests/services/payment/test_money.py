"""Generated lives of orders: whatever happens in whatever order, both ledgers end alike, no fen unaccounted for."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.payment.domain.order import Order, State
from services.payment.store import ORDERS
from shared.events.base import Event
from shared.events.payment import OrderPaid, OrderRefunded
from tests.services.payment.life import STEPS, Life, a_life
from tests.services.payment.support import money

EXAMPLES = int(os.environ.get("BAOKAO_TEST_EXAMPLES", "150"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=8, max_size=40))
async def test_ledger_equals_gateway(steps: list[str]) -> None:
    async with a_life() as life:
        for name in steps:
            await life.step(name)
            assert sum(each.state == "open" for each in (await life.orders.get(life.order_id)).attempts) <= 1
        order = await life.settle()
        cash = [each for each in order.ledger if each.channel == "onsite"]
        moves = life.provider.ledger.movements()
        theirs = [(each["kind"], each["reference"], each["amount_fen"]) for each in moves]
        assert money(order) == sorted(theirs + [(each.kind, each.reference, each.amount_fen) for each in cash])
        assert sum(each.amount_fen for each in cash if each.kind == "payment") == life.cash
        event(f"{order.state}; refunds {sorted({each.reason for each in order.refunds})}")
        _every_fen_is_accounted_for(order)
        await _events_match(life, order)


def _every_fen_is_accounted_for(order: Order) -> None:
    """A payment is the fee, is on its way back or back, or lies with a person."""
    kept = {order.paid_reference} if order.state in (State.PAID, State.REFUNDING, State.REFUNDED) else set()
    back = {each.payment_reference for each in order.refunds}
    desk = {each.reference for each in order.cases if each.resolved_at is None}
    payments = [each for each in order.ledger if each.kind == "payment"]
    assert len({each.reference for each in payments}) == len(payments)
    for payment in payments:
        assert payment.reference in kept | back | desk
    for refund in order.refunds:
        assert refund.state == "succeeded" or refund.refund_no in desk
    if order.state is State.PAID:
        assert order.paid_reference not in back
    assert order.state is not State.REFUNDING or order.needs_person


async def _events_match(life: Life, order: Order) -> None:
    """One OrderPaid per order that was ever paid; one OrderRefunded per refund that arrived."""
    document = await life.orders.store.get(ORDERS, order.id)
    assert document is not None
    told = [str(each) for each in document["outbox"]]
    refunds = [each for each in order.refunds if each.state == "succeeded"]
    assert sum(_is(each, OrderRefunded) for each in told) == len(refunds)
    assert sum(_is(each, OrderPaid) for each in told) == (1 if order.paid_reference else 0)


def _is(envelope: str, event: type[Event]) -> bool:
    return f'"type": "{event.TYPE}"' in envelope
