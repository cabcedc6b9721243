"""Neither number, name, phone, password nor code of anybody stands in logs, metrics or addresses (security.md 17)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs

from deploy.local.demo.seed import PROGRAMME
from shared.settings import Platform
from tests.attacks.support import csrf_of
from tests.attacks.test_codes_crossed import account_of
from tests.services.gateway.by_sms import NEW, OLD, account, at_code, code_to, signed_in
from tests.services.gateway.conftest import Person
from tests.services.gateway.test_issued import PUPILS, SCHOOL, enter, issue
from tests.support.waiting import settles

NAME, NUMBER = "蔺无双", "110101200707279417"


async def test_the_ways_in_and_what_fails_on_them_are_told_without_anybody_in_it(
    people: Sequence[Person], platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = people
    login, phone = await account(platform, 71)
    sibling, _ = await account(platform, 72)
    async with account_of(platform, PROGRAMME, sibling) as work:
        work.state.phone = phone
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:

        async def failed() -> bool:
            return "code_not_sent" in str(logs)

        page = await at_code(one, platform, login, phone)
        code = await code_to(platform, phone)
        await at_code(other, platform, sibling, phone)
        await settles(failed)
        page = await one.press(page, "/reset/sms/code", {"code": code})
        await one.press(page, "/reset/sms/password", {"new": NEW, "again": NEW})
        assert not await signed_in(one, login, OLD)
        pupil, activation = await issue(other, PUPILS, NAME, NUMBER)
        page = await enter(other, platform, PUPILS, pupil, activation)
        assert (await other.post("/first/roll", {"csrf": csrf_of(page), "name": NAME, "school": SCHOOL})).status == 400
    told = [str(logs), caplog.text, generate_latest(REGISTRY).decode(), *one.asked, *other.asked]
    secrets = (login, phone, pupil, NAME, activation, activation.replace("-", ""), OLD, NEW, code)
    assert [secret for secret in secrets if any(secret in text for text in told)] == []
    assert "/sessions/login" in told[2], "what is looked at is what there is"
