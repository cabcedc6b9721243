"""Are the faces of two pictures alike: match, review or mismatch by the programme's bands.

A 1:1 comparison without liveness detection. Whatever is not a plain answer goes to a person: no face, several faces,
and a mismatch of somebody who is, or may be, a minor (the descriptor knows adults better; see docs/why/vision.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from services.vision.domain import Region
from services.vision.face.find import Face, Image, region
from services.vision.face.tools import FaceTools
from services.vision.stages import stage
from shared.programme.thresholds import FaceBands

Decision = Literal["match", "review", "mismatch"]
Side = Literal["card", "portrait"]
ADULT_AT = 18

ALIKE = "vision.face.alike"
UNSURE = "vision.face.unsure"
DIFFERENT = "vision.face.different"
MINOR = "vision.face.minor"
AGE_UNKNOWN = "vision.face.age_unknown"
NO_FACE: dict[Side, str] = {"card": "vision.face.none_on_card", "portrait": "vision.face.none_on_portrait"}
SEVERAL = "vision.face.several_on_portrait"
NOTHING_TO_COMPARE = "vision.face.nothing_to_compare"
"""For callers whose pictures were refused before they came here."""


@dataclass(frozen=True)
class Reason:
    """Why it was decided so. `code` finds the sentence in `messages`; `region` is a part of that picture."""

    code: str
    picture: Side | None = None
    region: Region | None = None


@dataclass(frozen=True)
class FaceVerdict:
    """`distance` is 0 for the same picture; None when there was nothing to compare."""

    distance: float | None
    decision: Decision
    reasons: tuple[Reason, ...]


@stage("descriptor")
def compare(
    tools: FaceTools,
    card_face: Image | None,
    portrait: Image | None,
    bands: FaceBands,
    birth_date: date | None,
    today: date,
) -> FaceVerdict:
    """Compare the largest face of each picture (H x W x 3 uint8 RGB of any size; None for no picture).

    `birth_date` None means that it is not known: a mismatch then goes to a person, as a minor's does.
    `card_face` is the card's portrait or the whole upright card. Never raises for a picture without a face.
    """
    card, other = _faces(tools, card_face), _faces(tools, portrait)
    if card_face is None or portrait is None or not card or not other:
        sides: tuple[tuple[Side, tuple[Face, ...]], ...] = (("card", card), ("portrait", other))
        return FaceVerdict(None, "review", tuple(Reason(NO_FACE[side], side) for side, faces in sides if not faces))
    chips = np.stack([tools.finder.chip(card_face, card[0]), tools.finder.chip(portrait, other[0])])
    descriptors = tools.descriptor.describe(chips)
    distance = float(np.linalg.norm(descriptors[0] - descriptors[1]))
    decision, codes = decide(distance, bands, None if birth_date is None else age(birth_date, today))
    reasons = tuple(Reason(code, "portrait", region(other[0].box, portrait)) for code in codes)
    if len(other) > 1:
        several = Reason(SEVERAL, "portrait", region(other[1].box, portrait))
        return FaceVerdict(distance, "review", (several, *reasons))
    return FaceVerdict(distance, decision, reasons)


def decide(distance: float, bands: FaceBands, years: int | None) -> tuple[Decision, tuple[str, ...]]:
    """The decision on a distance for somebody of `years` (None when unknown), and the codes that say why."""
    if distance <= bands.match:
        return "match", (ALIKE,)
    if not distance > bands.review:
        return "review", (UNSURE,)
    if years is None:
        return "review", (DIFFERENT, AGE_UNKNOWN)
    if years < ADULT_AT:
        return "review", (DIFFERENT, MINOR)
    return "mismatch", (DIFFERENT,)


def age(birth_date: date, today: date) -> int:
    """Full years; who was born on 29 February grows older on 1 March."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def _faces(tools: FaceTools, image: Image | None) -> tuple[Face, ...]:
    return () if image is None else tools.finder.find(image)
