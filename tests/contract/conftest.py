"""The stores and buses that the contract suites run on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.bus import Bus
from shared.bus.local import LocalBus
from shared.bus.rabbitmq import RabbitBus
from shared.store import Index, Store
from shared.store.mongo import Driver, MongoStore
from shared.store.sqlite import SqliteStore

INDEXES = (
    Index("papers", ("school", "at")),
    Index("papers", ("at",)),
    Index("papers", ("place.town", "place.street")),
)
BUSES = ("local-memory", "local-disk", "rabbitmq")
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


@pytest.fixture(params=BUSES)
async def bus(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bus]:
    """A bus of each kind; the broker is shared, so use queues of your own."""
    if request.param == "rabbitmq":
        async with RabbitBus.open(request.getfixturevalue("amqp_url")) as rabbit:
            yield rabbit
    else:
        path = ":memory:" if request.param == "local-memory" else tmp_path / "bus.sqlite"
        async with LocalBus.open(path) as local:
            yield local
