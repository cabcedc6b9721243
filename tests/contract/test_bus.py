"""What every bus promises, on the embedded one (in memory, on disk) and on a real RabbitMQ."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from shared.bus import Bus, Message
from tests.support.messages import Inbox, Topic, consuming
from tests.support.waiting import settles


async def test_what_is_published_is_delivered_whole(bus: Bus) -> None:
    topic, inbox = Topic(), Inbox()
    sent = topic.message('{"village": "𠮷野家 㐂 ß"}', subject="应用-1", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    async with consuming(bus, topic.queue, inbox):
        assert await bus.publish([sent]) == [True]
        assert await inbox.count(1) == [sent]


async def test_each_queue_bound_to_the_type_gets_its_own_copy(bus: Bus) -> None:
    topic, one, two = Topic(), Inbox(), Inbox()
    async with consuming(bus, topic.queue, one), consuming(bus, topic.another(), two):
        sent = topic.messages(20)
        assert await bus.publish(sent) == [True] * 20
        assert {m.id for m in await one.count(20)} == {m.id for m in sent}
        assert {m.id for m in await two.count(20)} == {m.id for m in sent}


async def test_a_queue_gets_only_the_types_it_is_bound_to(bus: Bus) -> None:
    wanted, other, inbox, elsewhere = Topic(), Topic(), Inbox(), Inbox()
    async with consuming(bus, wanted.queue, inbox), consuming(bus, other.queue, elsewhere):
        await bus.publish([other.message("other"), wanted.message("wanted")])
        await inbox.count(1)
        await elsewhere.count(1)
    assert (inbox.bodies, elsewhere.bodies) == (["wanted"], ["other"])


async def test_a_message_nobody_is_bound_to_is_not_confirmed_and_spoils_no_other(bus: Bus) -> None:
    topic, nobody = Topic(), Topic()
    await bus.declare(topic.queue)
    sent = [topic.message(), nobody.message(), topic.message(), nobody.message()]
    assert await bus.publish(sent) == [True, False, True, False]
    assert await bus.depth(topic.queue.name) == 2


async def test_the_same_event_may_be_sent_twice_at_once(bus: Bus) -> None:
    topic, nobody = Topic(), Topic()
    await bus.declare(topic.queue)
    twice, lost = topic.message(), nobody.message()
    assert await bus.publish([twice, twice, lost, lost]) == [True, True, False, False]


async def test_publishing_nothing_is_nothing(bus: Bus) -> None:
    assert await bus.publish([]) == []


async def test_messages_wait_for_a_consumer(bus: Bus) -> None:
    topic, inbox = Topic(), Inbox()
    await bus.declare(topic.queue)
    await bus.declare(topic.queue)
    await bus.publish(topic.messages(5))
    assert await bus.depth(topic.queue.name) == 5
    async with consuming(bus, topic.queue, inbox):
        await inbox.count(5)
    assert await bus.depth(topic.queue.name) == 0


async def test_no_more_than_prefetch_are_in_hand(bus: Bus) -> None:
    topic, gate = Topic(prefetch=3), asyncio.Event()
    at_work = most = 0

    async def work(_: Message) -> None:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await gate.wait()
        at_work -= 1

    inbox = Inbox(work)
    async with consuming(bus, topic.queue, inbox):
        await bus.publish(topic.messages(10))
        await inbox.count(3)
        assert await settles(lambda: _is(bus.depth(topic.queue.name), 7))
        assert len(inbox.got) == 3
        gate.set()
        await inbox.count(10)
    assert most == 3


async def test_with_prefetch_one_the_order_is_kept(bus: Bus) -> None:
    topic, inbox = Topic(prefetch=1), Inbox()
    async with consuming(bus, topic.queue, inbox):
        await bus.publish(topic.messages(450))
        await inbox.count(450)
    assert inbox.bodies == [str(number) for number in range(450)]


async def test_closing_a_subscription_finishes_and_acknowledges_what_is_in_hand(bus: Bus) -> None:
    topic, gate, finished = Topic(prefetch=4), asyncio.Event(), list[str]()

    async def work(message: Message) -> None:
        await gate.wait()
        finished.append(message.id)

    inbox, rest = Inbox(work), Inbox()
    subscription = await bus.subscribe(topic.queue, inbox)
    await bus.publish(topic.messages(10))
    await inbox.count(4)
    closing = asyncio.create_task(subscription.close())
    await asyncio.wait({closing}, timeout=0.1)
    assert not closing.done()
    gate.set()
    await closing
    assert sorted(finished) == sorted(m.id for m in inbox.got)
    async with consuming(bus, topic.queue, rest):
        await rest.count(10 - len(finished))
    assert not {m.id for m in rest.got} & set(finished)
    assert await bus.depth(topic.queue.name) == 0


async def test_two_consumers_share_a_queue(bus: Bus) -> None:
    topic, one, two = Topic(prefetch=2), Inbox(_yield), Inbox(_yield)
    async with consuming(bus, topic.queue, one), consuming(bus, topic.queue, two):
        sent = topic.messages(60)
        await bus.publish(sent)
        assert await settles(lambda: _is_now(len(one.got) + len(two.got) >= 60))
    assert sorted(m.id for m in one.got + two.got) == sorted(m.id for m in sent)
    assert one.got
    assert two.got


async def test_a_slow_message_holds_up_no_other(bus: Bus) -> None:
    gate = asyncio.Event()

    async def work(message: Message) -> None:
        if message.subject == "slow":
            await gate.wait()

    topic, inbox = Topic(prefetch=8), Inbox(work)
    async with consuming(bus, topic.queue, inbox):
        await bus.publish([topic.message(subject="slow"), *topic.messages(50)])
        await inbox.count(51)
        gate.set()
    assert await bus.depth(topic.queue.name) == 0


async def test_a_handler_may_publish(bus: Bus) -> None:
    first, second, outbox = Topic(), Topic(), Inbox()

    async def pass_on(message: Message) -> None:
        assert await bus.publish([second.message(message.body.decode())]) == [True]

    async with consuming(bus, second.queue, outbox), consuming(bus, first.queue, Inbox(pass_on)):
        await bus.publish(first.messages(30))
        await outbox.count(30)
    assert sorted(map(int, outbox.bodies)) == list(range(30))


async def _yield(_: Message) -> None:
    await asyncio.sleep(0.001)


async def _is(depth: Awaitable[int], wanted: int) -> bool:
    return await depth == wanted


async def _is_now(fact: bool) -> bool:
    return fact
