"""`python -m bench.store`: operations per second of each store, one caller after another and 32 at once.

Documents of 2 KB on this machine's disk. MongoDB is nx-27017 as a child process, so its rows say what the drivers and
that server cost, not what MongoDB does. "No batch" is the SQLite store with one commit for each write, the plain way.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from statistics import median

from deploy.local.mongo import Mongo
from shared.store import Index, Query, Store, sqlite_thread
from shared.store.mongo import MongoStore
from shared.store.sqlite import SqliteStore

COUNT, ROUNDS, AT_ONCE = 200, 3, (1, 32)
INDEXES = (Index("papers", ("school", "at")),)
TEXT = "字" * 650

Operation = Callable[[Store, int], Awaitable[object]]


async def insert(store: Store, number: int) -> None:
    """A new document."""
    document = {"_id": str(number), "version": 1, "school": str(number % 8), "at": str(number), "text": TEXT}
    await store.insert("papers", document | {"outbox": ["{}"], "pending": number % 50 == 0, "seen": []})


async def get(store: Store, number: int) -> None:
    """One document by id."""
    if await store.get("papers", str(number)) is None:
        raise LookupError(number)


async def edit(store: Store, number: int) -> None:
    """Read and compare-and-set, as an aggregate is edited."""
    old = await store.get("papers", str(number))
    if old is None or not await store.replace("papers", old | {"version": old["version"] + 1}, version=old["version"]):
        raise LookupError(number)


async def find(store: Store, number: int) -> None:
    """The twenty newest of a school."""
    page = await store.find("papers", Query({"school": str(number % 8)}, sort="-at", limit=20))
    if len(page.documents) != 20:
        raise LookupError(number)


async def claim(store: Store, number: int) -> None:
    """A key that is free."""
    if not await store.claim(str(number), "owner"):
        raise LookupError(number)


OPERATIONS: tuple[Operation, ...] = (insert, get, edit, find, claim)


async def rate(store: Store, operation: Operation, first: int, at_once: int) -> float:
    """Operations per second over `COUNT` documents from `first`, by `at_once` callers."""
    numbers = iter(range(first, first + COUNT))

    async def caller() -> None:
        for number in numbers:
            await operation(store, number)

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    return COUNT / (time.perf_counter() - started)


async def measure(opened: AbstractAsyncContextManager[Store]) -> dict[tuple[int, str], float]:
    """Medians of the rounds, by callers at once and operation; the first round warms up and does not count."""
    rates: dict[tuple[int, str], list[float]] = {}
    async with opened as store:
        for first in range(0, COUNT * len(AT_ONCE) * (ROUNDS + 1), COUNT):
            at_once = AT_ONCE[first // COUNT % len(AT_ONCE)]
            for operation in OPERATIONS:
                rates.setdefault((at_once, operation.__name__), []).append(await rate(store, operation, first, at_once))
    return {key: median(values[1:]) for key, values in rates.items()}


@contextmanager
def no_batch() -> Iterator[None]:
    """One commit for each write inside the block."""
    kept, sqlite_thread.BATCH = sqlite_thread.BATCH, 1
    try:
        yield
    finally:
        sqlite_thread.BATCH = kept


async def every_store(folder: Path) -> AsyncIterator[tuple[str, dict[tuple[int, str], float]]]:
    """Name and figures of each."""
    yield "SQLite in memory", await measure(SqliteStore.open(":memory:", INDEXES))
    yield "SQLite on disk", await measure(SqliteStore.open(folder / "one.sqlite", INDEXES))
    with no_batch():
        yield "SQLite on disk, no batch", await measure(SqliteStore.open(folder / "two.sqlite", INDEXES))
    with Mongo(folder / "mongo") as server:
        yield "motor, nx-27017", await measure(MongoStore.open(server.url, "bench_motor", INDEXES, "motor"))
        yield "PyMongo, nx-27017", await measure(MongoStore.open(server.url, "bench_pymongo", INDEXES, "pymongo"))


async def table() -> None:
    """Print one row for each store and number of callers."""
    names = [operation.__name__ for operation in OPERATIONS]
    print(f"{'operations per second':<26}{'callers':>8}" + "".join(f"{name:>9}" for name in names))
    with tempfile.TemporaryDirectory() as folder:
        async for store, figures in every_store(Path(folder)):
            for at_once in AT_ONCE:
                row = "".join(f"{figures[at_once, name]:>9,.0f}" for name in names)
                print(f"{store:<26}{at_once:>8}{row}", flush=True)


if __name__ == "__main__":
    asyncio.run(table())
