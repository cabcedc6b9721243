"""One bad picture takes down one job; the same pictures are looked at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.vision.check import CheckSettings
from services.vision.domain import Refusal
from services.vision.pool import Pool, fingerprint
from shared.programme.identity_check import FaceBands
from tests.support.hostile import hostile
from tests.support.specimen import specimen


async def test_hostile_pictures_lose_only_themselves(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    shown = specimen(71)
    async with Pool(1, models_folder) as pool:
        bad = [pool.check(hostile(seed)[1], None, None, settings) for seed in range(40)]
        *refused, good = await asyncio.gather(*bad, pool.check(shown.jpeg, None, None, settings))
    assert good.card
    assert good.card.fields["id_number"].text == shown.truth["id_number"]
    assert all(report.card and (report.card.refusal or report.card.located is None) for report in refused)


async def test_a_job_past_its_time_is_refused_and_the_next_is_done(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    shown = specimen(72, "phone")
    async with Pool(1, models_folder, seconds=0.3) as pool:
        late = await pool.check(shown.jpeg, shown.jpeg, shown.jpeg, settings)
        small = await pool.check(b"", None, None, settings)
    assert late.card
    assert late.card.refusal is Refusal.CRASHED
    assert small.card
    assert small.card.refusal is Refusal.EMPTY


async def test_the_same_pictures_are_looked_at_once(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    content = specimen(73).jpeg
    async with Pool(1, models_folder) as pool:
        first = await pool.check(content, None, None, settings)
        assert await pool.check(content, None, None, settings) is first
        assert await pool.check(content, content, None, settings) is not first


def test_an_answer_is_for_these_pictures_in_these_places_under_these_demands(models_folder: Path) -> None:
    settings = CheckSettings(models=models_folder)
    strict = CheckSettings(models=models_folder, bands=FaceBands(match=0.3, review=0.4))
    keys = [
        fingerprint((b"a", None, b"b"), settings),
        fingerprint((b"a", b"b", None), settings),
        fingerprint((b"ab", None, b""), settings),
        fingerprint((b"a", None, b"b"), strict),
    ]
    assert len(set(keys)) == 4
    assert fingerprint((b"a", None, b"b"), settings) == keys[0]
