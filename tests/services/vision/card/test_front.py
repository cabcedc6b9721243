"""A name that is sure, but not clear, is read a second time."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from services.vision.card import ink, rectify
from services.vision.card.front import confirmed
from services.vision.card.layout import Raw
from services.vision.card.upright import Upright
from services.vision.models import Models
from tests.support.specimen import specimen


@pytest.mark.parametrize(
    ("altered", "certain", "doubted"),
    [(False, 0.96, False), (True, 0.96, True), (True, 0.995, False), (True, 0.9, False)],
)
def test_what_reads_otherwise_a_little_narrower_is_doubted(
    models: Models, altered: bool, certain: float, doubted: bool
) -> None:
    upright, name = card_with_name()
    raw = {"name": Raw("丽" + name[1:] if altered else name, certain, NAME)}
    kept = confirmed(models, upright, raw)["name"]
    assert kept.confidence == (certain / 2 if doubted else certain)


def test_no_name_is_not_looked_for(models: Models) -> None:
    assert confirmed(models, card_with_name()[0], {}) == {}


NAME = rectify.frame(480, 75) + np.array((150, 45), np.float32)


def card_with_name() -> tuple[Upright, str]:
    """A straight card, and the name on it; `NAME` is where names stand there."""
    shown = specimen(3)
    image = cv2.imdecode(np.frombuffer(shown.jpeg, np.uint8), cv2.IMREAD_COLOR)
    corners = np.asarray(shown.corners, np.float32)
    card = rectify.upright(np.asarray(image, np.uint8), corners)[0]
    return Upright(card, ink.contrast(card), corners), shown.truth["name"]
