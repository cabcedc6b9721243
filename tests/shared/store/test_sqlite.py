"""SQLite's own matters: files, group commit, indexes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from stat import S_IMODE

import pytest

from shared.store import Index, Query, Range, Unavailable
from shared.store import sqlite_sql as sql
from shared.store.paging import Position, Stretch
from shared.store.sqlite import SqliteStore
from shared.store.sqlite_thread import Done, SqliteThread


async def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    async with SqliteStore.open(tmp_path / "new" / "store.db") as store:
        await store.insert("papers", {"_id": "a", "version": 1})
        files = list((tmp_path / "new").iterdir())
        assert len(files) == 3
        assert {S_IMODE(file.stat().st_mode) for file in files} == {0o600}


async def test_data_and_indexes_survive_being_opened_again(tmp_path: Path) -> None:
    for indexes in [(), (Index("papers", ("at",)),), (Index("papers", ("at",)), Index("others", ("x-y.z",)))]:
        async with SqliteStore.open(tmp_path / "store.db", indexes) as store:
            await store.insert("papers", {"_id": str(len(indexes)), "version": 1})
            assert await store.count("papers", {}) == len(indexes) + 1


async def test_a_caller_that_goes_away_does_not_stop_the_others(tmp_path: Path) -> None:
    async with SqliteStore.open(tmp_path / "store.db") as store:
        writes = [
            asyncio.ensure_future(store.insert("papers", {"_id": str(number), "version": 1})) for number in range(20)
        ]
        await store.ping()
        await asyncio.gather(*writes[1:])
        gone = asyncio.ensure_future(store.insert("papers", {"_id": "gone", "version": 1}))
        kept = asyncio.ensure_future(store.insert("papers", {"_id": "kept", "version": 1}))
        await asyncio.sleep(0)
        gone.cancel()
        await kept
        assert await store.count("papers", {"_id": "kept"}) == 1


async def test_a_full_disk_refuses_writes_and_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    thread = SqliteThread()
    await thread.open(tmp_path / "store.db")
    await thread.run("CREATE TABLE papers (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    await thread.run("SELECT 1")
    await _set_max_pages(thread, 40)
    writes = [thread.run("INSERT INTO papers VALUES (?, ?)", (number, "x" * 3_000)) for number in range(300)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    await _set_max_pages(thread, 10_000)
    rows = {number for (number,) in (await thread.run("SELECT id FROM papers")).rows}
    assert {number for number, outcome in enumerate(outcomes) if isinstance(outcome, Done)} == rows
    assert {type(outcome) for outcome in outcomes if not isinstance(outcome, Done)} == {Unavailable}
    assert (await thread.run("INSERT INTO papers VALUES (1000, 'x')")).changed == 1
    await thread.close()


async def _set_max_pages(thread: SqliteThread, pages: int) -> None:
    await thread.run(f"PRAGMA max_page_count = {pages}")


SORTED = Query(equal={"school": "s", "status": "new"}, sort="-at")
HERE = Position("2026-01-01", "x")


@pytest.mark.parametrize(
    ("query", "stretch", "start"),
    [
        (Query(equal={"pending": True}), Stretch.ALL, None),
        (Query(equal={"pending": True}), Stretch.BEYOND, Position("x", "x")),
        (SORTED, Stretch.ALL, None),
        (SORTED, Stretch.BEYOND, HERE),
        (SORTED, Stretch.NULLS, HERE),
        (SORTED, Stretch.NULLS_BEYOND, Position(None, "x")),
        (Query(sort="place.town"), Stretch.BEYOND, HERE),
        (Query(sort="place.town", ranges={"place.town": Range(above="a", below="b")}), Stretch.ALL, None),
        (Query(equal={"school": ("a", "b")}), Stretch.ALL, None),
        (Query(), Stretch.BEYOND, Position("x", "x")),
    ],
)
async def test_indexes_serve_filters_order_and_pages(query: Query, stretch: Stretch, start: Position | None) -> None:
    indexes = (Index("papers", ("school", "status", "at")), Index("papers", ("place.town",)))
    thread = SqliteThread()
    await thread.open(":memory:")
    for statement in [*sql.schema("papers"), *map(sql.index, indexes)]:
        await thread.run(statement)
    text, values = sql.select("papers", query, stretch, start, 50)
    steps = [row[3] for row in (await thread.run(f"EXPLAIN QUERY PLAN {text}", values)).rows]
    await thread.close()
    assert "INDEX" in steps[0]
    # "One of" visits the index once per value and has to sort what it finds.
    assert len(steps) == (2 if isinstance(query.equal.get("school"), tuple) else 1)
