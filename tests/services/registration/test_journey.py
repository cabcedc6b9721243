"""The candidate's journey over HTTP: from the first notice to approval, and what happens on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from services.registration.handlers import events
from services.registration.handlers.publishing import published
from services.registration.reference.domain import PriorResult, Published, Results, RollEntry, Score, Seat
from tests.services.registration.support import PROGRAMME, REVIEWER, Running, candidate
from tests.shared.programme.examples import FOUR, number, pupil

ME = candidate()


async def test_from_the_first_notice_to_approval(running: Running) -> None:
    path = await running.submitted(ME)
    view = await running.ok(ME, "GET", path)
    assert (view["state"], view["stage"], view["payment"]["status"]) == ("submitted", "payment", "due")
    assert view["shown"] == {"city": "太原市", "district": "小店区", "school": "文华中学"}
    assert view["identity"]["status"] == "matched"
    await running.paid(ME, path)
    view = await running.ok(ME, "GET", path)
    assert (view["stage"], view["payment"]["status"], view["locked_subjects"]) == ("done", "paid", True)
    file = await running.ok(REVIEWER, "POST", f"/review{path}/claim")
    assert (file["state"], file["identity"]["distance"]) == ("under_review", 0.31)
    await running.ok(REVIEWER, "POST", f"/review{path}/approve", {"version": file["version"]})
    view = await running.ok(ME, "GET", path)
    assert view["state"] == "approved"
    assert {mark["state"] for mark in view["stages"]} == {"done"}
    whats = [entry["what"] for entry in view["timeline"]]
    assert whats.count("order_paid") == 1
    assert whats[-1] == "approved"
    assert {entry["by"] for entry in view["timeline"]} == {""}


async def test_events_are_told_once_each_and_hold_nothing_personal(running: Running) -> None:
    path = await running.submitted(ME)
    told = await running.told(path.rpartition("/")[2])
    assert [event["type"].split(".")[1] for event in told] == [
        "identity_check_requested",
        "identity_check_requested",
        "portrait_verified",
        "application_submitted",
    ]
    text = str(told)
    assert number() not in text and "王小明" not in text and "15111111111" not in text


async def test_personal_data_are_sealed_at_rest(running: Running) -> None:
    path = await running.submitted(ME)
    document = await running.deps.applications.store.get("applications", path.rpartition("/")[2])
    text = str(document)
    assert number() not in text and "王小明" not in text and "15111111111" not in text


async def test_order_of_stages_is_the_servers(running: Running) -> None:
    view = await running.ok(ME, "POST", "/applications", {"programme": PROGRAMME})
    path = f"/applications/{view['id']}"
    body = {"values": {"name": "王小明"}}
    assert await running.refused(ME, "PATCH", f"{path}/fields", body) == (409, "stage.not_reached")
    assert await running.refused(ME, "POST", f"{path}/register") == (409, "stage.not_reached")
    assert (await running.refused(ME, "PUT", f"{path}/subjects", {"subjects": []}))[1] == "stage.not_reached"
    assert await running.refused(ME, "POST", f"{path}/stages/exam/accept") == (404, "stage.not_found")


async def test_fields_are_kept_as_typed_each_with_its_verdict(running: Running) -> None:
    path = await running.at_form(ME)
    view = await running.ok(ME, "PATCH", f"{path}/fields", {"values": {"id_number": "123", "phone": "15111111111"}})
    assert view["values"]["id_number"] == "123"
    assert view["verdicts"]["id_number"] == {"ok": False, "code": "id_number.length", "params": {}}
    assert view["verdicts"]["phone"]["ok"]
    status, answer = await running.call(ME, "POST", f"{path}/register")
    assert (status, answer["code"]) == (400, "application.incomplete")
    assert (await running.ok(ME, "GET", path))["missing"] == answer["errors"]
    assert "/attachments/portrait" in {error["pointer"] for error in answer["errors"]}


async def test_the_card_fills_the_form(running: Running) -> None:
    path = await running.at_form(ME)
    view = await running.attach(ME, path, "id_card", "a")
    assert view["identity"]["status"] == "requested"
    await running.answered(path, "read")
    view = await running.ok(ME, "GET", path)
    assert view["identity"]["fields"]["name"] == {"text": "王小明", "confidence": 0.98}
    assert {name: view["values"][name] for name in ("id_number", "name", "gender")} == {
        "id_number": number(),
        "name": "王小明",
        "gender": "female",
    }
    assert view["identity"]["distance"] is None


async def test_a_card_of_somebody_else_goes_to_a_person_and_does_not_stop_the_candidate(running: Running) -> None:
    path = await running.filled(ME)
    await running.attach(ME, path, "portrait", "c")
    await running.answered(path, name="李大力", order=13)
    view = await running.ok(ME, "GET", path)
    assert view["identity"]["status"] == "needs_review"
    assert {each["field"] for each in view["identity"]["differences"]} == {"id_number", "name"}
    await running.ok(ME, "POST", f"{path}/register")
    await running.ok(ME, "PUT", f"{path}/subjects", {"subjects": list(FOUR)})
    file = await running.ok(REVIEWER, "POST", f"/review{path}/claim")
    body = {"version": file["version"]}
    assert await running.refused(REVIEWER, "POST", f"/review{path}/approve", body) == (409, "review.identity_open")
    file = await running.ok(REVIEWER, "POST", f"/review{path}/identity-confirm", body)
    await running.ok(REVIEWER, "POST", f"/review{path}/approve", {"version": file["version"]})


async def test_returning_candidates_are_offered_what_their_results_allow(running: Running) -> None:
    path = await running.filled(ME)
    person = running.deps.reference.person(number())
    failed = [PriorResult("history", exam, False) for exam in ("2023-06", "2023-12")]
    results = [*failed, PriorResult("biology", "2023-12", False), PriorResult("geography", "2023-12", True)]
    await running.deps.reference.prior_results.add(person, Results(person, results))
    view = await running.ok(ME, "POST", f"{path}/register")
    options = {option["id"]: option for option in view["subject_options"]}
    assert options["history"]["reason"]["code"] == "barred"
    assert options["biology"]["required"]
    assert options["geography"]["reason"]["code"] == "passed"
    status, answer = await running.call(ME, "PUT", f"{path}/subjects", {"subjects": list(FOUR)})
    assert status == 400
    assert {(error["pointer"], error["code"]) for error in answer["errors"]} == {
        ("/subjects/history", "subject.barred"),
        ("/subjects/geography", "subject.passed"),
    }
    await running.ok(ME, "PUT", f"{path}/subjects", {"subjects": ["biology"]})


async def test_the_school_roll_is_compared(running: Running) -> None:
    path = await running.at_form(ME)
    values = pupil(gender="")
    view = await running.ok(ME, "PATCH", f"{path}/fields", {"values": values})
    assert view["verdicts"]["name"]["code"] == "roll.absent"
    person = running.deps.reference.person(number())
    entry = RollEntry(person, "王小朋", "14010501", "senior_1", "12")
    await running.deps.reference.roll_entries.add(person, entry)
    view = await running.ok(ME, "GET", path)
    assert view["verdicts"]["name"] == {"ok": True, "code": "roll.differs", "params": {}}


async def test_the_roll_judges_a_few_persons_of_one_draft_so_that_nobody_tries_names(running: Running) -> None:
    path = await running.at_form(ME)
    person = running.deps.reference.person(number())
    await running.deps.reference.roll_entries.add(person, RollEntry(person, "王小朋", "14010501", "senior_1", "12"))
    codes = []
    for at in range(25):
        values = pupil(gender="", name="王" + chr(0x5F20 + at))
        view = await running.ok(ME, "PATCH", f"{path}/fields", {"values": values})
        codes.append(view["verdicts"]["name"]["code"])
    assert codes == ["roll.differs"] * 20 + [""] * 5
    view = await running.ok(ME, "PATCH", f"{path}/fields", {"values": {"name": "王小朋"}})
    assert view["verdicts"]["name"] == {"ok": True, "code": "", "params": {}}


async def test_the_roll_is_looked_up_by_the_name_however_its_dot_is_typed(running: Running) -> None:
    person = running.deps.reference.person(number())
    entry = RollEntry(person, "阿依古丽·热合曼", "14010501", "senior_1", "12")
    await running.deps.reference.roll_entries.add(person, entry)
    for name, found in (("阿依古丽・热合曼", True), (" 阿依古丽 · 热合曼", True), ("阿依古丽", False)):
        answer = await running.ok(ME, "POST", "/roll/lookup", {"id_number": number(), "name": name})
        assert answer["found"] is found


async def test_a_choice_is_kept_once_it_may_be_submitted_and_submits_nothing(running: Running) -> None:
    path = await running.filled(ME)
    await running.ok(ME, "POST", f"{path}/register")
    assert await running.refused(ME, "PUT", f"{path}/choice", {"subjects": ["history"]}) == (400, "subjects.refused")
    kept = await running.ok(ME, "PUT", f"{path}/choice", {"subjects": FOUR})
    assert (kept["choice"], kept["subjects"], kept["state"]) == (list(FOUR), [], "draft")
    again = await running.ok(ME, "PUT", f"{path}/choice", {"subjects": FOUR})
    assert again["version"] == kept["version"]
    sent = await running.ok(ME, "PUT", f"{path}/subjects", {"subjects": FOUR})
    assert (sent["choice"], sent["subjects"], sent["state"]) == ([], list(FOUR), "submitted")


async def test_returned_then_edited_then_reviewed_again(running: Running) -> None:
    path = await running.submitted(ME)
    file = await running.ok(REVIEWER, "GET", f"/review{path}")
    body = {"version": file["version"], "reason_code": "name_wrong", "remark": "请核对姓名"}
    await running.ok(REVIEWER, "POST", f"/review{path}/return", body)
    view = await running.ok(ME, "GET", path)
    assert view["review"]["reason"]["zh"] == "姓名与证件不一致"
    assert (view["review"]["field"], view["review"]["remark"]) == ("name", "请核对姓名")
    assert next(mark["state"] for mark in view["stages"] if mark["id"] == "fill") == "needs_change"
    await running.ok(ME, "PATCH", f"{path}/fields", {"values": {"phone": "15111111112"}})
    view = await running.ok(ME, "POST", f"{path}/resubmit")
    assert view["state"] == "submitted"


async def test_ticket_and_scores_show_after_approval_and_not_before_their_time(running: Running) -> None:
    path = await running.submitted(ME)
    person = running.deps.reference.person(number(), PROGRAMME)
    records = Published(
        person,
        "2026070117",
        [Seat("history", "2026-07-01 09:00", "文华中学", "03", "17")],
        [Score("history", "A", True)],
    )
    await running.deps.reference.published_records.add(person, records)
    view = await running.ok(ME, "GET", path)
    assert (view["ticket"], view["scores"]) == (None, [])
    file = await running.ok(REVIEWER, "GET", f"/review{path}")
    await running.ok(REVIEWER, "POST", f"/review{path}/approve", {"version": file["version"]})
    application = await running.deps.applications.get(path.rpartition("/")[2])
    programme = running.deps.programme(PROGRAMME)
    early = programme.publication.tickets_at
    assert early is not None
    shown = await published(application, programme, deps=running.deps, now=early - timedelta(seconds=1))
    assert shown == (None, [])
    view = await running.ok(ME, "GET", path)
    assert (view["ticket"]["number"], view["ticket"]["seats"][0]["seat"]) == ("2026070117", "17")
    assert view["scores"] == [
        {"subject": "history", "title": {"zh": "历史", "en": "History"}, "grade": "A", "result": "passed"}
    ]


async def test_the_sweep_asks_again_and_then_lets_the_person_go_on(running: Running) -> None:
    path = await running.filled(ME)
    await running.attach(ME, path, "portrait", "c")
    moment = datetime.now(UTC)
    assert await events.sweep(deps=running.deps, clock=lambda: moment) == 0
    for turn, status in ((1, "requested"), (2, "needs_review")):
        later = moment + timedelta(seconds=100 * turn)
        assert await events.sweep(deps=running.deps, clock=partial(_same, later)) == 1
        assert (await running.ok(ME, "GET", path))["identity"]["status"] == status
    assert await events.sweep(deps=running.deps, clock=lambda: moment + timedelta(days=1)) == 0
    asked = [event for event in await running.told(path.rpartition("/")[2]) if "check" in event["type"]]
    assert asked[-1]["subject"] == asked[-2]["subject"]


def _same(moment: datetime) -> datetime:
    return moment


async def test_programmes_tell_what_pages_need_and_no_thresholds(running: Running) -> None:
    listed = await running.ok(ME, "GET", "/programmes")
    assert listed["items"][0]["id"] == PROGRAMME
    view = await running.ok(ME, "GET", f"/programmes/{PROGRAMME}")
    assert {"stages", "notices", "fields", "materials", "subjects", "fee", "portrait", "account"} <= set(view)
    assert "0.45" not in str(view)
    assert await running.refused(ME, "GET", "/programmes/other") == (404, "programme.not_found")
