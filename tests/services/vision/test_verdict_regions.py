"""Every verdict on a picture says where on it: the marked place is the one a person has to look at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from services.vision.check import CheckSettings, check_identity
from services.vision.conclusions import verdicts
from services.vision.domain import (
    CardReport,
    FaceReport,
    Field,
    Finding,
    IdentityReport,
    PortraitReport,
    Quad,
    Quality,
    Region,
)
from tests.support.specimen import specimen

CARD: Quad = ((100.0, 50.0), (500.0, 50.0), (500.0, 300.0), (100.0, 300.0))
NAME: Quad = ((200.0, 100.0), (300.0, 110.0), (298.0, 130.0), (198.0, 120.0))
NUMBER: Quad = ((200.0, 250.0), (400.0, 250.0), (400.0, 270.0), (200.0, 270.0))
SPOT: Quad = ((-10.0, 40.0), (90.0, 40.0), (90.0, 90.0), (-10.0, 90.0))
SIZE = (1000, 500)


def told(card: CardReport, face: FaceReport | None = None) -> dict[tuple[str, str], list[Region | None]]:
    """The regions of the verdicts on broken rules, by picture and rule."""
    found: dict[tuple[str, str], list[Region | None]] = {}
    for verdict in verdicts(IdentityReport(card, PortraitReport(), face, "test")):
        if not verdict.ok:
            found.setdefault((verdict.picture, verdict.rule), []).append(verdict.region)
    return found


def seen(*codes: str, box: Quad | None = CARD) -> Quality:
    return Quality(not codes, 9.0, 0.0, 400.0, 0.0, tuple(Finding(f"vision.card.{code}", None, box) for code in codes))


def test_a_region_is_the_share_of_the_picture_that_a_place_takes() -> None:
    fields = {"id_number": Field(None, 0.0, NUMBER), "name": Field("王小明", 0.5, NAME)}
    card = CardReport(fields, CARD, seen("blurred", "cut_off"), size=SIZE)
    assert told(card) == {
        ("card", "card_sharp"): [(0.1, 0.1, 0.4, 0.5)],
        ("card", "card_whole"): [(0.1, 0.1, 0.4, 0.5)],
        ("card", "number_valid"): [(0.2, 0.5, 0.2, 0.04)],
    }


def test_what_reaches_over_the_edge_is_marked_up_to_it() -> None:
    assert told(CardReport({}, CARD, seen("glare", box=SPOT), size=SIZE))["card", "card_without_glare"] == [
        (0.0, 0.08, 0.09, 0.1)
    ]


def test_every_doubtful_field_is_marked_on_its_own_side() -> None:
    doubts = tuple(Finding("vision.card.field_doubtful", *each) for each in (("name", NAME), ("valid_from", NUMBER)))
    card = CardReport({"name": Field("王小明", 0.5, NAME)}, CARD, seen(), doubts, size=SIZE, back_size=(400, 300))
    assert told(card)["card", "card_legible"] == [(0.198, 0.2, 0.102, 0.06)]
    assert told(card)["card_back", "card_legible"] == [(0.5, 0.8333, 0.5, 0.0667)]


def test_a_card_without_an_outline_is_where_its_text_is_and_one_that_is_not_there_nowhere() -> None:
    fields = {"name": Field("王小明", 0.9, NAME), "id_number": Field(None, 0.0, NUMBER), "address": Field(None)}
    assert told(CardReport(fields, None, None, size=SIZE))["card", "card_located"] == [(0.198, 0.2, 0.202, 0.34)]
    lost = CardReport({}, None, seen("not_found", box=None), size=SIZE)
    assert told(lost) == {("card", "card_located"): [None], ("card", "number_valid"): [None]}


def test_a_face_that_is_not_alike_is_marked() -> None:
    card, face = CardReport({}, CARD, seen(), size=SIZE), FaceReport(0.5, "review", (), (0.3, 0.2, 0.4, 0.3))
    assert told(card, face)["portrait", "same_person"] == [(0.3, 0.2, 0.4, 0.3)]


@pytest.fixture(scope="session")
def settings(models_folder: Path) -> CheckSettings:
    return CheckSettings(models=models_folder, today=date(2026, 1, 1))


def looked_at(image: np.ndarray, settings: CheckSettings, portrait: bytes | None = None) -> dict[str, Region | None]:
    """The region of each rule."""
    report = check_identity(cv2.imencode(".jpg", image)[1].tobytes(), None, portrait, settings)
    return {verdict.rule: verdict.region for verdict in verdicts(report) if not verdict.ok or "same" in verdict.rule}


@pytest.mark.parametrize(("down", "share"), [(0.4, 0.2), (1.0, 0.35)])
def test_a_burnt_spot_is_marked_whether_or_not_the_card_is_read(
    settings: CheckSettings, down: float, share: float
) -> None:
    made = specimen(5, "desk")
    picture = np.asarray(cv2.imdecode(np.frombuffer(made.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    high, wide = picture.shape[:2]
    top, bottom = made.corners[:2].mean(axis=0), made.corners[2:].mean(axis=0)
    x, y = (1 - down) * top + down * bottom
    radius = share * float(np.linalg.norm(made.corners[1] - made.corners[0]))
    cv2.circle(picture, (int(x), int(y)), int(radius), (255, 255, 255), -1)
    where = looked_at(picture, settings)["card_without_glare"]
    assert where
    left, right = where[0] * wide - x, (where[0] + where[2]) * wide - x
    above, below = where[1] * high - y, (where[1] + where[3]) * high - y
    assert max(-left, right, -above, below) < 1.1 * radius
    assert (right - left) * (below - above) > radius**2


def test_the_face_that_was_compared_is_marked_on_the_portrait(settings: CheckSettings) -> None:
    card = cv2.imdecode(np.frombuffer(specimen(61).jpeg, np.uint8), cv2.IMREAD_COLOR)
    astronaut = data.astronaut()  # type: ignore[no-untyped-call]
    portrait = cv2.imencode(".jpg", np.ascontiguousarray(astronaut[0:400, 60:360, ::-1]))[1].tobytes()
    where = looked_at(np.asarray(card), settings, portrait)["same_person"]
    assert where
    left, top, width, height = where
    assert (0.2 < left < 0.5, 0.1 < top < 0.4, 0.2 < width < 0.5, 0.15 < height < 0.5) == (True,) * 4
