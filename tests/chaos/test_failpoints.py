"""kill -9 before, during and after each step between a write and its effect: nothing lost, nothing doubled.

lost = acknowledged to the caller and without effect in the end; doubled = an effect that happened twice.
`BAOKAO_CHAOS` multiplies the number of trials.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from shared.store import Document
from shared.store.sqlite import SqliteStore
from tests.chaos.service import EVENTS_EACH, POINTS, SOURCES, STEPS, Trial, serve

ROUNDS = int(os.environ.get("BAOKAO_CHAOS", "1"))
HITS_LOCAL = 4
HITS_RABBITMQ = 1
EXIT_S = 60.0

spawn = multiprocessing.get_context("forkserver")
spawn.set_forkserver_preload(["tests.chaos.service"])


def run(trial: Trial) -> int:
    """Run the service in a child; its exit code, negative when a signal ended it."""
    child = spawn.Process(target=serve, args=(trial,))
    child.start()
    child.join(EXIT_S)
    if child.exitcode is None:
        child.kill()
        raise AssertionError(f"{trial.point}: did not finish")
    return child.exitcode


def trials(point: str, folder: Path, amqp_url: str, count: int) -> Iterator[Trial]:
    """Trials in folders and queues of their own, each killed at another passing of the point."""
    random = Random(point)
    for number in range(count):
        place = folder / str(number)
        place.mkdir()
        hit = random.randint(1, STEPS[point.partition(".")[0]])
        yield Trial(place, amqp_url, f"test.{uuid4().hex}", point, hit)


async def documents(folder: Path, collection: str) -> dict[str, Document]:
    async with SqliteStore.open(folder / "store.sqlite") as store:
        found = {name: await store.get(collection, name) for name in SOURCES}
    return {name: document for name, document in found.items() if document}


async def killed_then_recovered(trial: Trial) -> None:
    """One trial: killed at its point, started again without one, and the books are balanced."""
    assert run(trial) == -signal.SIGKILL, f"{trial.point} was never passed {trial.hit} times"
    acknowledged = {name: (trial.folder / f"acknowledged-{name}") for name in SOURCES}
    promised = {name: path.read_text().split() if path.exists() else [] for name, path in acknowledged.items()}
    exit_code = run(replace(trial, point=""))
    sources, sinks = await documents(trial.folder, "sources"), await documents(trial.folder, "sinks")
    for name in SOURCES:
        effects = sinks[name]["numbers"]
        lost = set(map(int, promised[name])) - set(effects)
        doubled = sorted(number for number in set(effects) if effects.count(number) > 1)
        assert (lost, doubled) == (set(), []), f"{trial.point}: {name}"
        assert sources[name]["numbers"] == list(range(EVENTS_EACH)), "state was changed twice or not at all"
        assert sorted(effects) == sources[name]["numbers"], "state and events have parted"
        assert (sources[name]["outbox"], sources[name]["pending"]) == ([], False)
    assert exit_code == 0, f"{trial.point}: did not settle"


@pytest.mark.parametrize("point", POINTS)
async def test_on_the_embedded_bus(point: str, tmp_path: Path) -> None:
    for trial in trials(point, tmp_path, "", HITS_LOCAL * ROUNDS):
        await killed_then_recovered(trial)


@pytest.mark.parametrize("point", POINTS)
async def test_on_rabbitmq(point: str, tmp_path: Path, amqp_url: str) -> None:
    for trial in trials(point, tmp_path, amqp_url, HITS_RABBITMQ * ROUNDS):
        await killed_then_recovered(trial)
