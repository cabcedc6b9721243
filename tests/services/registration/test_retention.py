"""What is deleted when (security.md 15), and that documents is told of every picture that goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.registration.domain import retention
from services.registration.handlers import events
from shared.events.registration import PicturesReleased, PortraitVerified
from tests.services.registration.support import PROGRAMME, REVIEWER, Json, Running, candidate

ME = candidate()


async def published(running: Running, application_id: str) -> list[Json]:
    """What waited to be published, as if the relay had published it now."""
    told = await running.told(application_id)
    store = running.deps.applications.store
    document = await store.get("applications", application_id)
    assert document is not None
    cleared = document | {"outbox": [], "pending": False, "version": document["version"] + 1}
    assert await store.replace("applications", cleared, version=document["version"])
    return told


def released(told: list[Json]) -> list[str]:
    """The first digit of each picture's key."""
    mine = [event for event in told if event["type"] == PicturesReleased.TYPE]
    return sorted(picture["object_key"][0] for event in mine for picture in event["pictures"])


@pytest.mark.parametrize("way", ["left", "swept", "declined"])
async def test_an_abandoned_draft_goes_with_its_pictures_once_documents_was_told(running: Running, way: str) -> None:
    path = await running.filled(ME)
    application_id = path.rpartition("/")[2]
    await published(running, application_id)
    later = datetime.now(UTC) + timedelta(days=400)
    if way == "left":
        await running.ok(ME, "POST", f"{path}/withdraw")
    elif way == "declined":
        async with running.deps.applications.edit(application_id) as work:
            work.state.stage = "pledge"
        await running.ok(ME, "POST", f"{path}/stages/pledge/decline")
    else:
        assert await events.sweep(deps=running.deps, clock=lambda: later) == 1
    assert await running.refused(ME, "GET", path) == (404, "application.not_found")
    assert (await running.ok(ME, "GET", "/applications"))["items"] == []
    document = await running.deps.applications.store.get("applications", application_id)
    assert document is not None, "its outbox is all that is left"
    assert (document["id_number_index"], document["name_index"], document["school"]) == ("", "", "")
    await events.sweep(deps=running.deps, clock=lambda: later)
    assert released(await published(running, application_id)) == ["a", "b"]
    await events.sweep(deps=running.deps, clock=lambda: later)
    assert await running.deps.applications.store.get("applications", application_id) is None


async def test_who_left_begins_anew_at_once(running: Running) -> None:
    path = await running.filled(ME)
    await running.ok(ME, "POST", f"{path}/withdraw")
    again = await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME})
    assert path.rpartition("/")[2] != again["id"] and again["stage"] == "violations"
    assert [each["id"] for each in (await running.ok(ME, "GET", "/applications"))["items"]] == [again["id"]]


async def test_a_picture_replaced_in_a_draft_goes_and_one_of_a_registration_stays(running: Running) -> None:
    path = await running.filled(ME)
    application_id = path.rpartition("/")[2]
    await running.attach(ME, path, "portrait", "c")
    assert released(await published(running, application_id)) == ["b"]
    await running.answered(path)
    await running.ok(ME, "POST", f"{path}/register")
    await running.attach(ME, path, "portrait", "d")
    assert released(await published(running, application_id)) == []


async def test_pictures_then_evidence_then_the_file_go_when_the_programme_says(running: Running) -> None:
    path = await running.submitted(ME)
    application_id = path.rpartition("/")[2]
    await running.attach(ME, path, "portrait", "c")
    await running.answered(path)
    told = await published(running, application_id)
    assert [event["portrait_key"][0] for event in told if event["type"] == PortraitVerified.TYPE] == ["b", "c"]
    programme = running.deps.programme(PROGRAMME)
    end, days = retention.end_of(programme), programme.retention

    async def sweep(after: int, minutes: int = 0) -> int:
        moment = end + timedelta(days=after, minutes=minutes)
        return await events.sweep(deps=running.deps, clock=lambda: moment)

    assert await sweep(days.pictures_days, -1) == 0
    assert await sweep(days.pictures_days) == 1
    told = await published(running, application_id)
    assert released(told) == ["a", "b", "c"]
    assert [event["portrait_key"] for event in told if event["type"] == PortraitVerified.TYPE] == [None]
    file = await running.ok(REVIEWER, "GET", f"/review{path}")
    assert (file["attachments"], file["identity"]["status"]) == ({}, "matched")
    assert await sweep(days.pictures_days) == 0
    assert await sweep(days.evidence_days) == 1
    file = await running.ok(REVIEWER, "GET", f"/review{path}")
    assert (file["identity"]["status"], file["identity"]["fields"]) == ("none", {})
    assert [entry["what"] for entry in file["timeline"]][-2:] == ["pictures_deleted", "evidence_deleted"]
    assert await sweep(days.applications_days, -1) == 0
    assert await sweep(days.applications_days) == 1
    assert await running.deps.applications.store.get("applications", application_id) is None
    store = running.deps.applications.store
    assert await store.holder(f"application|{PROGRAMME}|{ME.id}") is None
