"""The store on MongoDB 6 and later, and on servers that speak its protocol, through motor or PyMongo's async client.

Only whole documents are written (insert, replace where the version is so), which every such server does right.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import AsyncMongoClient, IndexModel
from pymongo.errors import ConnectionFailure, DuplicateKeyError, ExecutionTimeout, WTimeoutError

from shared.errors import Duplicate
from shared.store import Document, Index, Page, Query, Range, Unavailable
from shared.store.paging import (
    Order,
    Position,
    Stretch,
    checked_collection,
    checked_field,
    checked_scalar,
    collect,
    is_collection,
    position,
)

Driver = Literal["motor", "pymongo"]
Condition = dict[str, Any]

TIMEOUT_MS = 10_000

_COMPARISONS = {"above": "$gt", "at_least": "$gte", "below": "$lt", "at_most": "$lte"}


class MongoStore:
    """See `shared.store.Store`."""

    def __init__(self, client: Any, database: str) -> None:
        self._client = client
        self._database = client[database]
        self._claims = self._database["claims"]
        self._tie_breaker = [("_id", 1)]
        self._indexed: set[str] = set()
        self._collections: dict[str, Any] = {}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, database: str, indexes: Sequence[Index] = (), driver: Driver = "motor"
    ) -> AsyncIterator[MongoStore]:
        """Connect and make the indexes. A write is acknowledged by a majority that has it in its journal.

        An operation takes at most `timeoutMS` of the URL, 10 s when it does not say.
        """
        kind: Any = AsyncIOMotorClient if driver == "motor" else AsyncMongoClient
        # An argument would overrule the URL.
        limits = {} if "timeoutMS=" in url else {"timeoutMS": TIMEOUT_MS}
        client = kind(url, w="majority", journal=True, **limits)
        try:
            store = cls(client, database)
            with _outages():
                await store._look_at_server()
                for collection in {index.collection for index in indexes}:
                    await store._make_indexes(
                        collection, [index for index in indexes if index.collection == collection]
                    )
            yield store
        finally:
            closing = client.close()
            if inspect.isawaitable(closing):
                await closing

    async def insert(self, collection: str, document: Document) -> None:
        """Write a new document. Raises `Duplicate`."""
        with _outages():
            if collection not in self._indexed:
                await self._make_indexes(collection, [])
            try:
                await self._collection(collection).insert_one(document)
            except DuplicateKeyError as error:
                raise Duplicate(collection) from error

    async def get(self, collection: str, document_id: str) -> Document | None:
        """Read one document."""
        with _outages():
            found: Document | None = await self._collection(collection).find_one({"_id": document_id})
        return found

    async def replace(self, collection: str, document: Document, *, version: int) -> bool:
        """Compare-and-set."""
        where = {"_id": document["_id"], "version": version}
        with _outages():
            result = await self._collection(collection).replace_one(where, document)
        return bool(result.matched_count)

    async def delete(self, collection: str, document_id: str, *, version: int | None = None) -> bool:
        """Remove one document."""
        where = {"_id": document_id} | ({} if version is None else {"version": version})
        with _outages():
            result = await self._collection(collection).delete_one(where)
        return bool(result.deleted_count)

    async def find(self, collection: str, query: Query) -> Page:
        """One page of documents."""
        order, start = Order.of(query.sort), position(query)
        direction = -1 if order.descending else 1
        keys = [(key, direction) for key in dict.fromkeys([order.field, "_id"])]

        async def fetch(stretch: Stretch, limit: int) -> list[Document]:
            conditions = [*_matching(query.equal, query.ranges), *_stretch(order, stretch, start)]
            cursor = self._collection(collection).find(_all(conditions)).sort(keys).limit(limit)
            found: list[Document] = await cursor.to_list(limit)
            return found

        with _outages():
            return await collect(query, fetch)

    async def count(self, collection: str, equal: Mapping[str, Any]) -> int:
        """How many documents match."""
        with _outages():
            return int(await self._collection(collection).count_documents(_all(_matching(equal, {}))))

    async def collections(self) -> Sequence[str]:
        """The names of all collections."""
        with _outages():
            names = await self._database.list_collection_names()
        return [name for name in names if is_collection(name)]

    async def claim(self, key: str, owner: str) -> bool:
        """Take the key if it is free."""
        with _outages():
            try:
                await self._claims.insert_one({"_id": key, "owner": owner})
            except DuplicateKeyError:
                return await self.holder(key) == owner
        return True

    async def release(self, key: str, owner: str) -> None:
        """Give a key back."""
        with _outages():
            await self._claims.delete_one({"_id": key, "owner": owner})

    async def holder(self, key: str) -> str | None:
        """Who holds the key."""
        with _outages():
            found = await self._claims.find_one({"_id": key})
        return str(found["owner"]) if found else None

    async def ping(self) -> None:
        """Raise `Unavailable` when no server answers."""
        with _outages():
            await self._client.admin.command("ping")

    def _collection(self, name: str) -> Any:
        # Kept: the driver makes a new object, with its codec options, at each look.
        if name not in self._collections:
            self._collections[name] = self._database[checked_collection(name)]
        return self._collections[name]

    async def _look_at_server(self) -> None:
        about = await self._client.admin.command("buildInfo")
        if about.get("process") == "nx_27017":
            # It refuses every insertion into a collection with `_id` in a compound index.
            self._tie_breaker = []

    async def _make_indexes(self, collection: str, indexes: Sequence[Index]) -> None:
        last = self._tie_breaker
        models = [IndexModel([("pending", 1), *last], name="pending", partialFilterExpression={"pending": True})]
        for index in indexes:
            keys = [*((checked_field(path), 1) for path in index.fields), *last]
            models.append(IndexModel(keys, name=",".join(index.fields)))
        await self._collection(collection).create_indexes(models)
        self._indexed.add(collection)


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        raise Unavailable(str(error)) from error


def _all(conditions: list[Condition]) -> Condition:
    # Side by side as far as they do not clash: nx-27017 reads a whole collection for any `$and`.
    beside: Condition = {}
    clashing = []
    for condition in conditions:
        ((field, wanted),) = condition.items()
        if field == "$or" or beside.get(field, {}).keys() & wanted.keys():
            clashing.append(condition)
        else:
            beside[field] = beside.get(field, {}) | wanted
    return beside | ({"$and": clashing} if clashing else {})


def _matching(equal: Mapping[str, Any], ranges: Mapping[str, Range]) -> list[Condition]:
    conditions = [{checked_field(path): _equals(value)} for path, value in equal.items()]
    for path, bounds in ranges.items():
        given = {operator: getattr(bounds, name) for name, operator in _COMPARISONS.items()}
        limits = {operator: checked_scalar(value) for operator, value in given.items() if value is not None}
        conditions += [{checked_field(path): limits}] if limits else []
    return conditions


def _equals(value: Any) -> Condition:
    if isinstance(value, tuple):
        return {"$in": [checked_scalar(each) for each in value]}
    return {"$eq": checked_scalar(value)}


def _stretch(order: Order, stretch: Stretch, start: Position | None) -> list[Condition]:
    field = order.field
    beyond, from_here = ("$lt", "$lte") if order.descending else ("$gt", "$gte")
    if stretch is Stretch.NULLS:
        return [{field: {"$eq": None}}]
    if stretch is Stretch.VALUES:
        # `$exists` says nothing new to MongoDB; nx-27017 takes a missing field for one that is not null.
        return [{field: {"$ne": None, "$exists": True}}]
    if start is None or stretch is Stretch.ALL:
        return []
    after = {"_id": {beyond: start.document_id}}
    if stretch is Stretch.NULLS_BEYOND:
        return [{field: {"$eq": None}}, after]
    if field == "_id":
        return [after]
    # The first condition repeats part of the second so that an index can start the scan at the right place.
    return [{field: {from_here: start.value}}, {"$or": [{field: {beyond: start.value}}, after]}]
