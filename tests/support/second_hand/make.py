"""Put together: a person, a card, a photograph, all from one seed."""

from __future__ import annotations

import random
from dataclasses import asdict
from functools import cache

import matplotlib.cbook
from PIL import Image

from tests.support.second_hand.camera import photograph
from tests.support.second_hand.card import back, front
from tests.support.second_hand.people import person
from tests.support.specimen import Specimen

_REAR = frozenset({"issuing_authority", "valid_from", "valid_until"})


def second_specimen(seed: int, level: str = "flat", side: str = "front") -> Specimen:
    """The card of person number `seed`, the same bytes each time on one machine's fonts. `level`: flat, desk, phone.

    A permit's ethnic group is "": nothing is printed there.
    """
    rng = random.Random(f"second {seed} {level} {side}")
    who = person(random.Random(f"second {seed}"))
    card = front(who, _portrait(), rng) if side == "front" else back(who, rng)
    jpeg, corners = photograph(card, level, rng)
    truth = {key: value for key, value in asdict(who).items() if (key in _REAR) == (side == "back")}
    return Specimen(jpeg, truth, corners, who)


@cache
def _portrait() -> Image.Image:
    """Head and shoulders of matplotlib's public-domain portrait."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return Image.open(str(path)).convert("RGB").crop((60, 20, 460, 520))
