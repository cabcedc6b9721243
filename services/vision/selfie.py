"""Is the person on a fresh photo the one of the verified portrait: what a worker does for a face reset.

The photo is a selfie, so only those portrait rules hold without which faces cannot be compared: one face, sharp,
large enough, lit, looking here. Not the white background.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from services.vision.check import CheckSettings, face_tools
from services.vision.decode import Image
from services.vision.domain import BadPicture, Refusal
from services.vision.face.compare import NOTHING_TO_COMPARE, compare
from services.vision.face.load import load
from services.vision.face.portrait import check_portrait
from services.vision.stages import recorded

if TYPE_CHECKING:
    # A worker does without pydantic.
    from shared.events.vision import FaceDecision

SELFIE_RULES = frozenset({"one_face", "resolution", "face_size", "frontal", "sharp", "exposed"})
SMALLEST_SIDE = 240
FACE_HEIGHT = (0.12, 0.95)
TURN = 0.25


@dataclass(frozen=True)
class FaceAnswer:
    """What a worker says of one photo against one portrait, and what it took; `failure` as in `IdentityReport`."""

    decision: FaceDecision
    distance: float | None
    reasons: tuple[str, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    failure: str = ""


def look_at_face(portrait: bytes | None, photo: bytes, minor: bool, settings: CheckSettings) -> FaceAnswer:
    """One job in a worker. Without a portrait the photo is compared with itself, so that it takes as long."""
    begun, cpu = time.perf_counter(), time.process_time()
    with recorded() as spent:
        answer = _looked_at(portrait, photo, minor, settings)
    seconds = {**spent.seconds, "total": time.perf_counter() - begun}
    timings = {stage: round(each * 1000, 2) for stage, each in seconds.items()}
    return replace(answer, timings_ms=timings, cpu_seconds=round(time.process_time() - cpu, 4))


def _looked_at(portrait: bytes | None, photo: bytes, minor: bool, settings: CheckSettings) -> FaceAnswer:
    try:
        shown = load(photo)
        if wrong := _selfie_problems(shown.image, shown.original, settings):
            return FaceAnswer("unusable", None, wrong)
        return _compared(_known(portrait), shown.image, minor, settings)
    except BadPicture as refused:
        return FaceAnswer("unusable", None, (refused.reason.value,))


def crashed_face(failure: str = "") -> FaceAnswer:
    """The photo broke a library or its process."""
    return FaceAnswer("unusable", None, (Refusal.CRASHED.value,), failure=failure)


def _known(portrait: bytes | None) -> Image | None:
    """The verified portrait; one that is kept damaged is as good as none, and not the fault of the photo."""
    try:
        return None if portrait is None else load(portrait).image
    except BadPicture:
        return None


def _compared(known: Image | None, photo: Image, minor: bool, settings: CheckSettings) -> FaceAnswer:
    # The comparison knows birth dates only; born on its last day is a minor, on its first an adult.
    born = date.max if minor else date.min
    tools, other = face_tools(settings.models, settings.networks), photo if known is None else known
    verdict = compare(tools, other, photo, settings.bands, born, date.max)
    if known is None:
        return FaceAnswer("review" if minor else "mismatch", None, (NOTHING_TO_COMPARE,))
    distance = None if verdict.distance is None else round(verdict.distance, 4)
    return FaceAnswer(verdict.decision, distance, tuple(reason.code for reason in verdict.reasons))


def _selfie_problems(image: Image, original: tuple[int, int], settings: CheckSettings) -> tuple[str, ...]:
    demands = replace(settings.portrait, width=SMALLEST_SIDE, height=SMALLEST_SIDE, face_height=FACE_HEIGHT, turn=TURN)
    finder = face_tools(settings.models, settings.networks).finder
    checks = check_portrait(image, demands, finder, original)
    return tuple(check.message for check in checks if not check.ok and check.rule in SELFIE_RULES)
