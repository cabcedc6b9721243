"""What every bus promises, on the embedded one (in memory, on disk) and on a real RabbitMQ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from shared.bus import Bus, Message, Queue
from shared.bus.local import LocalBus
from shared.bus.rabbitmq import RabbitBus
from tests.support.waiting import WITHIN_S, settles

ADAPTERS = ("local-memory", "local-disk", "rabbitmq")


@pytest.fixture(params=ADAPTERS)
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    if request.param == "rabbitmq":
        async with RabbitBus.open(request.getfixturevalue("amqp_url")) as rabbit:
            yield rabbit
    else:
        path = ":memory:" if request.param == "local-memory" else tmp_path / "bus.sqlite"
        async with LocalBus.open(path) as local:
            yield local


class Topic:
    """A queue and an event type that no other test uses."""

    def __init__(self, prefetch: int = 32, delays: tuple[float, ...] = (0.05, 0.1)) -> None:
        self.type = f"test.happened_{uuid4().hex}.v1"
        self.queue = self.another(prefetch, delays)

    def another(self, prefetch: int = 32, delays: tuple[float, ...] = (0.05, 0.1)) -> Queue:
        return Queue(f"test.{uuid4().hex}", (self.type,), prefetch, delays)

    def message(self, body: str = "{}", subject: str = "s-1", traceparent: str = "") -> Message:
        time = "2026-06-01T08:00:00+08:00"
        return Message(uuid4().hex, self.type, "test", subject, time, body.encode(), traceparent)

    def messages(self, count: int) -> list[Message]:
        return [self.message(str(number)) for number in range(count)]


class Inbox:
    """A handler that remembers, and a way to wait for it."""

    def __init__(self, then: Callable[[Message], Awaitable[None]] | None = None) -> None:
        self.got: list[Message] = []
        self._then = then
        self._changed = asyncio.Condition()

    async def __call__(self, message: Message) -> None:
        async with self._changed:
            self.got.append(message)
            self._changed.notify_all()
        if self._then:
            await self._then(message)

    @property
    def bodies(self) -> list[str]:
        return [message.body.decode() for message in self.got]

    async def count(self, number: int) -> list[Message]:
        async with asyncio.timeout(WITHIN_S), self._changed:
            await self._changed.wait_for(lambda: len(self.got) >= number)
        return self.got


@asynccontextmanager
async def consuming(bus: Bus, queue: Queue, handler: Inbox) -> AsyncIterator[None]:
    subscription = await bus.subscribe(queue, handler)
    try:
        yield
    finally:
        await subscription.close()


async def refuse(message: Message) -> None:
    raise ValueError(f"cannot digest {message.subject}")


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


async def test_a_failure_is_tried_again_later_with_the_attempt_counted(bus: Bus) -> None:
    async def third_time_lucky(message: Message) -> None:
        if message.attempt < 3:
            raise ValueError("not yet")

    topic, inbox = Topic(delays=(0.05, 0.1)), Inbox(third_time_lucky)
    async with consuming(bus, topic.queue, inbox):
        sent = topic.message()
        await bus.publish([sent])
        await inbox.count(3)
        assert [m.attempt for m in inbox.got] == [1, 2, 3]
        assert {(m.id, m.body, m.time) for m in inbox.got} == {(sent.id, sent.body, sent.time)}
    assert await bus.dead_letters(topic.queue.name) == []


async def test_a_delayed_message_is_not_delivered_before_its_time(bus: Bus) -> None:
    loop, times = asyncio.get_running_loop(), list[float]()

    async def fail_once(message: Message) -> None:
        times.append(loop.time())
        if message.attempt == 1:
            raise ValueError("once")

    topic, inbox = Topic(delays=(0.5,)), Inbox(fail_once)
    async with consuming(bus, topic.queue, inbox):
        await bus.publish([topic.message()])
        await inbox.count(2)
    assert times[1] - times[0] >= 0.45


async def test_poison_is_isolated_and_the_innocent_are_delivered(bus: Bus) -> None:
    async def choke(message: Message) -> None:
        if message.subject == "poison":
            raise ValueError("cannot digest 11010519491231002X")

    topic, inbox = Topic(prefetch=10), Inbox(choke)
    poison = [topic.message(f"p{number}", subject="poison") for number in range(3)]
    innocent = topic.messages(40)
    async with consuming(bus, topic.queue, inbox):
        await bus.publish([*innocent[:20], *poison, *innocent[20:]])
        await inbox.count(40 + 3 * 3)
        assert await settles(lambda: _count(bus, topic.queue, 3))
    letters = await bus.dead_letters(topic.queue.name)
    assert {letter.message.id for letter in letters} == {message.id for message in poison}
    assert {letter.queue for letter in letters} == {topic.queue.name}
    assert {letter.reason for letter in letters} == {"ValueError: cannot digest [redacted]"}
    handled = [m.id for m in inbox.got if m.subject != "poison"]
    assert sorted(handled) == sorted(m.id for m in innocent)
    assert await bus.depth(topic.queue.name) == 0


async def test_looking_at_dead_letters_takes_none_away(bus: Bus) -> None:
    topic, inbox = Topic(delays=()), Inbox(refuse)
    async with consuming(bus, topic.queue, inbox):
        sent = topic.messages(5)
        await bus.publish(sent)
        assert await settles(lambda: _count(bus, topic.queue, 5))
    assert len(await bus.dead_letters(topic.queue.name, limit=2)) == 2
    for _ in range(3):
        assert await settles(lambda: _count(bus, topic.queue, 5))


async def test_a_dead_letter_is_replayed_once_and_as_new(bus: Bus) -> None:
    healthy = False

    async def work(message: Message) -> None:
        if not healthy:
            await refuse(message)

    topic, inbox = Topic(delays=(0.05,)), Inbox(work)
    one, two = topic.messages(2)
    async with consuming(bus, topic.queue, inbox):
        await bus.publish([one, two])
        assert await settles(lambda: _count(bus, topic.queue, 2))
        healthy = True
        assert await bus.replay(topic.queue.name, two.id)
        await inbox.count(5)
        assert (inbox.got[-1].id, inbox.got[-1].attempt) == (two.id, 1)
        assert await settles(lambda: _count(bus, topic.queue, 1))
        assert not await bus.replay(topic.queue.name, two.id)
        assert not await bus.replay(topic.queue.name, "unknown")
    assert [letter.message.id for letter in await bus.dead_letters(topic.queue.name)] == [one.id]


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


async def test_ping_answers(bus: Bus) -> None:
    await asyncio.wait_for(bus.ping(), WITHIN_S)


async def _yield(_: Message) -> None:
    await asyncio.sleep(0.001)


async def _is(depth: Awaitable[int], wanted: int) -> bool:
    return await depth == wanted


async def _is_now(fact: bool) -> bool:
    return fact


async def _count(bus: Bus, queue: Queue, dead: int) -> bool:
    return len(await bus.dead_letters(queue.name)) == dead
