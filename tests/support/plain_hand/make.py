"""Put together: a person, a plain card, a photograph, all from one seed."""

from __future__ import annotations

import random
from dataclasses import asdict

from services.vision.domain import FRONT_FIELDS
from tests.support.plain_hand.card import front
from tests.support.second_hand.camera import photograph
from tests.support.specimen import Specimen
from tests.support.specimen.identity import person


def plain_specimen(seed: int, level: str = "flat", side: str = "front") -> Specimen:
    """The card of person number `seed`, the same bytes each time on one machine's fonts. `level`: flat, desk, phone.
    Raises `ValueError` for the emblem side, which this hand does not draw.
    """
    if side != "front":
        raise ValueError("the plain hand draws the portrait side only")
    who, rng = person(random.Random(f"plain {seed}")), random.Random(f"plain {seed} {level}")
    jpeg, corners = photograph(front(who, rng), level, rng)
    return Specimen(jpeg, {key: value for key, value in asdict(who).items() if key in FRONT_FIELDS}, corners, who)
