"""The SQLite store against a dictionary, over generated sequences of operations."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from shared.errors import Duplicate
from shared.store import Document, Index, Query, Range
from shared.store.sqlite import SqliteStore

INDEXES = (Index("papers", ("at",)), Index("papers", ("place.town", "at")))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.none() | texts
scalars = values | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
fields = st.fixed_dictionaries(
    {"place": st.fixed_dictionaries({}, optional={"town": values}), "mark": st.none() | st.integers(-5, 5)},
    optional={"at": values, "rest": anything, "pending": st.booleans()},
)


class Modelled(RuleBasedStateMachine):
    """Each rule does one thing to both, and compares the answers."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model: dict[str, Document] = {}
        self.claims: dict[str, str] = {}

    @initialize()
    def open(self) -> None:
        self.opened = SqliteStore.open(":memory:", INDEXES)
        self.store = self.runner.run(self.opened.__aenter__())

    def teardown(self) -> None:
        self.runner.run(self.opened.__aexit__(None, None, None))
        self.runner.close()

    @rule(target=ids, document_id=texts)
    def name(self, document_id: str) -> str:
        return document_id

    @rule(document_id=ids, content=fields)
    def insert(self, document_id: str, content: dict[str, Any]) -> None:
        document = {"_id": document_id, "version": 1, **content}
        try:
            self.runner.run(self.store.insert("papers", document))
            assert document_id not in self.model
            self.model[document_id] = copy.deepcopy(document)
        except Duplicate:
            assert document_id in self.model

    @rule(document_id=ids, content=fields, version=st.integers(1, 3))
    def replace(self, document_id: str, content: dict[str, Any], version: int) -> None:
        document = {"_id": document_id, "version": version + 1, **content}
        matches = self.model.get(document_id, {}).get("version") == version
        assert self.runner.run(self.store.replace("papers", document, version=version)) == matches
        if matches:
            self.model[document_id] = copy.deepcopy(document)

    @rule(document_id=ids, version=st.none() | st.integers(1, 2))
    def delete(self, document_id: str, version: int | None) -> None:
        stored = self.model.get(document_id)
        matches = stored is not None and version in (None, stored["version"])
        assert self.runner.run(self.store.delete("papers", document_id, version=version)) == matches
        if matches:
            del self.model[document_id]

    @rule(key=texts, owner=st.sampled_from("ab"))
    def claim(self, key: str, owner: str) -> None:
        assert self.runner.run(self.store.claim(key, owner)) == (self.claims.setdefault(key, owner) == owner)
        assert self.runner.run(self.store.holder(key)) == self.claims[key]

    @rule(key=texts, owner=st.sampled_from("ab"))
    def release(self, key: str, owner: str) -> None:
        self.runner.run(self.store.release(key, owner))
        if self.claims.get(key) == owner:
            del self.claims[key]
        assert self.runner.run(self.store.holder(key)) == self.claims.get(key)

    @rule(path=st.sampled_from(["at", "place.town"]), value=values | st.lists(values, max_size=3).map(tuple))
    def count(self, path: str, value: Any) -> None:
        wanted = value if isinstance(value, tuple) else (value,)
        expected = sum(_at(document, path) in wanted for document in self.model.values())
        assert self.runner.run(self.store.count("papers", {path: value})) == expected

    @rule(
        sort=st.sampled_from(["_id", "at", "place.town", "mark"]),
        descending=st.booleans(),
        limit=st.integers(1, 4),
        above=st.none() | st.integers(-5, 5),
    )
    def walk(self, sort: str, descending: bool, limit: int, above: int | None) -> None:
        matching = [d for d in self.model.values() if above is None or (d["mark"] is not None and d["mark"] > above)]
        expected = sorted(matching, key=lambda document: _place(document, sort), reverse=descending)
        ranges = {"mark": Range(above=above)}
        found: list[Document] = []
        cursor: str | None = None
        while not found or cursor:
            query = Query({}, ranges, f"-{sort}" if descending else sort, limit, cursor)
            page = self.runner.run(self.store.find("papers", query))
            assert page.next_cursor is None or len(page.documents) == limit
            found += page.documents
            cursor = page.next_cursor
            if not page.documents:
                break
        assert found == expected

    @invariant()
    def every_document_is_as_it_was_written(self) -> None:
        for document_id, document in self.model.items():
            assert self.runner.run(self.store.get("papers", document_id)) == document


def _at(document: Document, path: str) -> Any:
    value: Any = document
    for name in path.split("."):
        value = value.get(name)
        if value is None:
            return None
    return value


def _place(document: Document, sort: str) -> tuple[bool, Any, bytes]:
    value = _at(document, sort)
    if isinstance(value, str):
        value = value.encode()
    return value is not None, value if value is not None else 0, document["_id"].encode()


TestModelled = Modelled.TestCase
TestModelled.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
