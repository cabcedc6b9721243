"""SIGTERM again and again while vision works through its bulk lane, on a real RabbitMQ: 0 lost, 0 double.

lost = requested and confirmed, never answered; double = answered by two different events (the same event twice is
harmless, its readers know its id). `BAOKAO_CHAOS` multiplies the jobs: 10 makes 5,000.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import psutil

from deploy import ROOT
from shared.bus import Message, Queue
from shared.bus.rabbitmq import RabbitBus
from shared.events.registration import IdentityCheckRequested
from shared.events.vision import IdentityCheckCompleted
from shared.files import Files, open_files
from shared.privacy import make_secrets
from shared.settings import PRIVATE_PORT_OFFSET, Platform
from tests.support.aggregates import message
from tests.support.platform import free_base_port
from tests.support.specimen import specimen
from tests.support.waiting import settles

JOBS = 500 * int(os.environ.get("BAOKAO_CHAOS", "1"))
ANSWERS_BETWEEN_SIGNALS = 200
A_CARD_EVERY = 25
WORKER_BYTES = 512 << 20
WITHIN_S = 600.0
NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Answers:
    """What vision answered: event ids by check."""

    def __init__(self) -> None:
        self.by_check: dict[str, set[str]] = defaultdict(set)

    async def receive(self, told: Message) -> None:
        self.by_check[told.subject].add(told.id)

    async def number(self, wanted: int) -> bool:
        return len(self.by_check) >= wanted


async def test_sigterm_amid_thousands_of_checks_loses_none_and_doubles_none(tmp_path: Path, amqp_url: str) -> None:
    platform = Platform(data=tmp_path, port=free_base_port(), amqp_url=amqp_url, grace_s=20)
    make_secrets(platform.secrets_dir)
    answers, peaks, signals = Answers(), [0], 0
    async with RabbitBus.open(amqp_url) as bus:
        await bus.subscribe(Queue("test.drained", (IdentityCheckCompleted.TYPE,)), answers.receive)
        with vision(platform) as first:
            await settles(partial(ready, platform), WITHIN_S)
            wanted = await publish(bus, open_files("", platform.data / "files"))
            await settles(partial(answers.number, ANSWERS_BETWEEN_SIGNALS), WITHIN_S)
            peaks.append(drained(first, platform.grace_s))
            signals += 1
        while len(answers.by_check) < JOBS:
            with vision(platform) as service:
                goal = min(JOBS, len(answers.by_check) + ANSWERS_BETWEEN_SIGNALS)
                await settles(partial(answers.number, goal), WITHIN_S)
                peaks.append(drained(service, platform.grace_s))
                signals += 1
        assert await bus.depth("vision.signup") == 0
        assert await bus.dead_letters("vision.signup") == []
    doubled = {check for check, events in answers.by_check.items() if len(events) > 1}
    assert (wanted - answers.by_check.keys(), doubled) == (set(), set())
    assert signals >= JOBS // ANSWERS_BETWEEN_SIGNALS
    assert max(peaks) <= WORKER_BYTES


@contextmanager
def vision(platform: Platform) -> Iterator[subprocess.Popen[bytes]]:
    """The service as a pod runs it."""
    environment = {
        **os.environ,
        "BAOKAO_DATA": str(platform.data),
        "BAOKAO_PORT": str(platform.port),
        "BAOKAO_AMQP_URL": platform.amqp_url,
        "BAOKAO_VISION__LANES": '["signup"]',
        "OMP_NUM_THREADS": "1",
    }
    with (platform.data / "vision.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.vision.main"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def ready(platform: Platform) -> bool:
    """Whether /readyz says so."""
    address = f"http://127.0.0.1:{platform.port_of('vision') + PRIVATE_PORT_OFFSET}/readyz"
    try:
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def publish(bus: RabbitBus, files: Files) -> set[str]:
    """Every job, confirmed; their ids."""
    cards = [specimen(seed).jpeg for seed in range(4)]
    for start in range(0, JOBS, 100):
        events = [await job(files, cards, number) for number in range(start, start + 100)]
        assert all(await bus.publish([message(event) for event in events]))
    return {f"check-{number}" for number in range(JOBS)}


async def job(files: Files, cards: list[bytes], number: int) -> IdentityCheckRequested:
    """A check of a small picture nobody has seen, every so often of a card; bytes after a JPEG's end are not read."""
    picture = cards[number % len(cards)] if number % A_CARD_EVERY == 0 else plain(number)
    return IdentityCheckRequested(
        event_id=f"request-{number}",
        subject=f"check-{number}",
        occurred_at=NOW,
        application_id=f"application-{number}",
        programme="qualification-2024",
        card_key=await files.put(picture + number.to_bytes(4, "big")),
        portrait_key=None,
        deadline=NOW + timedelta(hours=1),
    )


def plain(number: int) -> bytes:
    """64 x 64 pixels of one colour."""
    return bytes(cv2.imencode(".jpg", np.full((64, 64, 3), number % 256, np.uint8))[1])


def drained(service: subprocess.Popen[bytes], grace_s: float) -> int:
    """Send SIGTERM; it ends by itself, well, and within its grace. The largest child's memory in bytes before."""
    children = psutil.Process(service.pid).children(recursive=True)
    peak = max(int(child.memory_info().rss) for child in children)
    service.send_signal(signal.SIGTERM)
    assert service.wait(timeout=grace_s) == 0
    return peak
