"""Finding in every store: filters, order, pages."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shared.errors import DomainError
from shared.store import Document, Query, Range, Store

ATS = [None, "2026-03-01", None, "2026-01-01", "2026-02-01", "2026-02-01", "2026-02-01", "缺", "𠮷", "2026-01-01"]


@pytest.fixture
async def papers(store: Store) -> list[Document]:
    """Ten papers in the store: nulls, a missing field, equal values, text beyond the BMP."""
    documents: list[Document] = []
    for number, at in enumerate(ATS):
        document: Document = {"_id": f"p{number}", "version": 1, "at": at, "school": f"s{number % 2}"}
        document |= {"mark": number, "pending": number < 4, "place": {"town": f"t{number % 3}", "street": None}}
        documents.append(document)
    del documents[2]["at"]
    for document in random.Random(1).sample(documents, len(documents)):
        await store.insert("papers", document)
    return documents


async def ids(store: Store, query: Query) -> list[str]:
    return [document["_id"] for document in (await store.find("papers", query)).documents]


async def walk(store: Store, query: Query) -> list[str]:
    """Ids of all pages."""
    found: list[str] = []
    cursor = None
    for _ in range(100):
        page = await store.find("papers", Query(query.equal, query.ranges, query.sort, query.limit, cursor))
        found += [document["_id"] for document in page.documents]
        cursor = page.next_cursor
        if cursor is None:
            return found
        assert len(page.documents) == query.limit
    raise AssertionError("the pages do not end")


def in_order(documents: list[Document], key: str, descending: bool = False) -> list[str]:
    def place(document: Document) -> tuple[bool, Any, str]:
        value = document.get(key)
        return value is not None, value if value is not None else "", document["_id"]

    return [document["_id"] for document in sorted(documents, key=place, reverse=descending)]


@pytest.mark.usefixtures("papers")
@pytest.mark.parametrize(
    ("equal", "numbers"),
    [
        ({}, list(range(10))),
        ({"school": "s1"}, [1, 3, 5, 7, 9]),
        ({"school": "s1", "at": "2026-01-01"}, [3, 9]),
        ({"at": None}, [0, 2]),
        ({"at": "𠮷"}, [8]),
        ({"mark": 4}, [4]),
        ({"pending": True}, [0, 1, 2, 3]),
        ({"pending": False, "school": "s0"}, [4, 6, 8]),
        ({"place.town": "t2"}, [2, 5, 8]),
        ({"place.town": "t2", "place.street": None}, [2, 5, 8]),
        ({"place.unheard": "x"}, []),
        ({"_id": ("p1", "p7", "unheard")}, [1, 7]),
        ({"at": ("2026-03-01", "缺")}, [1, 7]),
        ({"at": ("2026-03-01", None)}, [0, 1, 2]),
        ({"at": (None,)}, [0, 2]),
        ({"at": ()}, []),
        ({"at": "' OR 1=1 --"}, []),
    ],
)
async def test_equality(store: Store, equal: dict[str, Any], numbers: list[int]) -> None:
    assert await ids(store, Query(equal=equal)) == [f"p{number}" for number in numbers]
    assert await store.count("papers", equal) == len(numbers)


@pytest.mark.usefixtures("papers")
@pytest.mark.parametrize(
    ("ranges", "numbers"),
    [
        ({"mark": Range(above=7)}, [8, 9]),
        ({"mark": Range(at_least=7)}, [7, 8, 9]),
        ({"mark": Range(below=1)}, [0]),
        ({"mark": Range(at_most=1)}, [0, 1]),
        ({"mark": Range(above=1, at_most=3)}, [2, 3]),
        ({"mark": Range()}, list(range(10))),
        ({"at": Range(below="2026-02-01")}, [3, 9]),
        ({"at": Range(above="2026-03-01")}, [7, 8]),
        ({"at": Range(at_least="2026-01-01", below="2026-03"), "mark": Range(above=4)}, [5, 6, 9]),
        ({"_id": Range(above="p8")}, [9]),
    ],
)
async def test_ranges_never_match_nulls(store: Store, ranges: dict[str, Range], numbers: list[int]) -> None:
    assert await ids(store, Query(ranges=ranges)) == [f"p{number}" for number in numbers]


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 11])
@pytest.mark.parametrize("sort", ["at", "-at", "_id", "-_id", "mark", "-mark", "pending"])
async def test_pages_give_each_document_once_in_order(
    store: Store, papers: list[Document], sort: str, limit: int
) -> None:
    expected = in_order(papers, sort.removeprefix("-"), sort.startswith("-"))
    assert await walk(store, Query(sort=sort, limit=limit)) == expected


@pytest.mark.parametrize("sort", ["at", "-at"])
async def test_pages_of_a_filtered_set(store: Store, papers: list[Document], sort: str) -> None:
    expected = in_order([one for one in papers if one["school"] == "s0"], "at", sort == "-at")
    assert await walk(store, Query(equal={"school": "s0"}, sort=sort, limit=2)) == expected


@pytest.mark.parametrize("sort", ["mark", "-mark"])
async def test_pages_within_a_range_of_the_sort_field(store: Store, papers: list[Document], sort: str) -> None:
    inside = [one for one in papers if 2 <= one["mark"] < 9]
    ranges = {"mark": Range(at_least=2, below=9), "_id": Range(above="p2")}
    expected = [one for one in in_order(inside, "mark", sort == "-mark") if one > "p2"]
    assert await walk(store, Query(ranges=ranges, sort=sort, limit=2)) == expected
    both = Query(equal={"mark": 4}, ranges={"mark": Range(at_least=2, below=9)}, sort=sort)
    assert await ids(store, both) == ["p4"]


@pytest.mark.parametrize("sort", ["at", "-at"])
async def test_times_are_ordered_below_the_second(store: Store, sort: str) -> None:
    # nx-27017 as shipped compares whole seconds (deploy/local/mongo_server.py).
    documents = [{"_id": f"p{n}", "version": 1, "at": f"2026-03-01T08:00:00.{(7 * n) % 10}00+00:00"} for n in range(10)]
    for document in documents:
        await store.insert("papers", document)
    assert await walk(store, Query(sort=sort, limit=3)) == in_order(documents, "at", sort == "-at")
    early = Query(ranges={"at": Range(at_most="2026-03-01T08:00:00.200+00:00")})
    assert await ids(store, early) == ["p0", "p3", "p6"]


@pytest.mark.parametrize("sort", ["mark", "-mark"])
async def test_insertions_and_removals_between_pages_shift_nothing(
    store: Store, papers: list[Document], sort: str
) -> None:
    expected = in_order(papers, "mark", sort == "-mark")
    first = await store.find("papers", Query(sort=sort, limit=4))
    before = -1 if sort == "mark" else 99
    for number in range(5):
        await store.insert("papers", {"_id": f"new{number}", "version": 1, "mark": before})
    await store.delete("papers", expected[3])
    second = await store.find("papers", Query(sort=sort, limit=50, cursor=first.next_cursor))
    assert [document["_id"] for document in [*first.documents, *second.documents]] == expected
    assert second.next_cursor is None


@pytest.mark.parametrize("cursor", ["", "x", "é", "bnVsbA==", "WyJhdCIsIHt9LCAiYSJd", "WyJhdCIsIDEsIDJd", "WzEsMl0="])
async def test_a_cursor_that_is_none_of_ours_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(DomainError, match=r"cursor\.invalid"):
        await store.find("papers", Query(sort="at", cursor=cursor))


async def test_a_cursor_of_another_order_is_refused(store: Store, papers: list[Document]) -> None:
    page = await store.find("papers", Query(sort="mark", limit=3))
    with pytest.raises(DomainError, match=r"cursor\.invalid"):
        await store.find("papers", Query(sort="at", limit=3, cursor=page.next_cursor))


@pytest.mark.parametrize("value", [{"$ne": None}, ["a"], b"a"])
async def test_only_scalars_are_compared(store: Store, value: Any) -> None:
    with pytest.raises(TypeError):
        await store.find("papers", Query(equal={"at": value}))
    with pytest.raises(TypeError):
        await store.count("papers", {"at": value})


@pytest.mark.parametrize("path", ["a'b", "$where", "a..b", "", '")--'])
async def test_only_field_paths_are_paths(store: Store, path: str) -> None:
    for query in (Query(equal={path: 1}), Query(sort=path), Query(ranges={path: Range(above=1)})):
        with pytest.raises(ValueError, match="field"):
            await store.find("papers", query)
