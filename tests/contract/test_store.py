"""What every store does with documents and claims: one suite, every adapter, the real servers included."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.errors import Duplicate
from shared.store import Document, Query, Store

RARE = "𠮷野家 𡈽 㐂 \U000323af é ‏ \x00 \t 👩‍👩‍👧"


def paper(paper_id: str, version: int = 1, **fields: Any) -> Document:
    return {"_id": paper_id, "version": version, **fields}


async def test_a_document_comes_back_equal(store: Store) -> None:
    document = paper(
        "a",
        name=RARE,
        flags={"yes": True, "no": False, "none": None},
        numbers=[0, -1, 2**40, 1.5, 1e-9],
        nested={"deep": [{"er": [[], {}, [{"st": "x"}]]}], RARE.replace("\x00", ""): 1},
        outbox=['{"id": "1", "body": "{\\"a\\": 1}"}', "{}"],
        empty="",
    )
    await store.insert("papers", document)
    assert await store.get("papers", "a") == document


async def test_an_insertion_leaves_the_document_of_the_caller_as_it_was(store: Store) -> None:
    document = paper("a", place={"town": "x"})
    await store.insert("papers", document)
    assert document == paper("a", place={"town": "x"})


async def test_a_big_document_comes_back_equal(store: Store) -> None:
    document = paper("big", rows=[f"{RARE}{n}" for n in range(4_000)])
    assert len(str(document["rows"]).encode()) > 200_000
    await store.insert("papers", document)
    assert await store.replace("papers", document | {"version": 2}, version=1)
    assert await store.get("papers", "big") == document | {"version": 2}


@pytest.mark.parametrize("document_id", [RARE.replace("\x00", ""), "a" * 200, "a.b$c", "'; DROP TABLE papers; --"])
async def test_an_id_is_any_text(store: Store, document_id: str) -> None:
    await store.insert("papers", paper(document_id))
    assert await store.get("papers", document_id) == paper(document_id)
    assert await store.claim(document_id, "owner")
    assert await store.holder(document_id) == "owner"


async def test_a_second_document_with_an_id_is_refused_and_changes_nothing(store: Store) -> None:
    await store.insert("papers", paper("a", mark=1))
    with pytest.raises(Duplicate):
        await store.insert("papers", paper("a", mark=2))
    assert await store.get("papers", "a") == paper("a", mark=1)
    await store.insert("others", paper("a", mark=3))
    assert await store.get("others", "a") == paper("a", mark=3)


async def test_of_simultaneous_insertions_one_succeeds(store: Store) -> None:
    tries = [store.insert("papers", paper("a", mark=n)) for n in range(40)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    (winner,) = [n for n, outcome in enumerate(outcomes) if outcome is None]
    assert sum(isinstance(outcome, Duplicate) for outcome in outcomes) == 39
    assert await store.get("papers", "a") == paper("a", mark=winner)


async def test_replace_compares_the_version(store: Store) -> None:
    await store.insert("papers", paper("a", mark=1, gone="x"))
    assert not await store.replace("papers", paper("a", 3, mark=2), version=2)
    assert await store.replace("papers", paper("a", 2, mark=3), version=1)
    assert not await store.replace("papers", paper("a", 2, mark=4), version=1)
    assert await store.get("papers", "a") == paper("a", 2, mark=3)


async def test_replace_does_not_create(store: Store) -> None:
    assert not await store.replace("papers", paper("a", 2), version=1)
    assert await store.get("papers", "a") is None


async def test_sixty_simultaneous_writers_lose_no_change(store: Store) -> None:
    await store.insert("papers", paper("a", 0, marks=[]))

    async def add(mark: int) -> None:
        while True:
            old = await store.get("papers", "a")
            assert old
            new = old | {"version": old["version"] + 1, "marks": [*old["marks"], mark]}
            if await store.replace("papers", new, version=old["version"]):
                return

    await asyncio.gather(*(add(mark) for mark in range(60)))
    last = await store.get("papers", "a")
    assert last
    assert last["version"] == 60
    assert sorted(last["marks"]) == list(range(60))


async def test_delete_says_whether_there_was_a_document(store: Store) -> None:
    await store.insert("papers", paper("a"))
    assert await store.delete("papers", "a")
    assert not await store.delete("papers", "a")
    assert await store.get("papers", "a") is None


async def test_delete_compares_the_version_when_it_is_given(store: Store) -> None:
    await store.insert("papers", paper("a"))
    assert await store.replace("papers", paper("a", 2), version=1)
    assert not await store.delete("papers", "a", version=1)
    assert await store.get("papers", "a") == paper("a", 2)
    assert await store.delete("papers", "a", version=2)


async def test_a_collection_that_was_never_written_is_empty(store: Store) -> None:
    assert await store.get("unheard", "a") is None
    assert (await store.find("unheard", Query(sort="-at"))).documents == []
    assert await store.count("unheard", {}) == 0
    assert not await store.delete("unheard", "a")
    assert not await store.replace("unheard", paper("a", 2), version=1)


@pytest.mark.parametrize("name", ["claims", "sqlite_x", "Papers", 'a"b', "a b", ""])
async def test_a_name_that_is_no_collection_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="collection"):
        await store.get(name, "a")


async def test_a_claim_has_one_holder(store: Store) -> None:
    assert await store.holder("key") is None
    assert await store.claim("key", "first")
    assert await store.claim("key", "first")
    assert not await store.claim("key", "second")
    assert await store.holder("key") == "first"


async def test_only_the_holder_releases_a_claim(store: Store) -> None:
    await store.claim("key", "first")
    await store.release("key", "second")
    await store.release("unheard", "first")
    assert await store.holder("key") == "first"
    await store.release("key", "first")
    assert await store.holder("key") is None
    assert await store.claim("key", "second")


async def test_of_simultaneous_claims_one_succeeds(store: Store) -> None:
    won = await asyncio.gather(*(store.claim("key", f"owner{n}") for n in range(60)))
    assert sum(won) == 1
    assert await store.holder("key") == f"owner{won.index(True)}"


async def test_a_store_names_its_collections_and_not_its_claims(store: Store) -> None:
    before = set(await store.collections())
    await store.insert("papers", paper("a"))
    await store.insert("more_papers", paper("a"))
    await store.claim("a key", "owner")
    assert set(await store.collections()) == before | {"papers", "more_papers"}
