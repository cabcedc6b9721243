"""One bad picture takes down one job; the same pictures are looked at once. Nothing here depends on speed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import psutil
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.vision.check import CheckSettings
from services.vision.decode import Image
from services.vision.domain import IdentityReport, Refusal
from services.vision.pool import Pool
from tests.support.hostile import KINDS, hostile
from tests.support.portraits import portrait
from tests.support.specimen import specimen

WITHOUT_END = 0.0
TOO_SHORT = 0.001
"""Seconds that no 12-megapixel picture is decoded in."""


def refusal(report: IdentityReport) -> Refusal | None:
    return report.card.refusal if report.card else None


async def test_hostile_pictures_lose_only_themselves(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    shown = specimen(71)
    async with Pool(1, models_folder, seconds=WITHOUT_END) as pool:
        bad = [pool.check(hostile(seed)[1], None, None, settings) for seed in range(len(KINDS))]
        *refused, good = await asyncio.gather(*bad, pool.check(shown.jpeg, None, None, settings))
    assert good.card
    assert good.card.fields["id_number"].text == shown.truth["id_number"]
    assert all(report.card and (report.card.refusal or report.card.located is None) for report in refused)


async def test_a_worker_that_is_killed_loses_its_job_and_the_next_is_done(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    async with Pool(1, models_folder, seconds=WITHOUT_END) as pool:
        (worker,) = workers()
        worker.suspend()
        lost = asyncio.create_task(pool.check(specimen(72).jpeg, None, None, settings))
        await asyncio.sleep(0)
        worker.kill()
        assert refusal(await lost) is Refusal.CRASHED
        assert refusal(await pool.check(b"", None, None, settings)) is Refusal.EMPTY
        assert workers() != [worker]


async def test_a_job_past_its_time_is_refused_and_not_remembered(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    shown = specimen(72, "phone").jpeg
    async with Pool(1, models_folder, seconds=TOO_SHORT) as pool:
        late = [await pool.check(shown, shown, shown, settings) for _ in range(2)]
    assert [refusal(report) for report in late] == [Refusal.CRASHED, Refusal.CRASHED]


async def test_a_picture_that_breaks_a_rule_is_refused_counted_and_logged_without_its_contents(
    models_folder: Path,
) -> None:
    settings = replace(CheckSettings(models=models_folder), bands=None)  # type: ignore[arg-type]
    shown, before = specimen(73).jpeg, crashes()
    async with Pool(1, models_folder, seconds=WITHOUT_END) as pool:
        with capture_logs() as logs:
            assert refusal(await pool.check(shown, None, shown, settings)) is Refusal.CRASHED
            assert (await pool.compare(shown, jpeg(portrait()), False, settings)).reasons == (Refusal.CRASHED.value,)
            assert (await pool.pair(shown, shown, settings)).reasons == (Refusal.CRASHED.value,)
    assert crashes() == before + 2
    assert [(each["event"], each["failure"].rpartition(":")[0]) for each in logs] == [
        ("picture_crashed", "AttributeError at compare.py")
    ] * 2


async def test_a_face_check_counts_its_seconds_and_its_decision(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    known, told = jpeg(portrait()), {"decision": "match"}
    before = [_sample("baokao_vision_face_checks_total", told), _sample("baokao_vision_cpu_seconds_total", {})]
    async with Pool(1, models_folder, seconds=WITHOUT_END) as pool:
        assert (await pool.compare(known, known, False, settings)).decision == "match"
    after = [_sample("baokao_vision_face_checks_total", told), _sample("baokao_vision_cpu_seconds_total", {})]
    assert after[0] == before[0] + 1
    assert after[1] > before[1]


async def test_the_same_pictures_are_looked_at_once(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    content = specimen(73).jpeg
    async with Pool(1, models_folder, seconds=WITHOUT_END) as pool:
        first = await pool.check(content, None, None, settings)
        # What is looked at again takes other milliseconds; what is remembered is the same to the last digit.
        assert await pool.check(content, None, None, settings) == first
        assert await pool.check(content, content, None, settings) != first
    assert first.timings_ms["total"] > 0


async def test_a_pool_that_is_open_has_its_networks_open(models_folder: Path) -> None:
    async with Pool(2, models_folder) as pool:
        opened = [{Path(file.path).name for file in worker.memory_maps()} for worker in workers()]
        assert pool.workers == len(opened)
        assert all(any("onnxruntime" in name for name in names) for names in opened)


SERVICE = """
import asyncio, psutil, sys
from pathlib import Path
from services.vision.pool import Pool
from tests.services.vision.test_pool import workers

async def main():
    async with Pool(2, Path(sys.argv[1])):
        for worker in workers():
            print(worker.memory_full_info().uss >> 20, flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_workers_share_the_networks_that_were_opened_before_they_began(models_folder: Path) -> None:
    environment = {**os.environ, "BAOKAO_VISION__MODELS": str(models_folder)}
    command = [sys.executable, "-c", SERVICE, str(models_folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    unshared = [int(mebibytes) for mebibytes in ended.stdout.split()]
    assert len(unshared) == 2
    assert max(unshared) < 40, "the weights alone are 60"


def workers() -> list[psutil.Process]:
    """The worker processes of this test process: children of the one they are forked from."""
    children = psutil.Process().children()
    servers = [child for child in children if "forkserver" in " ".join(child.cmdline())]
    return [worker for server in servers for worker in server.children()]


def crashes() -> float:
    """How many were counted."""
    return _sample("baokao_vision_checks_total", {"how": "crashed"})


def _sample(name: str, labels: dict[str, str]) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def jpeg(picture: Image) -> bytes:
    """RGB as a file."""
    return cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
