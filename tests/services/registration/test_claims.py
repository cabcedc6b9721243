"""One application per person, one registration per ID number, one submission per key; nothing left behind."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.registration.handlers import drafts, events
from shared.errors import Conflict
from tests.services.registration.support import PROGRAMME, Running, candidate
from tests.shared.programme.examples import FOUR, number

ME = candidate()


async def test_starting_twice_is_one_application(running: Running) -> None:
    begun = await asyncio.gather(*(running.ok(ME, "POST", "/applications", {"programme": PROGRAMME}) for _ in range(8)))
    assert len({view["id"] for view in begun}) == 1
    mine = await running.ok(ME, "GET", "/applications?mine=1")
    assert [view["id"] for view in mine["items"]] == [begun[0]["id"]]


async def test_a_start_that_crashed_between_claim_and_write_is_mended_by_the_next(running: Running) -> None:
    await running.deps.applications.store.claim(f"application|{PROGRAMME}|{ME.id}", "f" * 32)
    view = await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME})
    assert view["id"] == "f" * 32


async def test_declining_a_notice_leaves_nothing_behind(running: Running) -> None:
    view = await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME})
    path = f"/applications/{view['id']}"
    assert await running.refused(ME, "POST", f"{path}/stages/pledge/decline") == (409, "stage.not_reached")
    await running.ok(ME, "POST", f"{path}/stages/violations/decline")
    assert await running.refused(ME, "GET", path) == (404, "application.not_found")
    again = await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME})
    assert again["id"] != view["id"]


async def test_one_id_number_registers_once_until_it_is_withdrawn(running: Running) -> None:
    first, second = candidate("one"), candidate("two")
    path = await running.submitted(first)
    other = await running.filled(second)
    assert (await running.ok(second, "GET", other))["missing"] == []
    assert (await running.refused(second, "POST", f"{other}/register"))[1] == "application.id_number_taken"
    await running.ok(first, "POST", f"{path}/withdraw")
    view = await running.ok(second, "POST", f"{other}/register")
    assert view["stage"] == "subjects"
    assert (await running.ok(first, "POST", "/applications", {"programme": PROGRAMME}))["state"] == "draft"


async def test_of_two_registering_the_same_number_at_once_one_wins(running: Running) -> None:
    people = [candidate(f"p{place}") for place in range(4)]
    paths = [await running.filled(person) for person in people]
    answers = await asyncio.gather(
        *(running.call(person, "POST", f"{path}/register") for person, path in zip(people, paths, strict=True))
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]


async def test_a_claim_whose_holder_is_gone_does_not_lock_the_number_for_ever(running: Running) -> None:
    first, second = candidate("one"), candidate("two")
    path = await running.submitted(first)
    await running.deps.applications.delete(path.rpartition("/")[2])
    other = await running.filled(second)
    assert (await running.ok(second, "POST", f"{other}/register"))["stage"] == "subjects"


async def test_registering_and_submitting_are_done_once_however_often_they_come(running: Running) -> None:
    path = await running.filled(ME)
    registered = await asyncio.gather(*(running.ok(ME, "POST", f"{path}/register") for _ in range(12)))
    assert {(each["version"], each["stage"]) for each in registered} == {(registered[0]["version"], "subjects")}
    body = {"subjects": list(FOUR)}
    sent = await asyncio.gather(*(running.ok(ME, "PUT", f"{path}/subjects", body) for _ in range(12)))
    assert {(each["version"], each["state"]) for each in sent} == {(sent[0]["version"], "submitted")}
    told = await running.told(path.rpartition("/")[2])
    assert [event["type"] for event in told].count("registration.application_submitted.v1") == 1


async def test_a_field_kept_after_one_has_given_up_begins_anew_before_the_notices(running: Running) -> None:
    kept = {"programme": PROGRAMME, "values": {"name": "张三"}}
    path = await running.submitted(ME)
    assert (await running.ok(ME, "PATCH", "/applications", kept))["id"] == path.rpartition("/")[2]
    await running.ok(ME, "POST", f"{path}/withdraw")
    assert await running.refused(ME, "PATCH", "/applications", kept) == (409, "stage.not_reached")
    begun = (await running.ok(ME, "GET", "/applications"))["items"]
    assert [each["state"] for each in begun] == ["withdrawn", "draft"]


async def test_a_draft_that_is_left_leaves_nothing_behind(running: Running) -> None:
    path = await running.filled(ME)
    await running.ok(ME, "POST", f"{path}/withdraw")
    assert await running.refused(ME, "GET", path) == (404, "application.not_found")


async def test_vision_may_answer_for_an_application_that_is_gone(running: Running) -> None:
    path = await running.filled(ME)
    await running.attach(ME, path, "portrait", "c")
    application = await running.deps.applications.get(path.rpartition("/")[2])
    await drafts.discard(application, deps=running.deps, now=datetime.now(UTC))
    await running.answered(path, check_of=application)
    assert await running.refused(ME, "GET", path) == (404, "application.not_found")


async def test_a_draft_that_nobody_registers_is_deleted_in_time_and_a_registered_one_is_not(running: Running) -> None:
    other = candidate("other")
    left, kept = await running.filled(ME), await running.submitted(other, 14)
    days = timedelta(days=running.deps.programme(PROGRAMME).retention.drafts_days)
    moment = datetime.now(UTC)
    await events.sweep(deps=running.deps, clock=lambda: moment + days - timedelta(minutes=1))
    await running.ok(ME, "GET", left)
    assert await events.sweep(deps=running.deps, clock=lambda: moment + days) == 1
    assert await running.refused(ME, "GET", left) == (404, "application.not_found")
    assert (await running.ok(other, "GET", kept))["state"] == "submitted"
    assert (await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME}))["stage"] == "violations"


@pytest.mark.parametrize("edit", ["field", "picture"])
async def test_the_days_of_a_draft_count_from_its_last_edit_and_not_from_a_machines_answer(
    running: Running, edit: str
) -> None:
    path = await running.filled(ME)
    days = timedelta(days=running.deps.programme(PROGRAMME).retention.drafts_days)
    begun = datetime.now(UTC) - days + timedelta(minutes=1)
    async with running.deps.applications.edit(path.rpartition("/")[2]) as work:
        work.state.created_at, work.state.edited_at = begun, begun
    over = begun + days
    if edit == "field":
        await running.ok(ME, "PATCH", f"{path}/fields", {"values": {"phone": "15111111112"}})
    else:
        await running.attach(ME, path, "portrait", "c")
    await running.answered(path)
    assert await events.sweep(deps=running.deps, clock=lambda: over) == 0
    await running.ok(ME, "GET", path)
    later = datetime.now(UTC) + days
    assert await events.sweep(deps=running.deps, clock=lambda: later) == 1
    assert await running.refused(ME, "GET", path) == (404, "application.not_found")


async def test_a_draft_that_changed_since_it_was_seen_is_not_deleted(running: Running) -> None:
    path = await running.filled(ME)
    seen = await running.deps.applications.get(path.rpartition("/")[2])
    await running.ok(ME, "POST", f"{path}/register")
    with pytest.raises(Conflict):
        await drafts.discard(seen, deps=running.deps, now=datetime.now(UTC))
    assert (await running.ok(ME, "GET", path))["stage"] == "subjects"


async def test_an_account_registers_its_own_id_number_and_no_other(running: Running) -> None:
    own = replace(ME, person=running.deps.vault.person(number(12)))
    path = await running.filled(own, order=14)
    wrong = [{"pointer": "/values/id_number", "code": "id_number.of_another", "params": {}}]
    assert (await running.ok(own, "GET", path))["missing"] == wrong
    status, answer = await running.call(own, "POST", f"{path}/register")
    assert (status, [one["code"] for one in answer["errors"]]) == (400, ["id_number.of_another"])
    store = running.deps.applications.store
    assert await store.holder(running.deps.vault.blind(f"id_number|{PROGRAMME}", number(14))) is None
    await running.ok(own, "PATCH", f"{path}/fields", {"values": {"id_number": number(12)}})
    await running.answered(path, order=12)
    assert (await running.ok(own, "POST", f"{path}/register"))["stage"] == "subjects"
