"""The simulated WeChat Pay as the launcher starts it: its own process, its pages, its memory."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from deploy import ROOT
from deploy.local.wechat_pages import OFFERED
from deploy.local.wechat_secrets import make_wechat_secrets
from services.payment.channels import ChannelDown, ChannelRefused
from services.payment.domain.order import Attempt
from services.payment.wechat import WechatPay
from services.payment.wechat_keys import load_keys
from tests.services.payment.support import FEE, now


@asynccontextmanager
async def simulator(folder: Path, port: int) -> AsyncIterator[Process]:
    """The process, until the end of the block."""
    command = ["-m", "deploy.local.wechat_pay", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, env=os.environ | {"BAOKAO_DATA": str(folder)}, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            ready = await process.stdout.readline()
        assert json.loads(ready)["event"] == "ready"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def attempt(number: str = "A" * 29) -> Attempt:
    return Attempt(number, "wechat", FEE, now(), now().replace(year=now().year + 1), None)


async def test_its_money_survives_a_kill_and_its_page_offers_everything(tmp_path: Path) -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as http:
        async with simulator(tmp_path, port):
            wechat = WechatPay(http, url, load_keys(tmp_path / "secrets" / "wechat"), f"{url}/nowhere", pay_page=url)
            paying = attempt()
            page = wechat.pay_url(await wechat.open(paying, "报名费 <b>"))
            assert page is not None
            async with http.get(page) as answer:
                text = await answer.text()
            assert "模拟微信支付 / 演示" in text and "报名费 &lt;b&gt;" in text and "¥30.00" in text
            assert all(f'value="{name}"' in text for name in OFFERED["NOTPAY"])
            async with http.post(page, data={"action": "silent"}) as answer:
                assert "已支付" in await answer.text()
            async with http.post(page, data={"action": "paid"}) as answer:
                text = await answer.text()
                assert text.count("收款 ¥30.00") == 1 and 'value="duplicate"' in text
            async with http.get(f"{url}/pay/unknown") as answer:
                assert answer.status == 404
        async with simulator(tmp_path, port):
            report = await wechat.query(paying)
            assert report.payment is not None and report.payment.amount_fen == FEE
            async with http.get(f"{url}/ledger") as answer:
                (move,) = (await answer.json())["items"]
            assert (move["kind"], move["reference"]) == ("payment", report.payment.reference)


async def test_it_refuses_a_stranger_and_other_values_under_one_number(tmp_path: Path) -> None:
    port = unused_port()
    url = f"http://127.0.0.1:{port}"
    make_wechat_secrets(tmp_path / "other")
    async with aiohttp.ClientSession() as http, simulator(tmp_path, port):
        keys = load_keys(tmp_path / "secrets" / "wechat")
        assert "key=" not in repr(keys), "what a traceback prints of local variables"
        wechat = WechatPay(http, url, keys, url)
        stranger = WechatPay(http, url, load_keys(tmp_path / "other" / "wechat"), url)
        with pytest.raises(ChannelDown):  # the answer is not signed by the platform this stranger knows
            await stranger.open(attempt(), "fee")
        paying = attempt()
        assert await wechat.open(paying, "fee") == await wechat.open(paying, "fee")
        with pytest.raises(ChannelRefused) as refusal:
            await wechat.open(paying, "another fee")
        assert refusal.value.reason == "OUT_TRADE_NO_USED"
        assert (await wechat.close(paying)).state == "closed"
        assert (await wechat.close(paying)).state == "closed"
        assert (await wechat.query(attempt("B" * 29))).state == "unpaid"


def test_secrets_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = make_wechat_secrets(tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    make_wechat_secrets(tmp_path)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert {path.stat().st_mode & 0o777 for path in before} == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["wechat"]


async def test_it_says_that_it_is_ready_and_ends_on_sigterm_by_itself(tmp_path: Path) -> None:
    """By itself: the first process of a container is not ended by a signal that it does not handle."""
    port = unused_port()
    async with simulator(tmp_path, port) as process, aiohttp.ClientSession() as http:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
            assert answer.status == 200
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
