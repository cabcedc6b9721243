"""Looking reference data up."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from functools import partial
from typing import TypeVar

from services.registration.reference.domain import (
    Import,
    PriorResult,
    Published,
    Questions,
    Region,
    Results,
    RollEntry,
    School,
)
from shared.errors import Duplicate, NotFound
from shared.privacy import Vault
from shared.programme import id_number as id_numbers
from shared.recent import Recent
from shared.store import Index, Query, Store
from shared.store.repository import Repository, Written, unheard

IMPORTS = "imports"
INDEXES = (
    Index("regions", ("parent",)),
    Index("schools", ("region",)),
)
LISTED = 1000
NAMED = 50

T = TypeVar("T")


class Reference:
    """The tables in one store. A missing record is None: it is an ordinary answer here.

    Every view of an application names its places and its school, so these are remembered for half a minute: that long
    an import may take to show in another replica. What is missing is looked for again each time. What is known of a
    person is remembered for a moment: one press of a button asks for it three to five times.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        written: Written = unheard,
        person_s: float = 2.0,
    ) -> None:
        self._vault = vault
        self._recent = Recent()
        self._persons = Recent(person_s)
        self.regions = Repository(store, "regions", Region)
        self.schools = Repository(store, "schools", School)
        self.roll_entries = Repository(store, "roll", RollEntry, vault=vault, sealed=("name",))
        self.roll_questions = Repository(store, "roll_questions", Questions)
        self.prior_results = Repository(store, "results", Results)
        self.published_records = Repository(store, "published", Published)
        self.imports = Repository(store, IMPORTS, Import, written=written)

    async def region(self, code: str) -> Region | None:
        """One region by code, as it was at most half a minute ago; do not change it."""
        return await _or_none(self._recent.get(f"region|{code}", lambda: self.regions.get(code)))

    async def regions_below(self, parent: str) -> list[Region]:
        """Cities (parent ""), or the districts of a city."""
        return (await self.regions.find(Query(equal={"parent": parent}, limit=LISTED))).items

    async def school(self, code: str) -> School | None:
        """One school by code, as it was at most half a minute ago; do not change it."""
        return await _or_none(self._recent.get(f"school|{code}", lambda: self.schools.get(code)))

    async def schools_in(self, region: str, text: str = "") -> list[School]:
        """The schools of a district whose name holds `text`."""
        found = await self.schools.find(Query(equal={"region": region}, limit=LISTED))
        return [school for school in found.items if text in school.name]

    async def schools_below(self, regions: Collection[str]) -> set[str]:
        """The codes of all schools of these districts and of the districts of these cities."""
        found: set[str] = set()
        for region in regions:
            for district in (region, *(each.id for each in await self.regions_below(region))):
                found |= {school.id for school in await self.schools_in(district)}
        return found

    async def has_schools(self) -> bool:
        """Whether any school has been imported."""
        return bool((await self.schools.find(Query(limit=1))).items)

    async def has_regions(self) -> bool:
        """Whether any region has been imported."""
        return bool((await self.regions.find(Query(limit=1))).items)

    async def schools_named(self, text: str) -> list[School]:
        """The first schools of the province whose name holds `text`."""
        found: list[School] = []
        cursor: str | None = None
        while text and len(found) < NAMED:
            page = await self.schools.find(Query(limit=LISTED, cursor=cursor))
            found += [school for school in page.items if text in school.name]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found[:NAMED]

    async def roll(self, id_number: str) -> RollEntry | None:
        """What the school roll says of the bearer of an ID number, as it was a moment ago; do not change it."""
        person = self.person(id_number)
        entry: RollEntry | None = await self._persons.get(
            f"roll|{person}", lambda: _or_none(self.roll_entries.get(person))
        )
        return entry

    async def count_roll_question(self, actor: str, day: str) -> None:
        """Count one question of a person (an anonymous session is one). Raises `roll.too_many`."""
        await self.roll_questions.change(actor, lambda work: work.state.ask(day), first=partial(Questions, actor))

    async def results(self, id_number: str) -> list[PriorResult]:
        """Earlier results of the bearer of an ID number, as they were a moment ago; do not change them."""
        person = self.person(id_number)
        found: Results | None = await self._persons.get(
            f"results|{person}", lambda: _or_none(self.prior_results.get(person))
        )
        return found.items if found else []

    async def published(self, programme: str, id_number: str) -> Published | None:
        """Admission ticket and scores in one programme; None until an office has imported some."""
        return await _or_none(self.published_records.get(self.person(id_number, programme)))

    def person(self, id_number: str, programme: str = "") -> str:
        """The id of a person's records."""
        return self._vault.blind("reference", f"{programme}|{id_numbers.normalise(id_number)}")


async def put(repository: Repository[T], record: str, state: T) -> None:
    """Write a record, new or not."""
    try:
        await repository.add(record, state)
    except Duplicate:
        async with repository.edit(record) as work:
            work.state = state


async def _or_none(found: Awaitable[T]) -> T | None:
    try:
        return await found
    except NotFound:
        return None
