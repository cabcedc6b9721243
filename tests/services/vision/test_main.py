"""The service put together: ready only with its networks open, and what it did is on the private port."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.child import connects
from services.vision import main
from services.vision.settings import Settings
from shared.bus import Bus
from shared.files import open_files
from shared.privacy import make_secrets
from shared.runtime import Service, running
from shared.settings import PRIVATE_PORT_OFFSET, Platform
from shared.workers import WorkerDied
from tests.support.platform import free_base_port
from tests.support.specimen import specimen
from tests.support.vision import ANSWERS, Office


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """With one lane, so that one worker opens the networks."""
    monkeypatch.setenv("BAOKAO_VISION__LANES", '["signup"]')
    made = Platform(data=tmp_path, port=free_base_port())
    make_secrets(made.secrets_dir)
    return made


@pytest.mark.parametrize("place", ["models", "elsewhere"])
async def test_a_service_that_cannot_open_its_networks_is_never_ready(
    platform: Platform, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (platform.data / place).write_text("a file where the networks should be")
    if place == "elsewhere":
        monkeypatch.setenv("BAOKAO_VISION__MODELS", str(platform.data / place))
    with pytest.raises(WorkerDied):
        async with running(platform, [main.service]):
            pytest.fail("it said that it was ready")
    assert not connects(platform.port_of("vision") + PRIVATE_PORT_OFFSET)


async def test_what_the_workers_did_is_on_the_private_port(platform: Platform) -> None:
    async with asking(platform) as desk:
        await desk.ready()
        await desk.ask("card", specimen(77).jpeg, specimen(77).jpeg)
        await desk.ask("nothing", b"")
        await desk.answered(2)
        metrics = (await desk.operations("/metrics"))[1]
    for line in (
        'baokao_vision_stage_seconds_count{stage="decode"}',
        'baokao_vision_stage_seconds_count{stage="face_detect"}',
        'baokao_vision_batch_size_count{network="recognise"}',
        'baokao_vision_checks_total{how="looked"}',
        'baokao_vision_outcomes_total{outcome="unreadable"}',
        'baokao_vision_reasons_total{reason="vision.picture.empty"}',
        'baokao_vision_verdicts_total{ok="true",picture="card",rule="number_valid"}',
        "baokao_vision_fallbacks_total",
        "baokao_vision_cpu_seconds_total",
    ):
        assert line in metrics


def test_no_check_outlasts_the_grace_in_which_the_service_has_to_end() -> None:
    assert Settings().check_s < Platform().grace_s


def test_the_bulk_lane_leaves_one_core_to_those_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().bulk_workers == max(1, len(os.sched_getaffinity(0)) - 1)
    monkeypatch.setenv("BAOKAO_VISION__WORKERS", "15")
    assert Settings().bulk_workers == 15


@asynccontextmanager
async def asking(platform: Platform) -> AsyncIterator[Office]:
    """The service in this process, and who asks it over the embedded bus that it opened."""
    opened: list[Bus] = []

    @asynccontextmanager
    async def service(platform: Platform, bus: Bus) -> AsyncIterator[Service]:
        opened.append(bus)
        async with main.service(platform, bus) as made:
            yield made

    async with running(platform, [service]):
        desk = Office(platform, opened[0], open_files("", platform.data / "files"))
        subscription = await desk.bus.subscribe(ANSWERS, desk.receive)
        yield desk
        await subscription.close()
