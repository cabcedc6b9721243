"""Who may do what: every operation with everybody who may not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.events.base import new_id
from shared.tokens import Actor
from tests.services.payment.support import CANDIDATE, FINANCE, OTHER, PROGRAMME, Running

REVIEWER = Actor("staff", "staff-2", roles=("reviewer", "school", "admin"))
ANONYMOUS = Actor("anonymous", "candidate-1", PROGRAMME)
SERVICE = Actor("service", "gateway")

PAY = {"channel": "wechat"}
CASH = {"amount_fen": 3000, "receipt": "A-1"}
RESOLVE = {"decision": "accept"}

OF_CANDIDATES = [
    ("GET", "/orders?application_id={application}", None),
    ("GET", "/orders/{order}", None),
    ("POST", "/orders/{order}/query", None),
    ("POST", "/orders/{order}/pay", PAY),
]
OF_FINANCE = [
    ("GET", "/orders/search", None),
    ("GET", "/exceptions", None),
    ("GET", "/bills", None),
    ("POST", "/orders/{order}/refund", None),
    ("POST", "/orders/{order}/cash", CASH),
    ("POST", "/exceptions/{order}-1/resolve", RESOLVE),
]


@pytest.mark.parametrize(
    ("actor", "operations", "expected"),
    [
        (OTHER, OF_CANDIDATES, 404),
        (None, OF_CANDIDATES + OF_FINANCE, 401),
        (ANONYMOUS, OF_CANDIDATES + OF_FINANCE, 403),
        (SERVICE, OF_CANDIDATES + OF_FINANCE, 403),
        (REVIEWER, OF_CANDIDATES + OF_FINANCE, 403),
        (CANDIDATE, OF_FINANCE, 403),
    ],
)
async def test_everybody_else_is_refused_and_nothing_changes(
    running: Running, actor: Actor | None, operations: list[tuple[str, str, dict[str, object] | None]], expected: int
) -> None:
    order_id = await running.order()
    before = await running.orders.get(order_id)
    for method, path, body in operations:
        address = path.format(order=order_id, application=before.application_id)
        status, told = await running.call(method, address, actor, body=body, key=new_id())
        assert (status, order_id in str(told)) == (expected, False), address
    assert await running.orders.get(order_id) == before


CLERK = Actor("staff", "clerk-1", roles=("point",), scope={"schools": ["140106002"]})


async def test_a_clerk_takes_cash_only_with_the_word_that_the_file_is_of_his_point(running: Running) -> None:
    order_id = await running.order()
    application = (await running.orders.get(order_id)).application_id
    grant = running.tokens.grant
    strange = [
        "",
        "x",
        grant(f"upload:{application}"),
        grant(f"cash:{application}:clerk-2"),
        grant(f"cash:{new_id()}:clerk-1"),
        grant(f"cash:{application}:clerk-1", datetime.now(UTC) - timedelta(hours=1)),
    ]
    for each in strange:
        status, told = await running.call("POST", f"/orders/{order_id}/cash", CLERK, body={**CASH, "grant": each})
        assert (status, told["code"]) == (404, "order.not_found")
    assert not (await running.orders.get(order_id)).ledger
    good = {**CASH, "grant": grant(f"cash:{application}:clerk-1")}
    status, told = await running.call("POST", f"/orders/{order_id}/cash", CLERK, body=good)
    assert (status, told["order"]["state"]) == (200, "paid")


async def test_a_refund_says_why_and_pressed_twice_happens_once(running: Running) -> None:
    order_id = await running.order()
    await running.call("POST", f"/orders/{order_id}/cash", FINANCE, body=CASH)
    for empty in ({}, {"reason": ""}, {"reason": "  "}):
        assert (await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body=empty))[0] == 400
    for _ in range(3):
        status, _ = await running.call("POST", f"/orders/{order_id}/refund", FINANCE, body={"reason": "重病"})
        assert status == 200
    order = await running.orders.get(order_id)
    assert len(order.refunds) == 1
    assert [line.detail for line in order.history if line.what == "refund_explained"] == ["重病"]


@pytest.mark.parametrize("path", ["/orders/{}", "/orders/{}/query"])
@pytest.mark.parametrize("strange", ["0" * 32, "x", "..", "%00", "é"])
async def test_an_order_that_is_not_there_answers_as_one_of_somebody_else(
    running: Running, path: str, strange: str
) -> None:
    status, told = await running.call("POST" if "query" in path else "GET", path.format(strange))
    assert (status, told["code"]) in ((404, "order.not_found"), (404, "http.404"), (405, "http.405"))
