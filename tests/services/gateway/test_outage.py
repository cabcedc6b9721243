"""When the services behind do not answer, people are told what to do; the demo's helpers exist in the demo only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port

from services.gateway.app import build
from services.gateway.peers import open_peers
from services.gateway.settings import Settings
from shared.settings import Platform
from shared.tokens import Tokens

Client = TestClient[Any, Any]


@pytest.fixture
async def alone() -> AsyncIterator[Client]:
    """A production gateway whose peers are down."""
    nowhere = f"http://127.0.0.1:{unused_port()}"
    peers = dict.fromkeys(("identity", "registration", "payment", "documents", "notify"), nowhere)
    platform = Platform(environment="production", peers=peers)
    async with open_peers(platform, Tokens(b"k" * 32)) as opened:
        async with TestClient(TestServer(build(platform, Settings(), opened))) as client:
            yield client


async def test_an_outage_is_a_page_that_says_what_to_do(alone: Client) -> None:
    answer = await alone.get("/")
    text = await answer.text()
    assert answer.status == 503
    assert "系统暂时忙" in text and "不用重新填写" in text
    assert "演示数据" not in text


async def test_a_part_of_a_page_gets_the_outage_as_data(alone: Client) -> None:
    answer = await alone.get("/form/checks", headers={"HX-Request": "true", "Cookie": "__Host-baokao=x"})
    told = await answer.json()
    assert (answer.status, told["code"]) == (503, "service.unavailable")
    assert len(told["trace_id"]) == 32


async def test_the_status_page_works_and_names_what_is_down(alone: Client) -> None:
    answer = await alone.get("/status")
    assert answer.status == 200
    assert (await answer.text()).count("暂时不可用") == 4


async def test_messages_can_be_read_in_the_demo_only(alone: Client) -> None:
    assert (await alone.get("/dev/outbox")).status == 404


async def test_static_files_are_kept_and_pages_are_not(alone: Client) -> None:
    kept = await alone.get("/static/baokao.css?v=1")
    assert "immutable" in kept.headers["Cache-Control"]
    assert (await alone.get("/static/baokao.css")).headers["Cache-Control"] == "no-cache"
    assert (await alone.get("/help")).headers["Cache-Control"] == "no-store"
    assert (await alone.get("/static/../app.py")).status == 404
