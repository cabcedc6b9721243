"""What registration knows of schools and the school roll, asked as the identity service."""

from __future__ import annotations

from collections.abc import Sequence

from services.identity.handlers.places import Known
from services.identity.notify import IDENTITY
from shared.http import ServiceClient


class Registry:
    """Schools by code and by region; where candidates apply; and one bit of the roll."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def names(self, schools: Sequence[str]) -> dict[str, str]:
        """The names of those of these schools that there are."""
        found = await self._client.json("POST", "/places", IDENTITY, body={"schools": list(schools)})
        return dict(found["names"])

    async def inside(self, regions: Sequence[str]) -> set[str]:
        """The codes of the schools of these regions."""
        found = await self._client.json("POST", "/places", IDENTITY, body={"regions": list(regions), "inside": True})
        return set(found["inside"])

    async def known(self, schools: Sequence[str], regions: Sequence[str]) -> Known:
        """Which of these places there are, so far as any have been imported."""
        body = {"schools": list(schools), "regions": list(regions)}
        found = await self._client.json("POST", "/places", IDENTITY, body=body)
        imported = found["imported"]
        return Known(
            schools=frozenset(found["names"]) if imported["schools"] else None,
            regions=frozenset(found["regions"]) if imported["regions"] else None,
        )

    async def applied_at(self, accounts: Sequence[str]) -> dict[str, str]:
        """The schools or points that these candidates have chosen, by account."""
        body = {"ids": list(accounts)}
        return dict((await self._client.json("POST", "/applications/schools", IDENTITY, body=body))["schools"])

    async def on_roll(self, id_number: str, name: str, school: str) -> bool:
        """Whether the roll has all three together."""
        body = {"id_number": id_number, "name": name, "school": school}
        return bool((await self._client.json("POST", "/roll/match", IDENTITY, body=body))["matches"])
