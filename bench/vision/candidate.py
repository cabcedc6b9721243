"""G5: one candidate through the broker, card on both sides and a pair of faces: the product's vision service against a
process on the same broker that uses the two libraries plainly (bench.vision.plain).

The cost is that of the process and its children; broker and asker are the same for both and are not counted.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from bench.rounds import Side, compare
from bench.table import Row, row
from bench.vision.plain import ANSWERED, ASKED, QUEUE
from deploy import ROOT
from deploy.local.rabbitmq import RabbitMQ
from shared.bus import Message, Queue
from shared.events.vision import IdentityCheckCompleted
from shared.privacy import load_vault
from tests.e2e.people import astronaut_photo
from tests.support.specimen import specimen
from tests.support.vision import Office, office, vision

SEED = 9_100_000
MINE = 4
"""Candidates of ours in one measurement; of theirs one takes long enough."""
WANTED = 5
BLANK = Message("", ASKED, "bench", "", "2026-06-01T08:00:00+08:00", b"")


@dataclass
class Desk:
    """Sends one candidate's pictures to either side and waits for the answers."""

    office: Office
    numbers: count[int] = field(default_factory=count)
    answers: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.front, self.back = specimen(SEED, "desk"), specimen(SEED, "desk", "back")
        self.pictures = {"card": self.front.jpeg, "card_back": self.back.jpeg, "portrait": astronaut_photo()}

    async def ours(self) -> None:
        """Some candidates through the service; bytes after a JPEG's end are not read, so none has been seen before."""
        for _ in range(MINE):
            number = next(self.numbers)
            mark = number.to_bytes(4, "big")
            await self.office.ask(str(number), **{name: each + mark for name, each in self.pictures.items()})
        await self.office.answered(number + 1)

    async def theirs(self) -> dict[str, Any]:
        """One candidate through the plain process."""
        keys = {name: await self.office.files.put(each) for name, each in self.pictures.items()}
        message = replace(BLANK, id=uuid4().hex, subject=uuid4().hex, body=json.dumps(keys).encode())
        assert await self.office.bus.publish([message]) == [True]
        return await self.answers.get()

    async def receive(self, message: Message) -> None:
        """An answer of the plain process."""
        self.answers.put_nowait(json.loads(message.body))

    def right(self, fields: dict[str, str | None]) -> str:
        """How many fields of both sides are as printed."""
        truth = {**self.front.truth, **self.back.truth}
        return f"{sum(fields.get(name) == text for name, text in truth.items())}/{len(truth)}"

    def read(self) -> IdentityCheckCompleted:
        """The service's answer to the first candidate."""
        return next(iter(self.office.answers["0"].values()))

    def fields(self) -> dict[str, str | None]:
        """What it read."""
        sealed = self.read().sealed_fields
        opened = load_vault(self.office.platform.secrets_dir).open(sealed or "", "identity_check|fields|0")
        return {name: one["text"] for name, one in json.loads(opened).items()}


async def candidate_row(folder: Path, rounds: int, how: str) -> Row:
    """The line of G5 against the libraries at their `default` or `best` settings."""
    with RabbitMQ(folder / "rabbitmq") as broker:
        async with office(folder / "office", broker.url) as asker:
            desk = Desk(asker)
            await asker.bus.declare(QUEUE)
            await asker.bus.subscribe(Queue("bench.answers", (ANSWERED,)), desk.receive)
            with vision(asker.platform) as service, plain(broker.url, asker.platform.data / "files", how) as peer:
                await asker.ready()
                mine = Side("ours", desk.ours, MINE, cpu=lambda: spent(service.pid))
                theirs = Side("plain", desk.theirs, cpu=lambda: spent(peer.pid))
                measured = await compare(mine, theirs, rounds)
                found = await desk.theirs()
    accuracy = (
        f"fields right {desk.right(desk.fields())}, peer {desk.right(found['fields'])}; "
        f"faces {desk.read().face_decision}, peer {'match' if found['alike'] else found['alike']}"
    )
    libraries = f"PaddleOCR and face_recognition {'as they come' if how == 'default' else 'at their best'}"
    return row("G5", "candidate through the broker, both sides 3 MP", libraries, WANTED, measured, accuracy)


@contextmanager
def plain(url: str, folder: Path, how: str) -> Iterator[subprocess.Popen[bytes]]:
    """The plain process."""
    process = subprocess.Popen([sys.executable, "-m", "bench.vision.plain", url, str(folder), how], cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def spent(pid: int) -> float:
    """Processor seconds of a process and its living children."""
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))
