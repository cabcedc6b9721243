"""kill -9 of the identity service while it writes the audit log: every event is entered once, and the chain fits."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from services.identity.domain.audit import Checkpoint, Entry
from services.identity.handlers import audit
from services.identity.handlers.audit import Chain
from services.identity.store import INDEXES
from shared.audit import Thing, recorded
from shared.bus import Message, Queue
from shared.bus.local import LocalBus
from shared.consumer import Consumer
from shared.events.audit import ActionRecorded
from shared.privacy import Vault
from shared.store import Document, Query
from shared.store.repository import Repository
from shared.store.sqlite import SqliteStore
from shared.tokens import Actor
from tests.support.waiting import settles

EVENTS = 30
POINTS = ("before", "during", "after")
EXIT_S = 60.0
spawn = multiprocessing.get_context("forkserver")


@dataclass
class Trial:
    """Where things are kept, and at which insertion of an entry, and at which moment of it, the service is killed."""

    folder: Path
    moment: str = ""
    hit: int = 0

    def pass_(self, moment: str) -> None:
        if moment == self.moment:
            self.hit -= 1
            if self.hit == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class KilledStore(SqliteStore):
    """Dies round the insertion of an entry."""

    trial: Trial

    async def insert(self, collection: str, document: Document) -> None:
        self.trial.pass_("before")
        writing = asyncio.ensure_future(super().insert(collection, document))
        await asyncio.sleep(0)
        self.trial.pass_("during")
        await writing
        self.trial.pass_("after")


@asynccontextmanager
async def opened(trial: Trial) -> AsyncIterator[Chain]:
    vault = Vault({"k1": b"a" * 32}, "k1", b"b" * 32)
    async with KilledStore.open(trial.folder / "identity.sqlite", INDEXES) as store:
        assert isinstance(store, KilledStore)
        store.trial = trial
        yield Chain(Repository(store, "audit", Entry), Repository(store, "audit_checkpoints", Checkpoint), vault)


def serve(trial: Trial) -> None:
    """Consume until the queue is empty, or until killed."""
    asyncio.run(_serve(trial))


async def _serve(trial: Trial) -> None:
    async with opened(trial) as chain, LocalBus.open(trial.folder / "bus.sqlite") as bus:
        append = partial(audit.append, chain=chain)
        consumer = Consumer("identity.audit", {ActionRecorded: append}, prefetch=1, retry_delays_s=(0.05, 0.1))
        subscription = await bus.subscribe(consumer.queue, consumer.handle)

        async def empty() -> bool:
            return not await bus.depth("identity.audit")

        await settles(empty)
        await subscription.close()


async def published(trial: Trial) -> set[str]:
    """The ids of events that wait in the queue."""
    now, actor = datetime.now(UTC), Actor("staff", "s")
    events = [recorded(actor, "tried", Thing("thing", str(number)), now) for number in range(EVENTS)]
    async with LocalBus.open(trial.folder / "bus.sqlite") as bus:
        await bus.declare(Queue("identity.audit", (ActionRecorded.TYPE,), 1))
        assert all(await bus.publish([message(event) for event in events]))
    return {event.event_id for event in events}


def message(event: ActionRecorded) -> Message:
    body, time = event.model_dump_json().encode(), event.occurred_at.isoformat()
    return Message(event.event_id, event.TYPE, event.source(), event.subject, time, body, "")


def run(trial: Trial) -> int:
    child = spawn.Process(target=serve, args=(trial,))
    child.start()
    child.join(EXIT_S)
    assert child.exitcode is not None
    return child.exitcode


@pytest.mark.parametrize("moment", POINTS)
async def test_each_event_is_entered_once_and_the_chain_fits(moment: str, tmp_path: Path) -> None:
    told = await published(Trial(tmp_path))
    for hit in (1, 7, 13):
        assert run(Trial(tmp_path, moment, hit)) == -signal.SIGKILL
    assert run(Trial(tmp_path)) == 0
    async with opened(Trial(tmp_path)) as chain:
        verdict = await audit.verify(1, {}, chain=chain)
        entries = (await chain.entries.store.find("audit", Query(limit=EVENTS + 5))).documents
    assert (verdict.reason, verdict.entries) == ("", EVENTS)
    assert sorted(entry["event_id"] for entry in entries) == sorted(told)
