"""What only a broker has: headers that others can read, and consumers that come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiormq
import pytest

from deploy.local.child import free_port
from shared.bus import Message, Queue, topology
from shared.bus.rabbitmq import RabbitBus
from tests.support.messages import Inbox, Topic, consuming, refuse
from tests.support.waiting import settles

TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitBus]:
    async with RabbitBus.open(amqp_url, watch_s=0.2) as rabbit:
        yield rabbit


@pytest.fixture
async def channel(amqp_url: str) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    connection = await aiormq.connect(amqp_url)
    yield await connection.channel()
    await connection.close()


async def taken(channel: aiormq.abc.AbstractChannel, queue: str, *, no_ack: bool = True) -> aiormq.abc.DeliveredMessage:
    got: list[aiormq.abc.DeliveredMessage] = []

    async def there_is_one() -> bool:
        got.append(await channel.basic_get(queue, no_ack=no_ack))
        return isinstance(got[-1].delivery, aiormq.spec.Basic.GetOk)

    await settles(there_is_one)
    return got[-1]


async def test_events_are_cloudevents_on_the_wire(bus: RabbitBus, channel: aiormq.abc.AbstractChannel) -> None:
    topic = Topic()
    await bus.declare(topic.queue)
    sent = topic.message('{"a": 1}', traceparent=TRACE)
    await bus.publish([sent])
    got = await taken(channel, topic.queue.name)
    assert (got.exchange, got.routing_key, got.body) == ("baokao.events", topic.type, b'{"a": 1}')
    assert (got.header.properties.content_type, got.header.properties.delivery_mode) == ("application/json", 2)
    headers = dict(got.header.properties.headers or {})
    headers.pop("x-delivery-count", None)  # the broker's own
    assert headers == {
        "ce-specversion": "1.0",
        "ce-id": sent.id,
        "ce-type": topic.type,
        "ce-source": "test",
        "ce-subject": "s-1",
        "ce-time": sent.time,
        "traceparent": TRACE,
        "x-attempt": 1,
    }


async def test_a_dead_letter_carries_its_reason(bus: RabbitBus, channel: aiormq.abc.AbstractChannel) -> None:
    topic = Topic(delays=(0.05,))
    async with consuming(bus, topic.queue, Inbox(refuse)):
        sent = topic.message(traceparent=TRACE)
        await bus.publish([sent])
        got = await taken(channel, topology.dead(topic.queue.name))
    headers = got.header.properties.headers or {}
    assert headers["x-reason"] == "ValueError: cannot digest s-1"
    assert (headers["ce-id"], headers["x-attempt"], headers["traceparent"]) == (sent.id, 2, TRACE)


async def test_what_others_send_without_headers_is_handled_or_kept(
    bus: RabbitBus, channel: aiormq.abc.AbstractChannel
) -> None:
    topic, inbox = Topic(delays=()), Inbox(refuse)
    async with consuming(bus, topic.queue, inbox):
        await channel.basic_publish(b"stray", routing_key=topic.queue.name)
        await inbox.count(1)

        async def kept() -> bool:
            return len(await bus.dead_letters(topic.queue.name)) == 1

        assert await settles(kept)


async def test_a_consumer_whose_queue_was_deleted_declares_it_and_comes_back(
    bus: RabbitBus, channel: aiormq.abc.AbstractChannel
) -> None:
    topic, inbox = Topic(), Inbox()
    async with consuming(bus, topic.queue, inbox):
        await channel.queue_delete(topic.queue.name)

        async def routed_again() -> bool:
            return await bus.publish([topic.message()]) == [True]

        assert await settles(routed_again)
        await inbox.count(1)


async def test_a_consumer_that_silently_gets_nothing_subscribes_again(bus: RabbitBus) -> None:
    """The broker has forgotten the consumer, and on our side everything looks well."""
    topic, inbox = Topic(), Inbox()
    async with consuming(bus, topic.queue, inbox):
        await bus.publish([topic.message()])
        await inbox.count(1)
        [subscription] = bus._subscriptions
        link = subscription._link
        assert link is not None
        callback = link.channel.consumers[link.tag]
        await link.channel.basic_cancel(link.tag)
        link.channel.consumers[link.tag] = callback
        await bus.publish(topic.messages(3))
        await inbox.count(4)


async def test_a_lost_connection_is_made_again(bus: RabbitBus) -> None:
    topic, inbox = Topic(), Inbox()
    async with consuming(bus, topic.queue, inbox):
        for connection in (bus._publishing, bus._consuming):
            assert connection.transport is not None
            await connection.transport.connection.close()
        sent = topic.messages(5)

        async def confirmed() -> bool:
            return all(await bus.publish(sent))

        assert await settles(confirmed)
        await inbox.count(5)


async def test_the_broker_gives_nothing_up_without_us(bus: RabbitBus, channel: aiormq.abc.AbstractChannel) -> None:
    """A worker that dies with a message in hand again and again does not make the broker drop it."""
    topic = Topic()
    await bus.declare(topic.queue)
    await bus.publish([topic.message("survivor")])
    for _ in range(30):
        got = await channel.basic_get(topic.queue.name)
        assert got.delivery_tag is not None
        await channel.basic_nack(got.delivery_tag, requeue=True)
    assert (await taken(channel, topic.queue.name)).body == b"survivor"


async def test_a_message_whose_workers_die_is_put_off_and_at_last_given_up(
    bus: RabbitBus, channel: aiormq.abc.AbstractChannel
) -> None:
    topic, inbox = Topic(delays=(0.05,)), Inbox()
    await bus.declare(topic.queue)
    await bus.publish([topic.message()])

    async def die_five_times() -> None:
        for _ in range(5):
            got = await taken(channel, topic.queue.name, no_ack=False)
            await channel.basic_nack(got.delivery_tag or 0, requeue=True)

    await die_five_times()
    async with consuming(bus, topic.queue, inbox):
        [message] = await inbox.count(1)
    assert message.attempt == 2
    await bus.publish([message])
    await die_five_times()
    async with consuming(bus, topic.queue, inbox):

        async def kept() -> bool:
            return len(await bus.dead_letters(topic.queue.name)) == 1

        assert await settles(kept)
    assert len(inbox.got) == 1


async def test_a_failure_that_finds_no_delay_queue_keeps_its_message(
    bus: RabbitBus, channel: aiormq.abc.AbstractChannel
) -> None:
    failed = False

    async def fail_once(_: Message) -> None:
        nonlocal failed
        if not failed:
            failed = True
            raise ValueError("once")

    topic, inbox = Topic(delays=(0.05,)), Inbox(fail_once)
    async with consuming(bus, topic.queue, inbox):
        await channel.queue_delete(topology.delayed(topic.queue.name, 0.05))
        await bus.publish([topic.message()])
        await inbox.count(2)
    assert [message.attempt for message in inbox.got] == [1, 1]


async def test_errands_leave_no_channel_behind(bus: RabbitBus) -> None:
    queue = Queue(Topic().queue.name, ())
    await bus.declare(queue)
    transport = bus._consuming.transport
    assert transport is not None
    before = len(transport.connection.channels)
    for _ in range(20):
        await bus.depth(queue.name)
        with pytest.raises(aiormq.exceptions.ChannelNotFoundEntity):
            await bus.depth("test.no-such-queue")
    assert len(transport.connection.channels) == before


async def test_cancelling_the_caller_is_still_cancelling(bus: RabbitBus) -> None:
    topic = Topic()
    await bus.declare(topic.queue)
    task = asyncio.create_task(bus.publish(topic.messages(1000)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await bus.publish([topic.message()]) == [True]


async def test_opening_says_when_there_is_no_broker() -> None:
    with pytest.raises(TimeoutError):
        async with RabbitBus.open(f"amqp://guest:guest@127.0.0.1:{free_port()}/", start_timeout_s=0.5):
            raise AssertionError("there is no broker")
