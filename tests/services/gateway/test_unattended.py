"""What a page asks for by itself does not keep a session alive whose owner has left (security.md 13)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.gateway.app import FAMILIES
from services.gateway.live import UNATTENDED
from services.identity.domain.session import token_hash
from shared.runtime import open_store
from shared.settings import Platform
from shared.store import Document
from tests.services.gateway.conftest import Person
from tests.services.gateway.walks import at_form

AWAY = timedelta(minutes=10)


async def session(person: Person, platform: Platform, aged: timedelta = timedelta()) -> Document:
    async with open_store(platform, "identity", ()) as store:
        found = await store.get("sessions", token_hash(person.cookie))
        assert found is not None
        if aged:
            found["last_seen"] = (datetime.fromisoformat(found["last_seen"]) - aged).isoformat()
            assert await store.replace("sessions", found, version=found["version"])
    return found


@pytest.mark.parametrize("path", ["/form/checks", "/form/checks/events", "/payment/status", "/payment/events"])
async def test_a_page_that_asks_by_itself_prolongs_nothing(path: str, person: Person, platform: Platform) -> None:
    await at_form(person)
    left = await session(person, platform, AWAY)
    await person.get(path)
    assert (await session(person, platform))["last_seen"] == left["last_seen"]
    await person.get("/apply")
    assert (await session(person, platform))["last_seen"] > left["last_seen"]


def test_every_live_part_is_marked() -> None:
    routes = [route for family in FAMILIES for route in family.ROUTES]
    watched = {route.path for route in routes if route.handler in UNATTENDED}
    streams = {route.path for route in routes if route.path.endswith("/events")}
    assert streams
    assert streams <= watched
    assert len(watched) == 2 * len(streams), "each stream has a part for polling"
