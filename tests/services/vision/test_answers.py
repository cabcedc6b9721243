"""The memory of answers gives back what it was given, holds nothing readable, and forgets."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from services.vision.answers import Answers, fingerprint
from services.vision.check import CheckSettings
from services.vision.domain import (
    CardReport,
    Check,
    FaceReport,
    Field,
    Finding,
    IdentityReport,
    PortraitReport,
    Quality,
    Refusal,
)
from shared.programme.thresholds import FaceBands

SETTINGS = CheckSettings(models=Path("models"))
QUAD = ((0.0, 0.5), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
FULL = IdentityReport(
    CardReport(
        {"name": Field("王小明", 0.91, QUAD), "address": Field(None)},
        QUAD,
        Quality(True, 9.0, 0.0, 900.0, 0.1, (Finding("vision.card.glare", None, QUAD),)),
        (Finding("vision.card.field_doubtful", "name"),),
        Refusal.DAMAGED,
        1,
    ),
    PortraitReport((Check("sharp", True, 11.0, "", (0.1, 0.2, 0.3, 0.4)),), Refusal.EMPTY),
    FaceReport(0.31, "match", ("vision.face.alike",)),
    "test",
    {"decode": 1.5},
    0.2,
    (("recognise", 3),),
)


def question(number: int) -> bytes:
    return fingerprint((b"card", None, str(number).encode()), SETTINGS)


def test_an_answer_comes_back_as_it_was_given() -> None:
    answers = Answers(2)
    assert answers.get(question(1)) is None
    answers.put(question(1), FULL)
    assert answers.get(question(1)) == FULL
    assert answers.get(question(2)) is None


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    answers = Answers(2)
    for number in (1, 2):
        answers.put(question(number), FULL)
    answers.get(question(1))
    answers.put(question(3), FULL)
    assert [answers.get(question(number)) is not None for number in (1, 2, 3)] == [True, False, True]


def test_nothing_in_it_can_be_read_or_opened_without_the_pictures() -> None:
    answers = Answers(2)
    answers.put(question(1), FULL)
    ((place, sealed),) = answers._sealed.items()
    for secret in ("王小明".encode(), b"address", question(1)):
        assert secret not in place + sealed
    answers.put(question(2), FULL)
    answers._sealed[[*answers._sealed][1]] = sealed
    with pytest.raises(InvalidTag):
        answers.get(question(2))


def test_an_answer_is_for_these_pictures_in_these_places_under_these_demands() -> None:
    strict = CheckSettings(models=Path("models"), bands=FaceBands(match=0.3, review=0.4))
    keys = [
        fingerprint((b"a", None, b"b"), SETTINGS),
        fingerprint((b"a", b"b", None), SETTINGS),
        fingerprint((b"ab", None, b""), SETTINGS),
        fingerprint((b"a", None, b"b"), strict),
    ]
    assert len(set(keys)) == 4
    assert fingerprint((b"a", None, b"b"), SETTINGS) == keys[0]
