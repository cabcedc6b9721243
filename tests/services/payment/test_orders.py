"""Rules of the order alone: numbers, times, what revives and what does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payment.domain import lifetime, paying, refunding
from services.payment.domain.order import Order, Payment, State, order_id_of, trade_number
from shared.errors import DomainError, NotFound
from shared.events.base import Event
from shared.events.payment import OrderClosed, OrderCreated, OrderPaid
from tests.services.payment.support import FEE, submitted, withdrawn

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
END = START + timedelta(days=30)
LIFE = timedelta(minutes=30)


def an_order(amount_fen: int = FEE) -> Order:
    event = submitted("application", amount_fen=amount_fen).model_copy(update={"occurred_at": START})
    order, events = lifetime.create(event, END, START)
    assert kinds(events) == [OrderCreated]
    return order


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(each) for each in events]


def paid(order: Order, reference: str = "t1", amount_fen: int = FEE) -> Payment:
    number = order.attempts[-1].out_trade_no
    return Payment(reference, number, "wechat", amount_fen, "CNY", START)


@given(order_id=st.binary(min_size=16, max_size=16).map(bytes.hex), count=st.integers(1, 999))
def test_a_trade_number_names_its_order_and_pleases_the_provider(order_id: str, count: int) -> None:
    number = trade_number(order_id, count)
    assert len(number) <= 32 and number.isascii() and number.isalnum()
    assert order_id_of(number) == order_id


@pytest.mark.parametrize("number", ["", "001", "!" * 29, "é" * 29, "a" * 29, "A" * 25 + "1001"])
def test_strange_numbers_name_no_order(number: str) -> None:
    with pytest.raises(NotFound):
        order_id_of(number)


def test_an_application_has_one_order_for_ever() -> None:
    assert lifetime.order_id_for("a") == lifetime.order_id_for("a") != lifetime.order_id_for("b")


def test_a_code_never_outlives_the_order() -> None:
    order = an_order()
    attempt = paying.begin(order, "wechat", LIFE, END - timedelta(minutes=10))
    assert attempt.expires_at == END
    with pytest.raises(DomainError, match=r"order\.not_payable"):
        paying.begin(an_order(), "wechat", LIFE, END)


def test_a_lapsed_code_leaves_the_order_payable_and_the_next_has_another_number() -> None:
    order = an_order()
    first = paying.begin(order, "wechat", LIFE, START)
    assert paying.outdated(order, "wechat", START + LIFE) is first
    paying.attempt_closed(order, first.out_trade_no, START + LIFE)
    assert (order.state, order.live, order.due_at) == (State.CREATED, None, END)
    second = paying.begin(order, "wechat", LIFE, START + LIFE)
    assert (order.state, second.out_trade_no != first.out_trade_no) == (State.AWAITING_PAYMENT, True)


def test_money_for_a_lapsed_code_still_pays_an_order_that_is_open() -> None:
    order = an_order()
    first = paying.begin(order, "wechat", LIFE, START)
    paying.attempt_closed(order, first.out_trade_no, START + LIFE)
    late = paid(order)
    paying.begin(order, "wechat", LIFE, START + LIFE)
    assert kinds(paying.receive(order, late, START + LIFE)) == [OrderPaid]
    # The other code must not be paid as well: the sweep closes it at once.
    assert order.live is not None and order.due_at == START + LIFE


def test_a_new_amount_makes_the_old_code_useless_and_old_money_an_exception() -> None:
    order = an_order()
    paying.begin(order, "wechat", LIFE, START)
    again = submitted("application", amount_fen=FEE + 1000)
    event = again.model_copy(update={"occurred_at": START + timedelta(minutes=1), "resubmitted": True})
    assert kinds(lifetime.renew(order, event, END, START)) == [OrderCreated]
    assert paying.outdated(order, "wechat", START) is order.live
    with pytest.raises(DomainError, match=r"order\.channel_busy"):
        paying.begin(order, "wechat", LIFE, START)
    paying.receive(order, paid(order), START)
    assert (order.payable, order.needs_person, order.amount_fen) == (True, True, FEE + 1000)


def test_an_older_submission_and_a_withdrawn_application_change_nothing() -> None:
    order = an_order()
    older = submitted("application", amount_fen=1).model_copy(update={"occurred_at": START - timedelta(minutes=1)})
    assert lifetime.renew(order, older, END, START) == []
    gone = lifetime.withdrawn_unseen(withdrawn("application"), START)
    newer = submitted("application").model_copy(update={"occurred_at": END})
    assert lifetime.renew(gone, newer, END, START) == []
    assert (order.amount_fen, gone.state, gone.due_at) == (FEE, State.CLOSED, None)


def test_an_order_that_lapsed_revives_when_its_application_is_submitted_again() -> None:
    order = an_order()
    assert kinds(lifetime.lapse(order, END)) == [OrderClosed]
    event = submitted("application").model_copy(update={"occurred_at": END, "resubmitted": True})
    assert kinds(lifetime.renew(order, event, END + timedelta(days=1), END)) == [OrderCreated]
    assert order.payable


def test_a_paid_order_is_left_alone_by_time_and_resubmission() -> None:
    order = an_order()
    paying.begin(order, "wechat", LIFE, START)
    paying.receive(order, paid(order), START)
    before = replace(order)
    event = submitted("application", amount_fen=1).model_copy(update={"occurred_at": END, "resubmitted": True})
    assert lifetime.renew(order, event, END, END) == lifetime.lapse(order, END) == []
    assert (order.state, order.amount_fen, order.due_at) == (before.state, FEE, None)


def test_a_refund_is_asked_for_ten_times_and_then_a_person_is_told() -> None:
    order = an_order()
    paying.begin(order, "wechat", LIFE, START)
    paying.receive(order, paid(order), START)
    refunding.refund_whole(order, "staff", "staff-1", START)
    number = order.refunds[0].refund_no
    told = [refunding.refund_waits(order, number, START) for _ in range(12)]
    assert [len(each) for each in told] == [0] * 10 + [1, 0]
    assert (order.refund(number).state, order.needs_person, order.due_at) == ("stuck", True, None)
    # The provider did it after all: the case is closed by itself.
    refunding.refund_done(order, number, START, START)
    assert (order.state, order.needs_person) == (State.REFUNDED, False)


def test_no_payment_is_refunded_twice() -> None:
    order = an_order()
    paying.begin(order, "wechat", LIFE, START)
    paying.receive(order, paid(order), START)
    refunding.refund_whole(order, "staff", "staff-1", START)
    with pytest.raises(DomainError, match=r"order\.not_paid"):
        refunding.refund_whole(order, "staff", "staff-1", START)
    with pytest.raises(DomainError, match=r"order\.not_refundable"):
        refunding.refund_payment(order, "t1", "staff", START)


def test_a_code_that_nobody_scans_is_asked_after_ever_less_often() -> None:
    order = an_order()
    attempt = paying.begin(order, "wechat", LIFE, START)
    asked: list[datetime] = []
    late: list[float] = []
    while attempt.check_at and attempt.check_at < attempt.expires_at:
        now = attempt.check_at
        late.append((now - (asked[-1] if asked else START)) / (now - START))
        asked.append(now)
        paying.not_paid(order, attempt.out_trade_no, now)
        assert paying.just_asked(attempt, now) and not paying.just_asked(attempt, now + timedelta(seconds=3))
    assert [(at - START).seconds for at in asked[:4]] == [30, 60, 90, 135]
    assert len(asked) == 10 and attempt.check_at == attempt.expires_at, "it is closed as soon as it lapses"
    # However long it took to pay, that is known after half as long again.
    assert max(late[2:]) <= 0.34


@pytest.mark.parametrize("why", ["withdrawn", "lapsed", "other amount"])
def test_what_must_be_closed_is_tried_again_soon_however_old_it_is(why: str) -> None:
    order, now = an_order(), START + timedelta(minutes=20)
    attempt = paying.begin(order, "wechat", LIFE, START)
    if why == "withdrawn":
        lifetime.withdraw(order, now, now, refund=True)
    elif why == "lapsed":
        now = attempt.expires_at
    else:
        order.amount_fen += 1
    paying.not_paid(order, attempt.out_trade_no, now)
    assert attempt.check_at == now + paying.ASK_AFTER
