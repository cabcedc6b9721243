"""The stores that the contract suite runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.store import Index, Store
from shared.store.mongo import Driver, MongoStore
from shared.store.sqlite import SqliteStore

INDEXES = (
    Index("papers", ("school", "at")),
    Index("papers", ("at",)),
    Index("papers", ("place.town", "place.street")),
)
STORES = ("sqlite-memory", "sqlite-disk", "mongo-motor", "mongo-pymongo")


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    family, _, kind = str(request.param).partition("-")
    if family == "sqlite":
        path = ":memory:" if kind == "memory" else tmp_path / "store" / "test.db"
        async with SqliteStore.open(path, INDEXES) as sqlite:
            yield sqlite
        return
    url: str = request.getfixturevalue("mongo_url")
    driver: Driver = "motor" if kind == "motor" else "pymongo"
    async with MongoStore.open(url, f"test_{uuid4().hex}", INDEXES, driver) as mongo:
        yield mongo
