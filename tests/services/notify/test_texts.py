"""A text that a provider has not approved: told at the start, waited for, and in nobody else's way."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession

from deploy.local.sms_secrets import make_sms_secrets
from services.notify import main
from services.notify.settings import Settings
from shared.events.identity import PasswordChanged, WechatUnbound
from shared.settings import PRIVATE_PORT_OFFSET
from tests.services.notify.conftest import Providers, Running
from tests.support.platform import platform_in_thread

NEW = "wechat_unbound"
MINUTE = timedelta(minutes=1)


def forget(file: Path, text: str) -> None:
    """Make the file one that was written before there was this text."""
    account = json.loads(file.read_text())
    del account["templates"][text]
    file.write_text(json.dumps(account))


def approved(providers: Providers, number: int) -> dict[str, str]:
    """The texts that a channel has numbers for."""
    templates: dict[str, str] = providers.channels[number]._account.templates  # type: ignore[attr-defined]
    return templates


def test_only_channels_in_use_are_looked_at_and_only_what_lacks_is_named(tmp_path: Path) -> None:
    folder = make_sms_secrets(tmp_path)
    both = Settings(channels=["aliyun", "tencent"])
    assert main.remarks(both, folder) == []
    forget(folder / "tencent.json", NEW)
    (remark,) = main.remarks(both, folder)
    assert remark.startswith(f"{folder / 'tencent.json'} has no number for: {NEW}. ")
    assert "services/notify/templates.py" in remark
    assert main.remarks(Settings(channels=["aliyun"]), folder) == []
    assert main.remarks(Settings(channels=["outbox"]), tmp_path / "nowhere") == []


async def test_the_service_starts_and_its_readiness_and_its_log_say_what_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_sms_secrets(tmp_path / "secrets") / "aliyun.json"
    forget(file, NEW)
    monkeypatch.setenv("BAOKAO_NOTIFY__CHANNELS", '["aliyun", "tencent"]')
    with structlog.testing.capture_logs() as log, platform_in_thread(tmp_path, (main.service,)) as platform:
        port = platform.port_of("notify") + PRIVATE_PORT_OFFSET
        async with ClientSession() as http, http.get(f"http://{platform.host}:{port}/readyz") as answer:
            status, told = answer.status, await answer.json()
    assert status == 200
    (remark,) = told["to_mend"]
    assert str(file) in remark and NEW in remark and "tencent" not in remark
    assert [(line["log_level"], line["remark"]) for line in log if line["event"] == "to_mend"] == [("error", remark)]


async def test_messages_of_other_texts_go_and_this_one_goes_once_it_is_approved(
    running: Running, providers: Providers
) -> None:
    code = approved(providers, 0).pop(NEW)
    del approved(providers, 1)[NEW]
    await running.hear(running.registered())
    await running.hear(WechatUnbound(subject="candidate", programme="p", occurred_at=running.now))
    await running.hear(PasswordChanged(subject="candidate", programme="p", occurred_at=running.now))
    assert await running.codes(1) == (204, "")
    assert len(providers.aliyun.provider.taken) == 3
    await running.sweep(MINUTE)
    assert len(providers.aliyun.provider.taken) == 3
    approved(providers, 0)[NEW] = code
    await running.sweep(MINUTE * 10)
    await running.sweep(MINUTE * 10)
    assert [each.template for each in providers.aliyun.provider.taken].count(code) == 1


async def test_the_other_channel_takes_what_only_one_lacks(running: Running, providers: Providers) -> None:
    del approved(providers, 0)[NEW]
    await running.hear(running.registered())
    await running.hear(WechatUnbound(subject="candidate", programme="p", occurred_at=running.now))
    assert (len(providers.aliyun.provider.taken), len(providers.tencent.provider.taken)) == (1, 1)
