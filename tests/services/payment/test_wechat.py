"""Notifications of WeChat Pay: only what the platform signed, now, for us, has any effect (security.md 9)."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deploy.local.wechat_secrets import make_wechat_secrets
from deploy.local.wechat_wire import Wire, load_wire
from services.payment.domain.order import State
from tests.services.payment.support import FEE, Running, now

# Times the eight mutations; 1,250 make ten thousand (security.md 9).
TRIALS = int(os.environ.get("BAOKAO_TEST_TRIALS", "250"))
Notice = tuple[dict[str, str], bytes]
Mutation = Callable[[random.Random, Notice, Wire], Notice]

HEADERS = ("Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial")


def _drop_header(chance: random.Random, notice: Notice, _wire: Wire) -> Notice:
    gone = chance.choice(HEADERS)
    return {name: value for name, value in notice[0].items() if name != gone}, notice[1]


def _garble_header(chance: random.Random, notice: Notice, _wire: Wire) -> Notice:
    name = chance.choice(HEADERS)
    value = list(notice[0][name])
    place = chance.randrange(len(value))
    value[place] = chance.choice([c for c in "0123456789ABCDEFabcdef+/=-é²" if c != value[place]])
    return notice[0] | {name: "".join(value)}, notice[1]


def _strange_header(chance: random.Random, notice: Notice, _wire: Wire) -> Notice:
    strange = ["", "0", "-1", "9" * 400, "WECHATPAY/SIGNTEST/" + "A" * 344, "nan", "١٢٣", "../platform", "\t"]
    return notice[0] | {chance.choice(HEADERS): chance.choice(strange)}, notice[1]


def _change_byte(chance: random.Random, notice: Notice, _wire: Wire) -> Notice:
    body = bytearray(notice[1])
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return notice[0], bytes(body)


def _cut(chance: random.Random, notice: Notice, _wire: Wire) -> Notice:
    return notice[0], notice[1][: chance.randrange(len(notice[1]))]


def _other_time(chance: random.Random, notice: Notice, wire: Wire) -> Notice:
    """Signed by the platform, but six minutes or more away."""
    away = timedelta(minutes=chance.choice([-1, 1]) * chance.randint(6, 100_000))
    return wire.headers(notice[1], now() + away), notice[1]


def _replayed(chance: random.Random, notice: Notice, wire: Wire) -> Notice:
    """An old notification with a fresh time written over the signed one."""
    old = wire.headers(notice[1], now() - timedelta(days=chance.randint(1, 30)))
    return old | {"Wechatpay-Timestamp": notice[0]["Wechatpay-Timestamp"]}, notice[1]


def _signed(document: Any, wire: Wire) -> Notice:
    body = json.dumps(document).encode()
    return wire.headers(body, now()), body


def _resource(chance: random.Random, notice: Notice, wire: Wire) -> Notice:
    """Signed by the platform, but its resource does not open, or is not there."""
    document = json.loads(notice[1])
    name = chance.choice(["nonce", "associated_data", "ciphertext", "algorithm"])
    document["resource"][name] = chance.choice(["", "AAAA", "transactioN", 7, None, "é"])
    if chance.random() < 0.1:
        document = chance.choice([{}, [], None, "text", {"event_type": "TRANSACTION.SUCCESS", "resource": {}}])
    return _signed(document, wire)


MUTATIONS: dict[str, Mutation] = {
    "drop header": _drop_header,
    "garble header": _garble_header,
    "strange header": _strange_header,
    "change byte": _change_byte,
    "cut": _cut,
    "other time": _other_time,
    "replayed": _replayed,
    "resource": _resource,
}


async def _post(running: Running, notice: Notice) -> int:
    headers, body = notice
    url = running.server.make_url("/callbacks/wechat")
    async with running.http.post(url, data=body, headers=headers) as answer:
        return answer.status


async def _unpaid(running: Running) -> tuple[str, dict[str, Any]]:
    """An order, and what the platform will tell when it is paid."""
    order_id = await running.order()
    trade = running.trade(await running.pay(order_id))
    paid = running.simulator.ledger.pay(trade.code, now())
    return order_id, running.wire.told_trade(trade, paid)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_mutated_notifications_have_no_effect(running: Running, name: str) -> None:
    order_id, told = await _unpaid(running)
    before = await running.orders.get(order_id)
    await running.provider.close()  # a call to the provider would now be seen as 503
    chance = random.Random(name)
    body = running.wire.notice("TRANSACTION.SUCCESS", told, now())
    for _ in range(TRIALS):
        notice = running.wire.headers(body, now()), body
        mutated = MUTATIONS[name](chance, notice, running.wire)
        if mutated != notice:
            assert await _post(running, mutated) in (400, 401), mutated
    assert await running.orders.get(order_id) == before
    assert await _post(running, (running.wire.headers(body, now()), body)) == 204
    assert (await running.orders.get(order_id)).state is State.PAID


@pytest.mark.parametrize(
    "change",
    [
        {"mchid": "1900000002"},
        {"appid": "wx1111111111111111"},
        {"transaction_id": ""},
        {"success_time": None},
        {"success_time": "yesterday"},
        {"amount": None},
        {"amount": {"total": "much"}},
    ],
)
async def test_a_signed_notification_for_somebody_else_has_no_effect(running: Running, change: dict[str, Any]) -> None:
    order_id, told = await _unpaid(running)
    before = await running.orders.get(order_id)
    body = running.wire.notice("TRANSACTION.SUCCESS", told | change, now())
    assert await _post(running, (running.wire.headers(body, now()), body)) == 400
    assert await running.orders.get(order_id) == before


@pytest.mark.parametrize("amount", [{"total": FEE + 1, "currency": "CNY"}, {"total": FEE, "currency": "USD"}])
async def test_another_amount_never_pays_but_is_not_forgotten(running: Running, amount: dict[str, Any]) -> None:
    order_id, told = await _unpaid(running)
    body = running.wire.notice("TRANSACTION.SUCCESS", told | {"amount": amount}, now())
    assert await _post(running, (running.wire.headers(body, now()), body)) == 204
    order = await running.orders.get(order_id)
    assert (order.payable, order.paid_at, order.needs_person) == (True, None, True)
    assert [(each.amount_fen, each.currency) for each in order.ledger] == [(amount["total"], amount["currency"])]


async def test_an_order_that_is_not_ours_is_refused(running: Running) -> None:
    _, told = await _unpaid(running)
    for number in ("X" * 29, "A" * 26 + "001", "é", ""):
        body = running.wire.notice("TRANSACTION.SUCCESS", told | {"out_trade_no": number}, now())
        assert await _post(running, (running.wire.headers(body, now()), body)) == 404


async def test_notifications_that_tell_of_no_money_are_taken_note_of(running: Running) -> None:
    order_id, told = await _unpaid(running)
    body = running.wire.notice("TRANSACTION.SUCCESS", told | {"trade_state": "NOTPAY"}, now())
    assert await _post(running, (running.wire.headers(body, now()), body)) == 204
    assert (await running.orders.get(order_id)).state is State.AWAITING_PAYMENT


async def test_an_answer_of_the_provider_that_it_did_not_sign_is_not_believed(
    running: Running, tmp_path_factory: pytest.TempPathFactory
) -> None:
    order_id = await running.order()
    running.simulator.happen(running.trade(await running.pay(order_id)), "silent")
    stranger = load_wire(make_wechat_secrets(tmp_path_factory.mktemp("stranger")))
    real, running.simulator.wire = running.simulator.wire, replace(running.wire, private_key=stranger.private_key)
    await running.sweep(timedelta(minutes=1))
    assert (await running.orders.get(order_id)).state is State.AWAITING_PAYMENT
    running.simulator.wire = real
    await running.sweep(timedelta(minutes=2))
    assert (await running.agree(order_id)).state is State.PAID
