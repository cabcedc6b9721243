"""Candidates are told once, at the right number, and not too often."""

from __future__ import annotations

import asyncio
import json
import string
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from services.notify.content import content
from services.notify.domain import CodeQuota, queued, take_code
from services.notify.store import CONTACTS, DELIVERIES, OUTBOX
from services.notify.templates import CATALOGUE, text
from shared.errors import DomainError
from shared.events.identity import ContactChanged, PasswordChanged, StaffPhoneLeft, WechatUnbound
from shared.events.payment import OrderPaid, OrderRefunded
from shared.events.registration import ApplicationApproved, ApplicationSubmitted, IdentityDecided
from shared.store import Query
from shared.tokens import Actor
from tests.services.notify.conftest import PHONE, SERVICE, Running

MINUTE = timedelta(minutes=1)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def approved(candidate: str = "candidate") -> ApplicationApproved:
    return ApplicationApproved(subject="application", occurred_at=AT, programme="p", candidate_id=candidate)


async def test_a_candidate_is_told_once_however_often_the_event_comes(running: Running) -> None:
    registered, event = running.registered(), approved()
    for each in (registered, event, event, registered, event):
        await running.hear(each)
    texts = [each["text"] for each in await running.outbox()]
    assert sorted(texts) == sorted(
        ["【报考】您的账号已注册。请妥善保管密码，并继续完成报名。", "【报考】您的报名已通过审核。"]
    )


async def test_a_message_that_comes_before_its_contact_waits_for_it(running: Running) -> None:
    await running.hear(approved())
    assert await running.outbox() == []
    await running.hear(running.registered())
    assert await running.sweep(MINUTE) == 1
    assert len(await running.outbox()) == 2
    assert await running.sweep(MINUTE) == 0


async def test_a_message_for_nobody_is_given_up_after_a_day(running: Running) -> None:
    await running.hear(approved("stranger"))
    await running.sweep(timedelta(days=2))
    await running.hear(running.registered("stranger"))
    await running.sweep(timedelta(hours=1))
    assert len(await running.outbox()) == 1


async def test_many_messages_at_once_are_each_sent_once(running: Running) -> None:
    running.generous()
    await running.hear(running.registered())
    await asyncio.gather(*(running.hear(approved()) for _ in range(200)))
    await running.sweep(MINUTE)
    found = await running.store.count(OUTBOX, {})
    assert found == 201
    assert await running.store.count(DELIVERIES, {"state": "sent"}) == 201


async def test_an_interrupted_message_is_sent_by_the_sweep_and_not_twice(running: Running) -> None:
    await running.hear(running.registered())
    event = approved()
    await running.hear(event)
    delivery_id = f"{event.event_id}-sms"
    async with running.desk.deliveries.edit(delivery_id) as work:
        # As a crash leaves it that comes after sending and before writing that down.
        work.state.state, work.state.due_at, work.state.sent_at = "queued", running.now, None
    assert await running.sweep(MINUTE) == 1
    assert len(await running.outbox()) == 2
    assert (await running.desk.deliveries.get(delivery_id)).state == "sent"


async def test_a_changed_number_gets_the_later_messages_and_an_older_event_does_not_change_it_back(
    running: Running,
) -> None:
    old = running.registered()
    sealed = running.desk.vault.seal("15900001111", "contact|phone|candidate")
    running.now += MINUTE
    changed = ContactChanged(subject="candidate", occurred_at=running.now, programme="p", sealed_contact=sealed)
    for each in (changed, old, approved()):
        await running.hear(each)
    assert {each["to_masked"] for each in await running.outbox()} == {"159****1111"}


async def test_a_number_that_is_left_is_told_so_once_and_hears_nothing_more(running: Running) -> None:
    await running.hear(running.registered())
    sealed = running.desk.vault.seal("15900001111", "contact|phone|candidate")
    running.now += MINUTE
    changed = ContactChanged(subject="candidate", occurred_at=running.now, programme="p", sealed_contact=sealed)
    for each in (changed, changed, approved()):
        await running.hear(each)
    old = [each["text"] for each in await running.outbox() if each["to_masked"] == "138****5678"]
    assert len(old) == 2 and "改用其他手机号" in old[0]
    assert len([each for each in await running.outbox() if each["to_masked"] == "159****1111"]) == 2
    again = ContactChanged(subject="candidate", occurred_at=running.now + MINUTE, programme="p", sealed_contact=sealed)
    await running.hear(again)
    assert len([each for each in await running.outbox() if "改用其他手机号" in each["text"]]) == 1
    deliveries = (await running.desk.deliveries.find(Query())).items
    assert all(each.left is None and each.to is None for each in deliveries)


async def test_the_left_number_is_told_after_a_crash_before_the_new_one_was_kept(running: Running) -> None:
    await running.hear(running.registered())
    sealed = running.desk.vault.seal("15900001111", "contact|phone|candidate")
    running.now += MINUTE
    changed = ContactChanged(subject="candidate", occurred_at=running.now, programme="p", sealed_contact=sealed)
    left = f"{changed.event_id}-left-sms"
    # As a crash leaves it: written down, neither sent nor the contact changed.
    await running.desk.deliveries.add(left, queued(left, "candidate", "contact_left", {}, running.now, PHONE))
    await running.hear(changed)
    await running.sweep(MINUTE)
    told = [each["to_masked"] for each in await running.outbox() if "改用其他手机号" in each["text"]]
    assert told == ["138****5678"]
    stored = json.dumps((await running.store.find(DELIVERIES, Query())).documents)
    assert PHONE not in stored


@pytest.mark.parametrize(("why", "words"), [("changed", "改用其他手机号"), ("closed", "已注销")])
async def test_a_number_that_is_no_longer_a_member_of_staffs_is_told_so_once(
    running: Running, why: Literal["changed", "closed"], words: str
) -> None:
    sealed = running.desk.vault.seal(PHONE, "contact|phone|member")
    left = StaffPhoneLeft(subject="member", occurred_at=AT, sealed_contact=sealed, why=why)
    for each in (left, left):
        await running.hear(each)
    (told,) = await running.outbox()
    assert (told["to_masked"], words in told["text"], "管理员" in told["text"]) == ("138****5678", True, True)
    assert PHONE not in json.dumps((await running.store.find(DELIVERIES, Query())).documents)


async def test_no_number_stands_anywhere_in_clear(running: Running) -> None:
    await running.hear(running.registered())
    await running.hear(PasswordChanged(subject="candidate", occurred_at=AT, programme="p"))
    for collection in (CONTACTS, DELIVERIES, OUTBOX):
        for document in (await running.store.find(collection, Query())).documents:
            assert PHONE not in json.dumps(document)
    assert [each["to_masked"] for each in await running.outbox()] == ["138****5678"] * 2


async def test_a_given_up_wechat_is_told_to_the_owner(running: Running) -> None:
    await running.hear(running.registered())
    await running.hear(WechatUnbound(subject="candidate", occurred_at=AT, programme="p"))
    assert any("已解除微信绑定" in each["text"] for each in await running.outbox())


async def test_the_days_budget_puts_messages_off_to_the_next_day(running: Running) -> None:
    await running.hear(running.registered())
    for _ in range(60):
        await running.hear(approved())
    shown = len(await running.outbox())
    assert 8 <= shown <= 32
    assert await running.sweep(timedelta(hours=1)) == 0
    # Half past midnight here; in Greenwich it is still the same day.
    assert await running.sweep(timedelta(hours=3, minutes=30)) == 61 - shown
    assert len(await running.outbox()) > shown


async def test_codes_are_limited_per_number(running: Running) -> None:
    assert await running.codes(0) == (204, "")
    assert await running.codes(1) == (429, "code.too_soon")
    for number in range(2, 11):
        running.now += MINUTE
        assert await running.codes(number) == (204, "")
    running.now += MINUTE
    assert await running.codes(11) == (429, "code.too_many")
    assert len(await running.outbox()) == 10
    running.now += timedelta(days=1)
    assert await running.codes(12) == (204, "")


async def test_the_days_codes_of_a_number_begin_anew_at_midnight_here(running: Running) -> None:
    midnight = running.now.replace(hour=16, minute=0, second=0)
    for number in range(10):
        running.now = midnight - (9 - number) * MINUTE - MINUTE / 2
        assert await running.codes(number) == (204, "")
    for after, told in ((-1, (429, "code.too_soon")), (1, (429, "code.too_soon")), (31, (204, ""))):
        running.now = midnight + timedelta(seconds=after)
        assert await running.codes(20 + after) == told, after


async def test_only_services_may_send_codes_and_candidates_see_no_outbox(running: Running) -> None:
    candidate = Actor("candidate", "candidate")
    body = {"id": "m", "subject": "c", "sealed_contact": "x", "code": "123456"}
    assert (await running.call("POST", "/codes", candidate, body))[0] == 403
    assert (await running.call("GET", "/outbox", candidate))[0] == 403
    assert (await running.call("POST", "/codes", SERVICE, body | {"code": "12"}))[0] == 400
    assert (await running.call("POST", "/codes", SERVICE, body))[0] == 400


def test_waiting_seconds_are_told() -> None:
    quota = CodeQuota("n", AT, [AT])
    with pytest.raises(DomainError) as refusal:
        take_code(quota, AT + timedelta(seconds=40), AT + timedelta(seconds=20))
    assert refusal.value.params == {"seconds": 21}


@pytest.mark.parametrize("template", CATALOGUE)
def test_every_template_is_there_in_both_languages_with_the_same_values(template: str) -> None:
    names = [
        {name for _, name, _, _ in string.Formatter().parse(CATALOGUE[template][locale]) if name}
        for locale in ("zh-CN", "en")
    ]
    assert names[0] == names[1]
    params = dict.fromkeys(names[0], "1")
    assert len(text(template, params, "zh-CN")) <= 70
    assert text(template, params, "en").startswith("[baokao] ")


def test_what_is_told_depends_on_the_event() -> None:
    common = {"subject": "s", "occurred_at": AT, "programme": "p", "candidate_id": "c"}
    submitted = {**common, "amount_fen": 3000, "description": "d"}
    order = {**common, "application_id": "a", "amount_fen": 2999}
    told = [
        content(ApplicationSubmitted.model_validate(submitted)),
        content(ApplicationSubmitted.model_validate(submitted | {"amount_fen": 0})),
        content(ApplicationSubmitted.model_validate(submitted | {"resubmitted": True})),
        content(IdentityDecided.model_validate(common | {"decision": "refused"})),
        content(OrderPaid.model_validate(order | {"channel": "wechat", "paid_at": AT})),
        content(OrderRefunded.model_validate(order | {"duplicate": True, "reason": "paid_twice"})),
        content(OrderRefunded.model_validate(order | {"duplicate": True, "reason": "amount_mismatch"})),
        content(OrderRefunded.model_validate(order | {"duplicate": False, "reason": "withdrawn"})),
    ]
    assert told == [
        ("application_submitted_fee", {"amount": "30.00"}),
        ("application_submitted", {}),
        ("application_resubmitted", {}),
        ("identity_refused", {}),
        ("order_paid", {"amount": "29.99"}),
        ("payment_returned", {"amount": "29.99"}),
        ("payment_sent_back", {"amount": "29.99"}),
        ("order_refunded", {"amount": "29.99"}),
    ]
    assert {name for name, _ in told} <= set(CATALOGUE)
