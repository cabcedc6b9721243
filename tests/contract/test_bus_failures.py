"""What every bus does with what cannot be handled: later, counted, kept with the reason, replayed."""

from __future__ import annotations

import asyncio

from shared.bus import Bus, Message, Queue
from tests.support.messages import Inbox, Topic, consuming, refuse
from tests.support.waiting import settles


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


async def _count(bus: Bus, queue: Queue, dead: int) -> bool:
    return len(await bus.dead_letters(queue.name)) == dead
