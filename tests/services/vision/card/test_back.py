"""The emblem side: found either way up, doubted where something may be missing, and never made of anything else."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.vision.card.back import read_back
from services.vision.card.upright import Reading
from services.vision.decode import Image, Picture
from services.vision.domain import BACK_FIELDS
from services.vision.models import Models
from tests.support.specimen import specimen


def read(models: Models, image: Image) -> Reading:
    return read_back(models, Picture(cv2.imencode(".jpg", image)[1].tobytes()))


def opened(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@pytest.mark.parametrize("upside_down", [False, True])
def test_three_fields_are_read_with_their_places_whichever_way_is_up(models: Models, upside_down: bool) -> None:
    shown = specimen(43, "desk", "back", upside_down=upside_down)
    report = read_back(models, Picture(shown.jpeg)).report
    assert {key: field.text for key, field in report.fields.items()} == shown.truth
    assert (report.findings, report.fallbacks) == ((), 0)
    assert report.located
    long = float(np.linalg.norm(shown.corners[1] - shown.corners[0]))
    assert np.abs(np.array(report.located) - shown.corners).max() < 0.03 * long
    for field in report.fields.values():
        assert field.box
        middle = np.mean(field.box, axis=0)
        assert cv2.pointPolygonTest(shown.corners, (float(middle[0]), float(middle[1])), False) > 0


def test_a_term_that_no_card_is_issued_for_is_doubted(models: Models) -> None:
    odd = replace(specimen(43).person, valid_from="2015-03-01", valid_until="2022-03-01")
    report = read_back(models, Picture(specimen(43, "flat", "back", who=odd).jpeg)).report
    assert [report.fields[key].text for key in ("valid_from", "valid_until")] == ["2015-03-01", "2022-03-01"]
    doubted = {finding.field for finding in report.findings if finding.code == "vision.card.field_doubtful"}
    assert doubted == {"valid_from", "valid_until"}


def test_a_covered_authority_is_not_made_up(models: Models) -> None:
    shown = specimen(43, "flat", "back")
    card = opened(shown.jpeg)
    high, wide = card.shape[:2]
    card[int(0.67 * high) : int(0.79 * high), int(0.15 * wide) :] = card[int(0.6 * high), wide // 2]
    fields = read(models, card).report.fields
    assert fields["issuing_authority"].text is None
    assert fields["valid_until"].text in (shown.truth["valid_until"], None)


@pytest.mark.parametrize("what", ["portrait side", "wall"])
def test_a_picture_of_something_else_gives_three_nulls(models: Models, what: str) -> None:
    shown = opened(specimen(43).jpeg) if what == "portrait side" else np.full((600, 900, 3), 140, np.uint8)
    report = read(models, shown).report
    assert {key: field.text for key, field in report.fields.items()} == dict.fromkeys(BACK_FIELDS)
    assert report.located is None
