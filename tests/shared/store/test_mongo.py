"""What only the adapter for MongoDB has: indexes on the server."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pymongo import AsyncMongoClient

from shared.store import Index
from shared.store.mongo import MongoStore


async def test_every_collection_has_an_index_of_what_waits_to_be_published(mongo_url: str) -> None:
    database = f"test_{uuid4().hex}"
    async with MongoStore.open(mongo_url, database, [Index("papers", ("place.town", "at"))]) as store:
        await store.insert("others", {"_id": "a", "version": 1})
    assert {("pending",), ("place.town", "at")} <= await _indexed(mongo_url, database, "papers")
    assert ("pending",) in await _indexed(mongo_url, database, "others")


async def _indexed(url: str, database: str, collection: str) -> set[tuple[str, ...]]:
    async with AsyncMongoClient[dict[str, Any]](url) as client:
        indexes = await client[database][collection].index_information()
    # MongoDB has the tie-breaker last; nx-27017 cannot (mongo.py).
    return {tuple(name for name, _ in index["key"] if name != "_id") for index in indexes.values()}
