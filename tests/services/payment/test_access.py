"""Who may do what: every operation with everybody who may not."""

from __future__ import annotations

import pytest

from shared.events.base import new_id
from shared.tokens import Actor
from tests.services.payment.support import CANDIDATE, OTHER, PROGRAMME, Running

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


@pytest.mark.parametrize("path", ["/orders/{}", "/orders/{}/query"])
@pytest.mark.parametrize("strange", ["0" * 32, "x", "..", "%00", "é"])
async def test_an_order_that_is_not_there_answers_as_one_of_somebody_else(
    running: Running, path: str, strange: str
) -> None:
    status, told = await running.call("POST" if "query" in path else "GET", path.format(strange))
    assert (status, told["code"]) in ((404, "order.not_found"), (404, "http.404"), (405, "http.405"))
