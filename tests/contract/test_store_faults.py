"""What the stores keep when a process is killed, and what they say when the database is away."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy.local.mongo import Mongo
from shared.errors import Duplicate
from shared.store import Store, Unavailable
from shared.store.mongo import Driver, MongoStore
from shared.store.sqlite import SqliteStore

DRIVERS: tuple[Driver, ...] = ("motor", "pymongo")

# Prints the id of each document after the store has acknowledged it, until it is killed.
WRITER = """
import asyncio, itertools, sys
from shared.store.sqlite import SqliteStore

async def write(store, writer):
    for number in itertools.count():
        await store.insert("papers", {"_id": f"{writer}-{number}", "version": 1, "text": "x" * 500})
        print(f"{writer}-{number}", flush=True)

async def main():
    async with SqliteStore.open(sys.argv[1]) as store:
        await asyncio.gather(*(write(store, writer) for writer in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("trial", range(3))
async def test_sqlite_keeps_what_it_acknowledged_before_a_kill(tmp_path: Path, trial: int) -> None:
    path = tmp_path / "store.db"
    writer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, str(path)), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout
    told = [await writer.stdout.readline() for _ in range(300 * (trial + 1))]
    writer.kill()
    # A line that the kill cut off has no end and was not fully told.
    told += [line for line in (await writer.stdout.read()).splitlines(keepends=True) if line.endswith(b"\n")]
    await writer.wait()
    acknowledged = [line.decode().strip() for line in told]
    assert len(set(acknowledged)) == len(acknowledged) >= 300
    async with SqliteStore.open(path) as store:
        lost = [each for each in acknowledged if await store.get("papers", each) is None]
        assert lost == []
        assert await store.count("papers", {}) >= len(acknowledged)


@pytest.mark.parametrize("driver", DRIVERS)
async def test_mongo_keeps_what_it_acknowledged_before_a_kill(tmp_path: Path, driver: Driver) -> None:
    acknowledged: list[str] = []
    enough = asyncio.Event()

    async def write(store: Store, writer: int) -> None:
        for number in range(100_000):
            await store.insert("papers", {"_id": f"{writer}-{number}", "version": 1})
            acknowledged.append(f"{writer}-{number}")
            if len(acknowledged) >= 300:
                enough.set()

    with Mongo(tmp_path) as server:
        async with MongoStore.open(server.url, "faults", (), driver) as store:
            writers = asyncio.gather(*(write(store, number) for number in range(8)), return_exceptions=True)
            await asyncio.wait_for(enough.wait(), 60)
            server.kill()
            assert {type(outcome) for outcome in await writers} == {Unavailable}
        server.start()
        async with MongoStore.open(server.url, "faults", (), driver) as store:
            lost = [each for each in acknowledged if await store.get("papers", each) is None]
    assert lost == []


def _every_operation(store: Store) -> list[Callable[[], Awaitable[object]]]:
    document = {"_id": "a", "version": 1}
    return [
        store.ping,
        lambda: store.insert("papers", document),
        lambda: store.get("papers", "a"),
        lambda: store.replace("papers", document, version=1),
        lambda: store.delete("papers", "a"),
        lambda: store.count("papers", {}),
        lambda: store.claim("key", "owner"),
        lambda: store.release("key", "owner"),
        lambda: store.holder("key"),
    ]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_mongo_says_that_it_is_away_and_comes_back(tmp_path: Path, driver: Driver) -> None:
    with Mongo(tmp_path) as server:
        async with MongoStore.open(f"{server.url}?timeoutMS=1000", "faults", (), driver) as store:
            await store.insert("papers", {"_id": "kept", "version": 1})
            server.kill()
            outcomes = await asyncio.gather(*(each() for each in _every_operation(store)), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [Unavailable] * len(outcomes)
            server.start()
            await store.ping()
            assert await store.get("papers", "kept") is not None


async def test_sqlite_says_that_it_is_closed(tmp_path: Path) -> None:
    async with SqliteStore.open(tmp_path / "store.db") as store:
        await store.ping()
    for operation in _every_operation(store):
        with pytest.raises(Unavailable):
            await operation()


async def test_no_mongo_at_the_address(tmp_path: Path) -> None:
    with Mongo(tmp_path) as server:
        url = f"{server.url}?timeoutMS=1000"
    with pytest.raises(Unavailable):
        async with MongoStore.open(url, "faults"):
            pass


async def test_writes_that_fail_do_not_harm_those_committed_with_them() -> None:
    async with SqliteStore.open(":memory:") as store:
        await store.insert("papers", {"_id": "0", "version": 1})
        texts = ["good", "\ud800", "good", "good"] * 10
        writes = [
            store.insert("papers", {"_id": str(number // 2), "version": 1, "text": text})
            for number, text in enumerate(texts)
        ]
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
        kinds = [type(outcome) for outcome in outcomes]
        assert kinds[:4] == [Duplicate, UnicodeEncodeError, type(None), Duplicate]
        assert await store.count("papers", {}) == 20


async def test_two_sqlite_stores_on_one_file_lose_no_change(tmp_path: Path) -> None:
    path = tmp_path / "store.db"

    async def add(store: Store) -> None:
        while True:
            old = await store.get("papers", "a")
            assert old
            if await store.replace("papers", {"_id": "a", "version": old["version"] + 1}, version=old["version"]):
                return

    async with SqliteStore.open(path) as one, SqliteStore.open(path) as two:
        await one.insert("papers", {"_id": "a", "version": 0})
        await asyncio.gather(*(add(store) for store in [one, two] * 30))
        assert await two.get("papers", "a") == {"_id": "a", "version": 60}
