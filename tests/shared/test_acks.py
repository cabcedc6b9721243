"""Acknowledging in multiples never reaches a delivery that is still in hand."""

from __future__ import annotations

import asyncio
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.acks import Acks, split
from tests.support.waiting import settles


class Channel:
    """The broker's side of a channel: which deliveries are outstanding. A wrong tag is a channel error."""

    def __init__(self) -> None:
        self.outstanding: set[int] = set()
        self.acknowledged: set[int] = set()
        self.frames = 0

    async def ack(self, tag: int, multiple: bool) -> None:
        await asyncio.sleep(0)
        covered = {each for each in self.outstanding if each <= tag} if multiple else {tag}
        assert covered <= self.outstanding, "unknown delivery tag"
        assert covered, "unknown delivery tag"
        self.outstanding -= covered
        self.acknowledged |= covered
        self.frames += 1


@given(st.sets(st.integers(1, 30)), st.integers(1, 31))
def test_split_parts_what_is_finished_at_the_oldest_in_hand(done: set[int], oldest: int) -> None:
    done.discard(oldest)
    upto, rest = split(list(done), oldest)
    assert upto == max((tag for tag in done if tag < oldest), default=None)
    assert rest == sorted(tag for tag in done if tag > oldest)


@given(st.integers(0, 2**32), st.integers(1, 12), st.integers(1, 16))
def test_in_any_order_each_is_acknowledged_once_and_none_early(seed: int, every: int, prefetch: int) -> None:
    acknowledged, finished = asyncio.run(_random_run(Random(seed), every, prefetch))
    assert acknowledged == finished


async def _random_run(random: Random, every: int, prefetch: int) -> tuple[set[int], set[int]]:
    """What was acknowledged and what was finished, after deliveries that end in any order."""
    channel, in_hand, tag, finished = Channel(), set[int](), 0, set[int]()
    acks = Acks(channel.ack, every)
    for _ in range(120):
        if len(in_hand) < prefetch and random.random() < 0.6:
            tag += 1
            channel.outstanding.add(tag)
            in_hand.add(tag)
            acks.taken(tag)
        elif in_hand:
            one = random.choice(sorted(in_hand))
            in_hand.remove(one)
            finished.add(one)
            acks.done(one)
        if random.random() < 0.3:
            await asyncio.sleep(0)
        assert channel.acknowledged <= finished
    await acks.flush()
    return channel.acknowledged, finished


async def test_a_lone_delivery_is_acknowledged_soon() -> None:
    channel = Channel()
    acks = Acks(channel.ack, every=100)
    channel.outstanding.add(1)
    acks.taken(1)
    acks.done(1)

    async def acknowledged() -> bool:
        return channel.acknowledged == {1}

    assert await settles(acknowledged)


async def test_many_are_acknowledged_with_few_frames() -> None:
    channel = Channel()
    acks = Acks(channel.ack, every=50)
    for tag in range(1, 202):
        channel.outstanding.add(tag)
        acks.taken(tag)
    for tag in range(1, 201):
        acks.done(tag)
    await acks.flush()
    assert channel.acknowledged == set(range(1, 201))
    assert channel.frames == 4
