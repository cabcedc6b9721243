"""Put together: a person, a card, a scene and a JPEG, all from one seed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from functools import lru_cache

import cv2
import numpy as np
from skimage import data

from tests.support.specimen.draw import Pixels, back, front
from tests.support.specimen.identity import Person, person
from tests.support.specimen.scene import Corners, shoot

_BACK = ("issuing_authority", "valid_from", "valid_until")


@dataclass(frozen=True)
class Specimen:
    """A picture and what is true of it. `corners` are the card's, its own top left first."""

    jpeg: bytes
    truth: dict[str, str]
    corners: Corners
    person: Person


def specimen(
    seed: int, level: str = "flat", side: str = "front", *, upside_down: bool = False, who: Person | None = None
) -> Specimen:
    """The card of person number `seed`, the same bytes each time. `level`: flat, desk (3 MP) or phone (12 MP)."""
    rng = random.Random(f"{seed}/{level}/{side}")
    shown = who or person(random.Random(seed))
    card = front(shown, _portrait(rng), rng) if side == "front" else back(shown, rng)
    picture, corners = shoot(card, level, rng, upside_down)
    quality = rng.randrange(72, 95)
    done, encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    values = asdict(shown)
    truth = {key: value for key, value in values.items() if (key in _BACK) == (side == "back")}
    return Specimen(encoded.tobytes(), truth, corners, shown)


@lru_cache(maxsize=1)
def _astronaut() -> Pixels:
    """Head and shoulders of scikit-image's public-domain portrait, about 26 x 32 mm in proportion."""
    whole = data.astronaut()  # type: ignore[no-untyped-call]
    return np.asarray(whole[0:320, 95:355], np.uint8)


def _portrait(rng: random.Random) -> Pixels:
    face = _astronaut()
    light = rng.uniform(0.85, 1.1)
    return (face.astype(np.float32) * light).clip(0, 255).astype(np.uint8)
