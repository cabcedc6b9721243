"""What every channel promises, on each of them."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local.sms_provider import BEHAVIOURS, Behaviour, Provider
from deploy.local.sms_secrets import TEMPLATES
from services.notify import wire
from services.notify.channels import Channel, Refused, Report, Sms, Unsure
from services.notify.templates import CATALOGUE
from tests.services.notify.conftest import PHONE, Providers, Running

LATER = timedelta(minutes=5)
NAMES = ("sms", "aliyun", "tencent")


def sms(number: int = 1, phone: str = PHONE) -> Sms:
    return Sms(f"m{number}", phone, "code", {"code": "123456"}, "【报考】验证码 123456")


def named(name: str, running: Running, providers: Providers) -> Channel:
    return next(each for each in (*providers.channels, running.desk.outbox) if each.name == name)


def simulator(name: str, providers: Providers) -> Provider:
    return providers.aliyun.provider if name == "aliyun" else providers.tencent.provider


@pytest.mark.parametrize("name", NAMES)
async def test_a_message_is_taken_and_arrives(name: str, running: Running, providers: Providers) -> None:
    channel = named(name, running, providers)
    await channel.send(sms(), running.now)
    assert (await channel.query(sms(), running.now, running.now)).state in ("sent", "delivered")
    tried, running.now = running.now, running.now + LATER
    assert (await channel.query(sms(), tried, running.now)).state == "delivered"


@pytest.mark.parametrize("name", NAMES)
async def test_what_was_never_sent_is_unknown(name: str, running: Running, providers: Providers) -> None:
    channel = named(name, running, providers)
    await channel.send(sms(1), running.now)
    assert await channel.query(sms(2), running.now, running.now) == Report("unknown")
    assert await channel.query(sms(1, "13900000000"), running.now, running.now) in (
        Report("unknown"),
        Report("delivered"),  # the outbox knows by id alone
    )


@pytest.mark.parametrize("name", NAMES[1:])
async def test_the_provider_gets_number_values_and_our_id(name: str, running: Running, providers: Providers) -> None:
    await named(name, running, providers).send(sms(), running.now)
    (taken,) = simulator(name, providers).taken
    assert (taken.phone, taken.params, taken.our_id) == (PHONE, ["123456"], "m1")


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("behaviour", ["refuse", "throttle"])
async def test_a_refusal_is_told_by_its_code(name: str, behaviour: str, running: Running, providers: Providers) -> None:
    simulator(name, providers).behaviour = behaviour  # type: ignore[assignment]
    with pytest.raises(Refused) as refusal:
        await named(name, running, providers).send(sms(), running.now)
    assert str(refusal.value)
    assert simulator(name, providers).taken == []


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize(("behaviour", "there"), [("swallow", True), ("lose", False)])
async def test_silence_leaves_it_unsure_and_the_query_tells(
    name: str,
    behaviour: str,
    there: bool,
    running: Running,
    providers: Providers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.3)
    simulator(name, providers).behaviour = behaviour  # type: ignore[assignment]
    channel = named(name, running, providers)
    with pytest.raises(Unsure) as doubt:
        await channel.send(sms(), running.now)
    assert doubt.value.__cause__ is None
    assert doubt.value.__suppress_context__, "the cause's text may quote number and code"
    tried, running.now = running.now, running.now + LATER
    report = await channel.query(sms(), tried, running.now)
    assert report.state == ("delivered" if there else "unknown")


@pytest.mark.parametrize("name", NAMES[1:])
async def test_a_message_that_cannot_be_delivered_is_reported_with_the_reason(
    name: str, running: Running, providers: Providers
) -> None:
    simulator(name, providers).behaviour = "fail"
    channel, tried = named(name, running, providers), running.now
    await channel.send(sms(), tried)
    running.now += LATER
    report = await channel.query(sms(), tried, running.now)
    assert report.state == "failed"
    assert report.reason


@pytest.mark.parametrize("name", NAMES[1:])
async def test_nobody_listening_is_a_refusal(name: str, running: Running, providers: Providers) -> None:
    with pytest.raises(Refused, match="unreachable"):
        await providers.channel_to(name, "http://127.0.0.1:1").send(sms(), running.now)


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize(
    ("status", "text"), [(500, "{}"), (502, "<html>"), (200, "<html>"), (200, "{}"), (200, "[1]"), (200, "")]
)
async def test_an_answer_that_says_nothing_leaves_it_unsure(
    name: str, status: int, text: str, running: Running, providers: Providers
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        return web.Response(status=status, body=text.encode(), content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        with pytest.raises(Unsure) as doubt:
            await providers.channel_to(name, str(server.make_url(""))).send(sms(), running.now)
    assert doubt.value.__context__ is None or doubt.value.__suppress_context__, "a cause quotes the request"
    assert asked == ["POST"], "an SDK that tries again would send a second message"


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_no_log_of_an_sdk_holds_number_or_code(
    name: str,
    behaviour: Behaviour,
    running: Running,
    providers: Providers,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(wire, "TIMEOUT_S", 0.3)
    simulator(name, providers).behaviour = behaviour
    with caplog.at_level(logging.DEBUG), suppress(Refused, Unsure):
        await named(name, running, providers).send(sms(), running.now)
    ours = [each.getMessage() for each in caplog.records if each.name != "aiohttp.access"]  # that is the simulator's
    assert not [line for line in ours if PHONE in line or "123456" in line]


@pytest.mark.parametrize("name", NAMES[1:])
async def test_a_wrong_clock_or_key_is_refused(name: str, running: Running, providers: Providers) -> None:
    provider, channel = simulator(name, providers), named(name, running, providers)
    provider.wall = lambda: datetime.now(UTC) + timedelta(minutes=6)
    with pytest.raises(Refused, match="Signature"):
        await channel.send(sms(), running.now)
    provider.wall = lambda: datetime.now(UTC)
    account = (providers.aliyun if name == "aliyun" else providers.tencent).account
    account["access_key_secret" if name == "aliyun" else "secret_key"] = "another"
    with pytest.raises(Refused, match="Signature"):
        await channel.send(sms(), running.now)
    assert (provider.taken, provider.strangers) == ([], 2)


@pytest.mark.parametrize("name", NAMES[1:])
async def test_a_text_that_is_not_approved_is_refused(name: str, running: Running, providers: Providers) -> None:
    with pytest.raises(Refused, match="template_not_approved"):
        await named(name, running, providers).send(Sms("m", PHONE, "new", {}, "new"), running.now)


def test_the_demo_has_every_text_approved() -> None:
    assert set(TEMPLATES) == set(CATALOGUE)
