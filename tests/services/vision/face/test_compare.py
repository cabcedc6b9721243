"""Match, review or mismatch: bands, minors, missing and several faces."""

from __future__ import annotations

from datetime import date

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.vision.face import compare as comparing
from services.vision.face import messages
from services.vision.face.compare import Reason, age, compare, decide
from services.vision.face.find import Image
from services.vision.face.tools import FaceTools
from shared.programme.thresholds import FaceBands
from tests.support.portraits import portrait, sample, stranger, transformed
from tests.support.specimen import specimen

BANDS = FaceBands(match=0.5, review=0.6)
TODAY = date(2026, 11, 21)
ADULT, MINOR = date(2000, 1, 1), date(2010, 1, 1)
SEVERITY = {"match": 0, "review": 1, "mismatch": 2}
bands = st.tuples(st.floats(0.01, 1), st.floats(0, 1)).map(
    lambda pair: FaceBands(match=pair[0], review=pair[0] + pair[1])
)
distances = st.floats(0, 2)
ages = st.one_of(st.none(), st.integers(0, 120))


def small(image: Image) -> Image:
    """As a card's portrait is: few pixels and JPEG noise."""
    _, jpeg = cv2.imencode(".jpg", cv2.resize(image, (195, 260), interpolation=cv2.INTER_AREA), (1, 60))
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def test_the_same_person_matches(tools: FaceTools, astronaut: Image) -> None:
    verdict = compare(tools, small(portrait()), transformed(astronaut, 1, 5), BANDS, ADULT, TODAY)
    assert verdict.decision == "match"
    assert verdict.distance is not None
    assert 0 < verdict.distance < 0.45
    assert [reason.code for reason in verdict.reasons] == [comparing.ALIKE]


@pytest.mark.parametrize("level", ["flat", "desk", "phone"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_card_and_its_owner_match_and_nobody_else(tools: FaceTools, level: str, seed: int) -> None:
    """The programme's own bands, on a photographed card whose corners are known."""
    bands = FaceBands(match=0.45, review=0.62)
    drawn = specimen(seed, level)
    photo = cv2.imdecode(np.frombuffer(drawn.jpeg, np.uint8), cv2.IMREAD_COLOR)
    corners, card = (
        np.array(drawn.corners, np.float32),
        np.array([(0, 0), (1011, 0), (1011, 638), (0, 638)], np.float32),
    )
    flat = cv2.warpPerspective(photo, cv2.getPerspectiveTransform(corners, card), (1011, 638))
    face = np.asarray(flat[60:510, 600:980, ::-1], np.uint8)
    assert compare(tools, face, portrait(), bands, ADULT, TODAY).decision == "match"
    assert compare(tools, face, stranger(seed), bands, ADULT, TODAY).decision == "mismatch"


def test_the_same_picture_is_at_distance_nothing(tools: FaceTools, astronaut: Image) -> None:
    assert compare(tools, astronaut, astronaut, BANDS, ADULT, TODAY).distance == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("birth_date", "decision", "why"),
    [(ADULT, "mismatch", []), (MINOR, "review", [comparing.MINOR]), (None, "review", [comparing.AGE_UNKNOWN])],
)
def test_another_person(
    tools: FaceTools, astronaut: Image, birth_date: date | None, decision: str, why: list[str]
) -> None:
    verdict = compare(tools, stranger(5), astronaut, BANDS, birth_date, TODAY)
    assert verdict.decision == decision
    assert [reason.code for reason in verdict.reasons] == [comparing.DIFFERENT, *why]
    region = verdict.reasons[0].region
    assert region is not None
    assert region[0] < 0.45 < region[0] + region[2]


def test_a_missing_face_is_a_reason(tools: FaceTools, astronaut: Image) -> None:
    coffee = sample("coffee")
    on_card, on_portrait = (
        Reason("vision.face.none_on_card", "card"),
        Reason("vision.face.none_on_portrait", "portrait"),
    )
    for card, other, reasons in (
        (coffee, astronaut, (on_card,)),
        (astronaut, coffee, (on_portrait,)),
        (None, astronaut, (on_card,)),
        (astronaut, None, (on_portrait,)),
        (coffee, np.zeros((1, 1, 3), np.uint8), (on_card, on_portrait)),
    ):
        verdict = compare(tools, card, other, BANDS, ADULT, TODAY)
        assert (verdict.distance, verdict.decision, verdict.reasons) == (None, "review", reasons)


def test_a_portrait_of_two_goes_to_a_person_even_when_one_matches(tools: FaceTools, astronaut: Image) -> None:
    both = np.hstack([astronaut, astronaut[:, ::-1]])
    verdict = compare(tools, astronaut, both, BANDS, ADULT, TODAY)
    assert verdict.decision == "review"
    assert verdict.reasons[0].code == comparing.SEVERAL


@settings(deadline=None)
@given(distance=distances, bands=bands, years=ages)
def test_a_decision_follows_its_band(distance: float, bands: FaceBands, years: int | None) -> None:
    decision, codes = decide(distance, bands, years)
    assert (decision == "match") == (distance <= bands.match)
    assert (decision == "mismatch") == (distance > bands.review and years is not None and years >= 18)
    assert all(code in messages.CODES for code in codes)


@settings(deadline=None)
@given(near=distances, far=distances, bands=bands, years=ages)
def test_a_greater_distance_is_never_a_better_decision(
    near: float, far: float, bands: FaceBands, years: int | None
) -> None:
    near, far = sorted((near, far))
    assert SEVERITY[decide(near, bands, years)[0]] <= SEVERITY[decide(far, bands, years)[0]]


@settings(deadline=None)
@given(distance=distances, bands=bands, years=st.one_of(st.none(), st.integers(-5, 17)))
def test_a_minor_is_never_refused_by_the_machine(distance: float, bands: FaceBands, years: int | None) -> None:
    assert decide(distance, bands, years)[0] != "mismatch"


def test_a_distance_that_is_not_a_number_goes_to_a_person() -> None:
    assert decide(float("nan"), BANDS, 30)[0] == "review"


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        (date(2008, 11, 21), date(2026, 11, 21), 18),
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2027, 1, 1), date(2026, 11, 21), -1),
    ],
)
def test_age_in_full_years(born: date, today: date, years: int) -> None:
    assert age(born, today) == years


def test_every_reason_has_a_sentence() -> None:
    codes = {comparing.ALIKE, comparing.UNSURE, comparing.DIFFERENT, comparing.MINOR, comparing.AGE_UNKNOWN}
    codes |= {comparing.SEVERAL, comparing.NOTHING_TO_COMPARE, messages.NO_LIVENESS, *comparing.NO_FACE.values()}
    assert codes == {code for code in messages.CODES if code.startswith("vision.face.")}
