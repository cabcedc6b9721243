"""The vision service as a pod runs it: a process on a real RabbitMQ, asked over the bulk lane, watched from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import aiohttp
import psutil

from deploy import ROOT
from shared.bus import Bus, Message, Queue
from shared.bus.rabbitmq import RabbitBus
from shared.events.registration import IdentityCheckRequested
from shared.events.vision import IdentityCheckCompleted
from shared.files import Files, open_files
from shared.privacy import make_secrets
from shared.settings import PRIVATE_PORT_OFFSET, Platform
from tests.support.aggregates import message
from tests.support.platform import free_base_port
from tests.support.waiting import settles

WITHIN_S = 900.0
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LANE = "vision.signup"
ANSWERS = Queue("test.vision_answers", (IdentityCheckCompleted.TYPE,))


@dataclass
class Office:
    """Who asks vision and notes its answers: the events of each check by their ids."""

    platform: Platform
    bus: Bus
    files: Files
    answers: dict[str, dict[str, IdentityCheckCompleted]] = field(default_factory=lambda: defaultdict(dict))

    async def ask(
        self, check_id: str, card: bytes, portrait: bytes | None = None, card_back: bytes | None = None
    ) -> None:
        """Publish one check of these pictures; confirmed."""
        event = IdentityCheckRequested(
            event_id=f"request-{check_id}",
            subject=check_id,
            occurred_at=NOW,
            application_id=f"application-{check_id}",
            programme="qualification-2024",
            card_key=await self.files.put(card),
            card_back_key=None if card_back is None else await self.files.put(card_back),
            portrait_key=None if portrait is None else await self.files.put(portrait),
            deadline=NOW + timedelta(hours=1),
        )
        assert await self.bus.publish([message(event)]) == [True]

    async def receive(self, told: Message) -> None:
        """Note one answer."""
        self.answers[told.subject][told.id] = IdentityCheckCompleted.model_validate_json(told.body)

    async def answered(self, number: int) -> None:
        """Wait for so many checks to be answered."""
        await settles(partial(self._has, number), WITHIN_S)

    async def ready(self) -> None:
        """Wait until vision says on its private port that it is."""
        await settles(self._is_ready, WITHIN_S)

    async def operations(self, path: str) -> tuple[int, str]:
        """Status and text of a page of vision's private port."""
        port = self.platform.port_of("vision") + PRIVATE_PORT_OFFSET
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, await answer.text()

    async def _has(self, number: int) -> bool:
        return len(self.answers) >= number

    async def _is_ready(self) -> bool:
        try:
            return (await self.operations("/readyz"))[0] == 200
        except aiohttp.ClientConnectionError:
            return False


@asynccontextmanager
async def office(folder: Path, amqp_url: str) -> AsyncIterator[Office]:
    """Listening to the answers, with keys and a place for pictures."""
    platform = Platform(data=folder, port=free_base_port(), amqp_url=amqp_url)
    make_secrets(platform.secrets_dir)
    async with RabbitBus.open(amqp_url) as bus:
        opened = Office(platform, bus, open_files("", platform.data / "files"))
        subscription = await bus.subscribe(replace(ANSWERS, name=f"test.{folder.name}"), opened.receive)
        yield opened
        await subscription.close()


@contextmanager
def vision(platform: Platform, settings: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The process, killed at the end if it has not ended."""
    environment = {
        **os.environ,
        "BAOKAO_DATA": str(platform.data),
        "BAOKAO_PORT": str(platform.port),
        "BAOKAO_AMQP_URL": platform.amqp_url,
        "BAOKAO_VISION__LANES": '["signup"]',
        "OMP_NUM_THREADS": "1",
        **(settings or {}),
    }
    with (platform.data / "vision.log").open("ab") as log:
        command = [sys.executable, "-m", "services.vision.main"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def largest_worker(service: subprocess.Popen[bytes]) -> int:
    """The most bytes that any child of the service has held in memory so far."""
    children = psutil.Process(service.pid).children(recursive=True)
    return max(_high_water(child.pid) for child in children)


def _high_water(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(found["VmHWM"].split()[0]) * 1024
