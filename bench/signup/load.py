"""Open arrivals, a crowd for vision, and what the processes of an installation cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil

from bench.signup.candidate import Inline, Visitor, World
from shared import telemetry
from shared.bus import Bus, Message
from shared.events.base import new_id
from shared.events.registration import IdentityCheckRequested


async def arrivals(world: World, *, per_second: float, seconds: float, first: int) -> None:
    """Candidates come at a fixed rate whatever the answers take; returns when the last one is through."""
    loop = asyncio.get_running_loop()
    start, people = loop.time(), []
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(0.0, start + number / per_second - loop.time()))
        people.append(asyncio.create_task(Visitor(world, first + number).sign_up()))
    await asyncio.gather(*people)


def distinct(jpeg: bytes, number: int) -> bytes:
    """The same picture as other bytes (a comment segment after the start), so that no remembered answer fits."""
    comment = number.to_bytes(8, "big")
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]


async def crowd_inside(world: World, inside: Inline, *, per_second: float, seconds: float) -> None:
    """The checks that `crowd` puts into the lane, here as other people's requests that wait for the same worker."""
    async with asyncio.TaskGroup() as requests:
        for number in range(int(per_second * seconds)):
            requests.create_task(inside(distinct(world.card.jpeg, 1_000_000 + number), world.portrait))
            await asyncio.sleep(1 / per_second)


async def crowd(bus: Bus, *, card_keys: Sequence[str], portrait_key: str) -> None:
    """Put identity checks of nobody into the sign-up lane, so that vision has no idle moment."""
    now = datetime.now(UTC)
    events = [
        IdentityCheckRequested(
            subject=new_id(),
            occurred_at=now,
            application_id=new_id(),
            programme="qualification-2024",
            card_key=card_key,
            portrait_key=portrait_key,
            deadline=now + timedelta(hours=1),
        )
        for card_key in card_keys
    ]
    await bus.publish([_message(event) for event in events])


def _message(event: IdentityCheckRequested) -> Message:
    return Message(
        id=event.event_id,
        type=event.TYPE,
        source=event.source(),
        subject=event.subject,
        time=event.occurred_at.isoformat(),
        body=event.model_dump_json().encode(),
        traceparent=telemetry.traceparent(),
    )


@dataclass(frozen=True)
class Process:
    """One process of the installation: its name, CPU-seconds so far, resident MiB with its children."""

    name: str
    cpu: float
    mebibytes: float


def processes(supervisor: int) -> list[Process]:
    """Every process that the launcher started."""
    return [_process(child) for child in psutil.Process(supervisor).children()]


def _process(process: psutil.Process) -> Process:
    family = [process, *process.children(recursive=True)]
    return Process(
        _name(process.cmdline()),
        sum(sum(one.cpu_times()[:2]) for one in family),
        sum(one.memory_info().rss for one in family) / 2**20,
    )


def _name(command: Iterable[str]) -> str:
    words = list(command)
    return words[words.index("-m") + 1].removesuffix(".main") if "-m" in words else words[0].rsplit("/", 1)[-1]
