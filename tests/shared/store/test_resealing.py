"""After a rotation every document comes under the newest key, whatever is written meanwhile and wherever it ends."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from shared.bus import Message, Queue
from shared.bus.local import LocalBus
from shared.errors import Conflict
from shared.http.operations import application
from shared.idempotency import Idempotency, Replay
from shared.privacy import Vault
from shared.store import Query
from shared.store.repository import Repository
from shared.store.resealing import BATCH, Resealing
from shared.store.sqlite import SqliteStore
from tests.support.aggregates import counted
from tests.support.waiting import settles

OLD = Vault({"k1": b"1" * 32}, "k1", b"i" * 32)
BOTH = Vault({"k1": b"1" * 32, "k2": b"2" * 32}, "k2", b"i" * 32)
NEW = Vault({"k2": b"2" * 32}, "k2", b"i" * 32)


@dataclass
class Person:
    """Some fields sealed, one not."""

    id: str
    name: str = ""
    marks: dict[str, str] | None = None
    visits: int = 0


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    async with SqliteStore.open(":memory:", ()) as opened:
        yield opened


def people(store: Any, vault: Vault) -> Repository[Person]:
    return Repository(store, "people", Person, vault=vault, sealed=("name", "marks"))


async def fill(store: SqliteStore, count: int) -> None:
    for number in range(count):
        await people(store, OLD).add(f"p{number:04}", Person(f"p{number:04}", f"人{number}", {"a": "b"}))


async def test_everything_is_readable_without_the_old_key_once_nothing_is_left(store: SqliteStore) -> None:
    await fill(store, BATCH + 3)
    await Repository(store, "plain", Person).add("x", Person("x", "k1.is no sealed value"))
    resealing = Resealing(store, BOTH)
    assert await resealing.left() == {"k1": BATCH + 3}
    assert await resealing.run() == BATCH + 3
    assert await resealing.left() == {"k1": 0}
    assert await resealing.run() == 0
    for number in (0, BATCH + 2):
        assert await people(store, NEW).get(f"p{number:04}") == Person(f"p{number:04}", f"人{number}", {"a": "b"})


async def test_with_one_key_there_is_nothing_to_look_for(store: SqliteStore) -> None:
    await fill(store, 1)
    assert await Resealing(store, OLD).left() == {}
    assert await Resealing(store, OLD).run() == 0


async def test_remembered_answers_are_sealed_again_too(store: SqliteStore) -> None:
    old, new = Idempotency(store, vault=OLD), Idempotency(store, vault=NEW)
    begun = await old.begin(("a", "b"), "hash")
    assert not isinstance(begun, Replay)
    await old.finish(begun, 201, {"name": "张伟"})
    assert await Resealing(store, BOTH).run() == 1
    assert await new.begin(("a", "b"), "hash") == Replay(201, {"name": "张伟"})


async def test_events_that_wait_need_the_key_until_they_are_published(store: SqliteStore) -> None:
    event = counted(OLD.seal("13800138000", "contact|phone|a"), 1)
    await people(store, OLD).add("a", Person("a", "张伟"), event)
    resealing = Resealing(store, BOTH)
    assert await resealing.run() == 1
    assert await resealing.left() == {"k1": 1}
    (document,) = (await store.find("people", Query())).documents
    assert await store.replace("people", document | {"outbox": [], "pending": False}, version=document["version"])
    assert await resealing.left() == {"k1": 0}


async def test_what_does_not_open_stays_and_is_counted(store: SqliteStore) -> None:
    await fill(store, 2)
    moved = await store.get("people", "p0000")
    assert moved is not None
    await store.insert("people", moved | {"_id": "thief"})
    resealing = Resealing(store, BOTH)
    assert await resealing.run() == 2
    assert await resealing.left() == {"k1": 1}


async def test_writes_beside_it_are_neither_lost_nor_bring_the_old_key_back(store: SqliteStore) -> None:
    await fill(store, 30)
    visited, done = people(store, BOTH), asyncio.Event()

    async def visit(number: int) -> None:
        while True:
            try:
                async with visited.edit(f"p{number:04}") as work:
                    await asyncio.sleep(0)
                    work.state.visits += 1
                return
            except Conflict:
                continue

    async def visits() -> None:
        for _ in range(5):
            await asyncio.gather(*(visit(number) for number in range(30)))
        done.set()

    writing = asyncio.create_task(visits())
    await asyncio.gather(*(Resealing(store, BOTH).run() for _ in range(3)))
    await writing
    assert done.is_set()
    assert await Resealing(store, BOTH).left() == {"k1": 0}
    assert [(await people(store, NEW).get(f"p{number:04}")).visits for number in range(30)] == [5] * 30


async def test_a_write_between_reading_and_sealing_is_kept(store: SqliteStore) -> None:
    await fill(store, 1)

    class Rival(SqliteStore):
        beaten = False

        async def replace(self, collection: str, document: dict[str, Any], *, version: int) -> bool:
            if not self.beaten:
                self.beaten = True
                async with people(store, OLD).edit("p0000") as work:
                    work.state.visits = 7
            return await store.replace(collection, document, version=version)

    rival = Rival.__new__(Rival)
    rival.__dict__.update(store.__dict__)
    assert await Resealing(rival, BOTH).run() == 1
    assert await people(store, NEW).get("p0000") == Person("p0000", "人0", {"a": "b"}, 7)


KILLED = """
import asyncio, os, signal, sys
from shared.store.resealing import Resealing
from shared.store.sqlite import SqliteStore
from tests.shared.store.test_resealing import BOTH

class Dying(SqliteStore):
    writes = 0

    async def replace(self, *document, **version):
        self.writes += 1
        if self.writes > 8:
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().replace(*document, **version)

async def main():
    async with Dying.open(sys.argv[1], ()) as store:
        await Resealing(store, BOTH).run()

asyncio.run(main())
"""


async def test_a_pass_that_is_killed_half_way_is_finished_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "people.sqlite"
    async with SqliteStore.open(file, ()) as store:
        await fill(store, 20)
    command = [sys.executable, "-c", KILLED, str(file)]
    killed = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    async with SqliteStore.open(file, ()) as store:
        resealing = Resealing(store, BOTH)
        assert await resealing.left() == {"k1": 12}
        assert await resealing.run() == 12
        found = [await people(store, NEW).get(f"p{number:04}") for number in range(20)]
    assert [person.name for person in found] == [f"人{number}" for number in range(20)]


async def test_the_private_port_counts_and_seals_and_knows_of_dead_letters(store: SqliteStore) -> None:
    await fill(store, 2)
    queue = Queue("probe.work", ("probe.happened.v1",), retry_delays_s=())

    async def refuse(_: Message) -> None:
        raise ValueError

    body = json.dumps({"sealed_contact": OLD.seal("13800138000", "contact|phone|a")}).encode()
    async with LocalBus.open(":memory:") as bus:
        subscription = await bus.subscribe(queue, refuse)
        await bus.publish([Message("m1", "probe.happened.v1", "probe", "s", "", body)])

        async def given_up() -> bool:
            return bool(await bus.dead_letters(queue.name))

        await settles(given_up)
        await subscription.close()
        app = application({}, bus, [queue.name], Resealing(store, BOTH))
        async with TestServer(app) as server, ClientSession(server.make_url("")) as session:
            async with session.get("/keys") as answer:
                assert await answer.json() == {"current": "k2", "left": {"k1": 3}}
            async with session.post("/keys/reseal") as answer:
                assert await answer.json() == {"resealed": 2}
            async with session.get("/keys") as answer:
                assert await answer.json() == {"current": "k2", "left": {"k1": 1}}


def test_an_old_key_may_have_any_name() -> None:
    odd = replace(BOTH, keys={"k+1": b"1" * 32, "k2": b"2" * 32})
    store: Any = None
    text = json.dumps({"a": replace(odd, current="k+1").seal("x", "p")})
    assert Resealing(store, odd).keys_in(text) == {"k+1"}
