"""From bytes to a report: every field on fresh specimens, null where the number is wrong, reasons for bad pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from services.vision.check import CheckSettings, check_identity, compare_pictures
from services.vision.domain import Refusal
from services.vision.report import as_json
from shared.programme.id_number import check_character
from tests.support.portraits import stranger
from tests.support.specimen import specimen


@pytest.fixture(scope="session")
def settings(models_folder: Path) -> CheckSettings:
    return CheckSettings(models=models_folder, today=date(2026, 1, 1))


@cache
def portrait() -> bytes:
    """The same public-domain face as on the specimens, another crop."""
    astronaut = data.astronaut()  # type: ignore[no-untyped-call]
    return cv2.imencode(".jpg", np.ascontiguousarray(astronaut[0:400, 60:360, ::-1]))[1].tobytes()


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
@pytest.mark.parametrize("seed", [31, 32, 33])
def test_every_field_of_the_front_is_read(settings: CheckSettings, level: str, seed: int) -> None:
    shown = specimen(seed, level, upside_down=seed == 33)
    card = check_identity(shown.jpeg, None, None, settings).card
    assert card
    assert {key: field.text for key, field in card.fields.items()} == shown.truth
    assert card.located
    corners = np.array(card.located)
    assert np.abs(corners - shown.corners).max() < 0.03 * np.linalg.norm(shown.corners[1] - shown.corners[0])


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
def test_both_sides_are_one_report(settings: CheckSettings, level: str) -> None:
    front, back = specimen(41, level), specimen(41, level, "back", upside_down=True)
    card = check_identity(front.jpeg, back.jpeg, None, settings).card
    assert card
    assert {key: field.text for key, field in card.fields.items()} == {**front.truth, **back.truth}


@pytest.mark.parametrize("seed", range(4))
def test_a_number_with_a_wrong_check_digit_is_null_and_said_so(settings: CheckSettings, seed: int) -> None:
    right = specimen(seed).person
    wrong = right.id_number[:-1] + ("1" if right.id_number[-1] != "1" else "2")
    card = check_identity(specimen(seed, who=replace(right, id_number=wrong)).jpeg, None, None, settings).card
    assert card
    assert card.fields["id_number"].text is None
    assert ("vision.card.field_unreadable", "id_number") in [(one.code, one.field) for one in card.findings]
    assert card.fields["name"].text == right.name


def test_a_birth_date_that_contradicts_the_number_is_reported(settings: CheckSettings) -> None:
    forged = replace(specimen(51).person, birth_date="1911-11-11")
    card = check_identity(specimen(51, who=forged).jpeg, None, None, settings).card
    assert card
    assert "vision.card.birth_date_differs_from_number" in [one.code for one in card.findings]


@pytest.mark.parametrize(
    ("number", "printed", "decision"),
    [
        ("11010119900501001", "1990-05-01", "mismatch"),
        ("11010119900501001", "1991-05-01", "review"),
        ("11010120100501001", "1990-05-01", "review"),
        ("11010120100501001", "2010-05-01", "review"),
    ],
)
def test_a_mismatch_is_told_of_an_adult_only_and_whose_card_contradicts_itself_may_be_none(
    settings: CheckSettings, number: str, printed: str, decision: str
) -> None:
    number += check_character(number)
    shown = replace(specimen(63).person, id_number=number, birth_date=printed, gender="男")
    another = cv2.imencode(".jpg", stranger(3))[1].tobytes()
    report = check_identity(specimen(63, who=shown).jpeg, None, another, settings)
    assert report.card
    assert (report.card.fields["id_number"].text, report.card.fields["birth_date"].text) == (number, printed)
    assert report.face
    assert report.face.decision == decision


def test_the_same_face_matches_and_says_that_liveness_is_not_checked(settings: CheckSettings) -> None:
    report = as_json(check_identity(specimen(61, "desk").jpeg, None, portrait(), settings))
    assert report["face"]["decision"] == "match"
    assert "活体" in report["face"]["liveness"]
    assert {"rule", "ok", "value", "message"} <= report["portrait"]["checks"][0].keys()


def test_the_json_is_what_others_build_on(settings: CheckSettings) -> None:
    report = json.loads(json.dumps(as_json(check_identity(specimen(62).jpeg, None, None, settings))))
    assert report.keys() == {"card", "portrait", "face", "timings_ms", "cpu_seconds", "model_version"}
    assert report["card"]["fields"]["name"].keys() == {"text", "confidence", "box"}
    assert len(report["card"]["located"]) == 4
    assert report["portrait"] is None


def test_a_table_without_a_card_gives_no_field(settings: CheckSettings) -> None:
    empty = cv2.imencode(".jpg", np.full((900, 1200, 3), 140, np.uint8))[1].tobytes()
    card = check_identity(empty, None, None, settings).card
    assert card
    assert card.located is None
    assert {field.text for field in card.fields.values()} == {None}


def test_refused_pictures_are_reasons(settings: CheckSettings) -> None:
    report = check_identity(b"text", b"", b"GIF89a", settings)
    assert report.card
    assert report.card.refusal is Refusal.NOT_JPEG_OR_PNG
    assert report.portrait
    assert report.portrait.refusal is Refusal.NOT_JPEG_OR_PNG
    assert report.face
    assert (report.face.decision, report.face.distance) == ("review", None)


def test_a_picture_without_a_face_is_a_reason(settings: CheckSettings) -> None:
    wall = cv2.imencode(".jpg", np.full((400, 300, 3), 200, np.uint8))[1].tobytes()
    decided = compare_pictures(wall, portrait(), settings)
    assert (decided.distance, decided.decision) == (None, "review")
    assert decided.reasons == ("vision.face.none_on_card",)
