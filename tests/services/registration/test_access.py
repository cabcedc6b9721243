"""Who may see and do what: a two-person matrix over every operation, staff by role and by scope."""

from __future__ import annotations

import pytest

from services.registration.api import candidate as candidate_api
from services.registration.api import staff as staff_api
from services.registration.api.candidate import Api
from shared.errors import DomainError
from shared.tokens import Actor, cash_resource
from tests.services.registration.support import (
    ELSEWHERE,
    FINANCE,
    OTHER_REVIEWER,
    PROGRAMME,
    REVIEWER,
    SAME_CITY,
    Running,
    candidate,
)

ME, OTHER = candidate("me"), candidate("other")
BODIES: dict[str, object] = {
    "/fields": {"values": {"phone": "15111111112"}},
    "/attachments/portrait": {"upload_id": "a" * 32, "object_key": "a" * 64},
    "/choice": {"subjects": ["history"]},
    "/subjects": {"subjects": ["history"]},
}


def operations(running: Running) -> list[tuple[str, str]]:
    """Every operation on one application, of candidates and of staff."""
    api = Api(running.deps, running.tokens)
    routes = [*candidate_api.routes(api), *staff_api.routes(api)]
    found = [(route.method, route.path) for route in routes if "/applications/{id}" in route.path]
    return [(method, path.format(id="{id}", stage="violations", kind="portrait")) for method, path in found]


async def test_no_operation_answers_another_candidate_about_mine(running: Running) -> None:
    mine = (await running.submitted(ME)).rpartition("/")[2]
    before = await running.deps.applications.get(mine)
    tried = operations(running)
    assert len(tried) == 19
    for method, path in tried:
        target = path.replace("{id}", mine)
        body = BODIES.get(path.partition("{id}")[2])
        status, _ = await running.refused(OTHER, method, target, body)
        assert status == (403 if target.startswith("/review") else 404), target
    assert await running.deps.applications.get(mine) == before


async def test_lists_hold_only_ones_own(running: Running) -> None:
    await running.submitted(ME)
    await running.at_form(OTHER)
    mine = await running.ok(ME, "GET", "/applications?mine=1")
    other = await running.ok(OTHER, "GET", "/applications?mine=1")
    assert {view["id"] for view in mine["items"]}.isdisjoint({view["id"] for view in other["items"]})


async def test_fields_typed_in_a_programme_are_kept_in_ones_own_application(running: Running) -> None:
    mine, others = await running.at_form(ME), await running.at_form(OTHER)
    typed = {"programme": PROGRAMME, "values": {"phone": "15111111119"}}
    kept = await running.ok(ME, "PATCH", "/applications", typed)
    assert kept["id"] == mine.rpartition("/")[2]
    assert kept["values"]["phone"] == "15111111119"
    assert (await running.ok(OTHER, "GET", others))["values"].get("phone") != "15111111119"


async def test_fields_typed_before_the_notices_are_refused(running: Running) -> None:
    typed = {"programme": PROGRAMME, "values": {"phone": "15111111119"}}
    assert await running.refused(ME, "PATCH", "/applications", typed) == (409, "stage.not_reached")
    elsewhere = Actor("candidate", "me", "posts")
    assert (await running.refused(elsewhere, "PATCH", "/applications", typed))[0] == 403


@pytest.mark.parametrize("actor", [Actor("service", "gateway"), FINANCE, REVIEWER])
async def test_what_candidates_do_nobody_does_for_them(running: Running, actor: Actor) -> None:
    path = await running.at_form(ME)
    typed = {"programme": PROGRAMME, "values": {}}
    assert (await running.refused(actor, "PATCH", "/applications", typed))[0] == 403
    assert (await running.refused(actor, "PATCH", f"{path}/fields", {"values": {}}))[0] == 403


async def test_staff_without_a_reviewing_role_see_no_files(running: Running) -> None:
    path = await running.submitted(ME)
    for method, target in (("GET", "/review/queue"), ("GET", "/review/summary"), ("GET", f"/review{path}")):
        assert await running.refused(FINANCE, method, target) == (403, "actor.role_missing")


async def test_staff_see_only_the_schools_of_their_scope(running: Running) -> None:
    path = await running.submitted(ME)
    file = f"/review{path}"
    version = (await running.ok(REVIEWER, "GET", file))["version"]
    for method, action in (("GET", ""), ("POST", "/claim"), ("POST", "/approve"), ("POST", "/return")):
        body = {"version": version, "reason_code": "other", "remark": "x"} if method == "POST" else None
        assert (await running.refused(ELSEWHERE, method, file + action, body))[0] == 404
    assert (await running.ok(ELSEWHERE, "GET", "/review/queue"))["items"] == []
    assert (await running.ok(ELSEWHERE, "GET", "/review/queue?school=14010501"))["items"] == []
    assert (await running.ok(ELSEWHERE, "GET", "/review/summary"))["states"]["submitted"] == 0
    assert len((await running.ok(SAME_CITY, "GET", "/review/queue"))["items"]) == 1
    assert (await running.ok(ELSEWHERE, "POST", "/review/search", {"q": "王小明"}))["items"] == []
    assert len((await running.ok(SAME_CITY, "POST", "/review/search", {"q": "王小明"}))["items"]) == 1
    assert (await running.ok(SAME_CITY, "GET", file))["id"] in path


async def test_a_file_comes_with_the_word_that_this_clerk_may_take_cash_for_it(running: Running) -> None:
    path = await running.submitted(ME)
    shown = await running.ok(SAME_CITY, "GET", f"/review{path}")
    running.tokens.check_grant(shown["cash_grant"], cash_resource(shown["id"], SAME_CITY))
    assert (await running.ok(ME, "GET", path))["cash_grant"] == ""


async def test_finance_learns_whose_money_it_is_and_no_more(running: Running) -> None:
    mine = (await running.submitted(ME)).rpartition("/")[2]
    asked = {"ids": [mine, "0" * 32]}
    assert await running.ok(FINANCE, "POST", "/applications/names", asked) == {"names": {mine: "王**"}}
    assert (await running.refused(REVIEWER, "POST", "/applications/names", asked))[0] == 403
    assert (await running.refused(ME, "POST", "/applications/names", asked))[0] == 403
    assert (await running.refused(FINANCE, "POST", "/applications/names", {"ids": ["x"]}))[0] == 400


async def test_identity_alone_learns_where_candidates_apply(running: Running) -> None:
    who, asked = candidate("a" * 32), {"ids": ["a" * 32, "b" * 32]}
    path = await running.submitted(who)
    school = (await running.deps.applications.get(path.rpartition("/")[2])).school
    told = await running.ok(Actor("service", "identity"), "POST", "/applications/schools", asked)
    assert told == {"schools": {"a" * 32: school}} and school
    for other in (ME, who, REVIEWER, FINANCE):
        assert (await running.refused(other, "POST", "/applications/schools", asked))[0] == 403


@pytest.mark.parametrize("role", ["school", "point", "city"])
async def test_an_office_with_bounds_but_no_scope_sees_nothing(running: Running, role: str) -> None:
    path = await running.submitted(ME)
    unbound = Actor("staff", "staff-9", roles=(role,))
    assert (await running.ok(unbound, "GET", "/review/queue"))["items"] == []
    assert (await running.refused(unbound, "GET", f"/review{path}"))[0] == 404
    assert len((await running.ok(REVIEWER, "GET", "/review/queue"))["items"]) == 1


async def test_a_session_of_another_programme_begins_nothing_here(running: Running) -> None:
    foreign = Actor("anonymous", "somebody", "another-exam")
    body = {"programme": "qualification-2024"}
    assert await running.refused(foreign, "POST", "/applications", body) == (403, "actor.not_allowed")


async def test_drafts_are_nobodys_business_but_their_candidates(running: Running) -> None:
    path = await running.filled(ME)
    assert await running.refused(REVIEWER, "GET", f"/review{path}") == (404, "application.not_found")


async def test_pictures_come_with_a_grant_for_exactly_that_upload(running: Running) -> None:
    path = await running.submitted(ME)
    attachments = (await running.ok(REVIEWER, "GET", f"/review{path}"))["attachments"]
    assert attachments
    for each in attachments.values():
        running.tokens.check_grant(each["url_grant"], f"upload:{each['upload_id']}")
        with pytest.raises(DomainError, match=r"token\.invalid"):
            running.tokens.check_grant(each["url_grant"], f"upload:{'b' * 32}")


async def test_a_picture_with_a_grant_for_another_upload_is_refused(running: Running) -> None:
    path = await running.at_form(ME)
    body = {"upload_id": "a" * 32, "object_key": "a" * 64, "grant": running.tokens.grant("upload:" + "b" * 32)}
    assert await running.refused(ME, "PUT", f"{path}/attachments/portrait", body) == (401, "token.invalid")


async def test_the_queue_is_by_state_and_school_and_one_person_is_found_by_number_or_name(running: Running) -> None:
    first = await running.submitted(candidate("one"), 12)
    second = await running.submitted(candidate("two"), 14)
    ids = [item["id"] for item in (await running.ok(REVIEWER, "GET", "/review/queue?school=14010501"))["items"]]
    assert ids == [first.rpartition("/")[2], second.rpartition("/")[2]]
    application = await running.deps.applications.get(ids[1])
    number = application.values["id_number"].lower()
    found = await running.ok(REVIEWER, "POST", "/review/search", {"q": number})
    assert [item["id"] for item in found["items"]] == [ids[1]]
    named = await running.ok(REVIEWER, "POST", "/review/search", {"q": "王小明"})
    assert {item["id"] for item in named["items"]} == set(ids)
    assert (await running.ok(REVIEWER, "POST", "/review/search", {"q": "王大明"}))["items"] == []
    await running.ok(REVIEWER, "POST", f"/review{first}/claim")
    summary = await running.ok(REVIEWER, "GET", "/review/summary")
    assert (summary["states"]["submitted"], summary["states"]["under_review"]) == (1, 1)
    assert summary["schools"] == [{"id": "14010501", "title": "文华中学", "waiting": 1}]


async def test_two_reviewers_and_a_stale_page(running: Running) -> None:
    path = await running.submitted(ME)
    file = f"/review{path}"
    stale = (await running.ok(REVIEWER, "GET", file))["version"]
    version = (await running.ok(REVIEWER, "POST", f"{file}/claim"))["version"]
    assert await running.refused(OTHER_REVIEWER, "POST", f"{file}/claim") == (409, "review.claimed")
    assert await running.refused(REVIEWER, "POST", f"{file}/approve", {"version": stale}) == (409, "review.stale")
    body = {"version": version}
    assert await running.refused(OTHER_REVIEWER, "POST", f"{file}/approve", body) == (409, "review.claimed")
    done = await running.ok(REVIEWER, "POST", f"{file}/approve", body)
    undo = {"version": done["version"]}
    assert await running.refused(OTHER_REVIEWER, "POST", f"{file}/undo", undo) == (403, "review.decided_by_other")
    assert (await running.ok(REVIEWER, "POST", f"{file}/undo", undo))["state"] == "submitted"
