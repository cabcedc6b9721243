"""Subjects that a later change of the form has made wrong (000.14 to 000.17): whoever can mend it is told why."""

from __future__ import annotations

import pytest

from tests.services.registration.support import PROGRAMME, REVIEWER, Json, Running, candidate
from tests.shared.programme.examples import EIGHT, FOUR

ME = candidate()
MISSING = {f"/subjects/{name}" for name in EIGHT if name not in FOUR} | {"/subjects/foreign_language"}


async def changed(running: Running, path: str, **values: str) -> Json:
    return await running.ok(ME, "PATCH", f"{path}/fields", {"values": values})


def wrong(view: Json) -> set[str]:
    return {each["pointer"] for each in view["subjects_wrong"]}


@pytest.mark.parametrize("paid", [False, True])
async def test_a_changed_grade_is_told_to_both_sides_with_a_reason_per_subject(running: Running, paid: bool) -> None:
    path = await running.submitted(ME)
    if paid:
        await running.paid(ME, path)
    assert wrong(await running.ok(ME, "GET", path)) == set()
    view = await changed(running, path, grade="senior_2")
    assert wrong(view) == MISSING
    reasons = {each["pointer"]: each["code"] for each in view["subjects_wrong"]}
    assert reasons["/subjects/chinese"] == "subject.required_first"
    assert reasons["/subjects/foreign_language"] == "subject.group_missing"
    assert wrong(await running.ok(REVIEWER, "GET", f"/review{path}")) == MISSING
    assert wrong(await changed(running, path, grade="senior_1")) == set()


async def test_a_school_of_another_kind_has_other_subjects_too(running: Running) -> None:
    path = await running.filled(ME)
    await changed(running, path, grade="senior_2")
    await running.ok(ME, "POST", f"{path}/register")
    assert wrong(await running.ok(ME, "GET", path)) == set(), "nothing is wrong with what was never chosen"
    await running.ok(ME, "PUT", f"{path}/subjects", {"subjects": [*EIGHT, "english"]})
    view = await changed(running, path, school="14010502")
    assert "/subjects/chinese" in wrong(view) and "/subjects/history" not in wrong(view)


async def test_unpaid_they_keep_a_reviewer_from_approving_and_paid_they_are_the_reviewers_to_judge(
    running: Running,
) -> None:
    path = await running.submitted(ME)
    await changed(running, path, grade="senior_2")
    file = await running.ok(REVIEWER, "POST", f"/review{path}/claim")
    body = {"version": file["version"]}
    assert await running.refused(REVIEWER, "POST", f"/review{path}/approve", body) == (409, "application.incomplete")
    await running.paid(ME, path)
    file = await running.ok(REVIEWER, "GET", f"/review{path}")
    assert wrong(file) == MISSING
    done = await running.ok(REVIEWER, "POST", f"/review{path}/approve", {"version": file["version"]})
    assert (done["state"], done["programme"], done["subjects_wrong"]) == ("approved", PROGRAMME, [])
