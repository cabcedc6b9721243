"""One channel stands in for the other; a notice goes out once, a code rather twice than never."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest

from services.notify import wire
from services.notify.domain import Delivery
from services.notify.handlers import retention
from services.notify.store import DELIVERIES, OUTBOX, QUOTAS, TALLIES
from shared.store import Query
from tests.services.notify.conftest import PHONE, Providers, Running

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.3)


async def deliveries(running: Running) -> list[Delivery]:
    return (await running.desk.deliveries.find(Query())).items


def taken(providers: Providers) -> tuple[int, int]:
    return len(providers.aliyun.provider.taken), len(providers.tencent.provider.taken)


@pytest.mark.parametrize("behaviour", ["refuse", "throttle"])
async def test_a_refused_notice_goes_over_the_other_channel(
    behaviour: str, running: Running, providers: Providers
) -> None:
    providers.aliyun.provider.behaviour = behaviour  # type: ignore[assignment]
    await running.hear(running.registered())
    assert taken(providers) == (0, 1)
    (delivery,) = await deliveries(running)
    assert (delivery.state, delivery.channel) == ("sent", "tencent")


async def test_an_unanswered_notice_that_was_taken_is_found_and_not_sent_again(
    running: Running, providers: Providers
) -> None:
    providers.aliyun.provider.behaviour = "swallow"
    await running.hear(running.registered())
    assert [each.state for each in await deliveries(running)] == ["trying"]
    providers.aliyun.provider.behaviour = "fine"
    await running.sweep(MINUTE)
    await running.sweep(5 * MINUTE)
    (delivery,) = await deliveries(running)
    assert (delivery.state, delivery.due_at, delivery.to) == ("delivered", None, None)
    assert taken(providers) == (1, 0)


async def test_an_unanswered_notice_that_was_lost_goes_out_once_over_the_other_channel(
    running: Running, providers: Providers
) -> None:
    providers.aliyun.provider.behaviour = "lose"
    await running.hear(running.registered())
    await running.sweep(3 * MINUTE)
    await running.sweep(10 * MINUTE)
    assert taken(providers) == (0, 1)
    assert [each.channel for each in await deliveries(running)] == ["tencent"]


async def test_with_no_channel_a_notice_waits_longer_each_time_and_is_given_up_after_a_day(
    running: Running, providers: Providers
) -> None:
    for each in (providers.aliyun.provider, providers.tencent.provider):
        each.behaviour = "refuse"
    await running.hear(running.registered())
    for _ in range(60):
        await running.sweep(timedelta(minutes=30))
    (delivery,) = await deliveries(running)
    assert delivery.state == "undeliverable"
    assert delivery.reason
    assert providers.aliyun.provider.requests < 40


@pytest.mark.parametrize(("behaviour", "state"), [("fine", "delivered"), ("fail", "failed")])
async def test_the_delivery_report_reaches_the_delivery(
    behaviour: str, state: str, running: Running, providers: Providers
) -> None:
    providers.aliyun.provider.behaviour = behaviour  # type: ignore[assignment]
    await running.hear(running.registered())
    assert await running.codes(1) == (204, "")
    await running.sweep(2 * MINUTE)
    assert [each.state for each in await deliveries(running)] == [state, state]
    assert await running.sweep(timedelta(days=2)) == 0


async def test_without_a_report_it_stays_sent_and_is_asked_for_a_few_times_only(
    running: Running, providers: Providers
) -> None:
    await running.hear(running.registered())
    providers.aliyun.provider.taken.clear()
    asked = sum([await running.sweep(timedelta(hours=2)) for _ in range(40)])
    (delivery,) = await deliveries(running)
    assert (delivery.state, delivery.due_at) == ("sent", None)
    assert asked <= 5


@pytest.mark.parametrize("behaviour", ["refuse", "throttle", "lose", "swallow"])
async def test_a_code_goes_over_the_other_channel_at_once(
    behaviour: str, running: Running, providers: Providers
) -> None:
    providers.aliyun.provider.behaviour = behaviour  # type: ignore[assignment]
    assert await running.codes(1) == (204, "")
    (second,) = providers.tencent.provider.taken
    assert second.params == ["123456"]
    assert {tuple(each.params) for each in providers.aliyun.provider.taken} <= {("123456",)}


async def test_a_code_that_no_channel_took_is_an_error_and_one_that_may_be_there_is_not(
    running: Running, providers: Providers
) -> None:
    for each in (providers.aliyun.provider, providers.tencent.provider):
        each.behaviour = "refuse"
    assert await running.codes(1) == (503, "code.not_sent")
    running.now += MINUTE
    providers.tencent.provider.behaviour = "swallow"
    assert await running.codes(2) == (204, "")


async def test_the_same_code_asked_for_again_is_sent_once_and_counted_once(
    running: Running, providers: Providers
) -> None:
    for _ in range(3):
        assert await running.codes(1) == (204, "")
    answers = await asyncio.gather(*(running.codes(number, "13900000000") for number in range(2, 12)))
    assert [status for status, _ in answers].count(204) == 1
    assert taken(providers) == (2, 0)


async def test_a_code_interrupted_by_a_crash_can_be_asked_for_again_under_its_id(
    running: Running, providers: Providers
) -> None:
    assert await running.codes(1) == (204, "")
    async with running.desk.deliveries.edit("m1-code") as work:
        # As a crash leaves it that comes amid sending.
        work.state.state, work.state.due_at = "trying", None
    assert await running.codes(1) == (204, "")
    assert taken(providers) == (2, 0)
    assert {tuple(each.params) for each in providers.aliyun.provider.taken} == {("123456",)}


async def test_a_notice_interrupted_by_a_crash_is_asked_for_and_not_sent_again(
    running: Running, providers: Providers
) -> None:
    await running.hear(running.registered())
    (delivery,) = await deliveries(running)
    async with running.desk.deliveries.edit(delivery.id) as work:
        work.state.state, work.state.due_at, work.state.sent_at = "trying", running.now, None
    await running.sweep(MINUTE)
    assert taken(providers) == (1, 0)
    assert [each.state for each in await deliveries(running)] == ["delivered"]


async def test_neither_number_nor_code_stands_in_what_is_kept(running: Running, providers: Providers) -> None:
    await running.hear(running.registered())
    providers.aliyun.provider.behaviour = "swallow"
    assert await running.codes(1, code="987612") == (204, "")
    for collection in (DELIVERIES, QUOTAS):
        text = json.dumps((await running.store.find(collection, Query())).documents)
        assert PHONE not in text
        assert "987612" not in text


async def test_all_of_it_is_forgotten_in_time(running: Running, providers: Providers) -> None:
    await running.hear(running.registered())
    assert await running.codes(1) == (204, "")
    running.now += timedelta(days=1, minutes=1)
    await retention.forget(desk=running.desk)
    assert await running.store.count(QUOTAS, {}) == 0
    assert await running.store.count(DELIVERIES, {}) == 2
    running.now += timedelta(days=180)
    await retention.forget(desk=running.desk)
    assert [await running.store.count(each, {}) for each in (DELIVERIES, OUTBOX, TALLIES)] == [0, 0, 0]
