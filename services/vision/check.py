"""One candidate's pictures to one report: the single entry that the command line, the pool and the bench call."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from services.vision import models
from services.vision.card import fields, parse, rectify
from services.vision.card.back import read_back
from services.vision.card.front import read_front
from services.vision.card.upright import Reading
from services.vision.decode import Image, Picture
from services.vision.domain import (
    BACK_FIELDS,
    FRONT_FIELDS,
    BadPicture,
    CardReport,
    FaceReport,
    Field,
    IdentityReport,
    PortraitReport,
    Refusal,
)
from services.vision.face.compare import NOTHING_TO_COMPARE, FaceVerdict, compare
from services.vision.face.load import Loaded, load
from services.vision.face.portrait import check_portrait
from services.vision.face.tools import FaceTools, open_tools
from services.vision.models import Models
from services.vision.stages import recorded
from services.vision.together import DESCRIBE, Shared
from shared.programme.thresholds import FaceBands, PortraitRules

_PORTRAIT_FROM = 0.55


@dataclass(frozen=True)
class CheckSettings:
    """Where the networks are kept, at which address they are shared ("": each process has its own), and the programme's
    demands. `today` decides who is a minor (None: unknown age).
    """

    models: Path = Path("var/models")
    networks: str = ""
    bands: FaceBands = field(default_factory=lambda: FaceBands(match=0.45, review=0.60))
    portrait: PortraitRules = field(default_factory=PortraitRules)
    today: date | None = None


def check_identity(
    card: bytes | None, back: bytes | None, portrait: bytes | None, settings: CheckSettings
) -> IdentityReport:
    """Read both sides, judge the portrait, compare the faces. A refused picture is a reason, never an exception."""
    opened = models.opened(settings.models, settings.networks)
    begun, cpu = time.perf_counter(), time.process_time()
    with recorded() as spent:
        front = _side(opened, card, read_front, FRONT_FIELDS)
        rear = _side(opened, back, read_back, BACK_FIELDS)
        judged, loaded = _portrait(portrait, settings)
        face = _face(front, card, loaded, settings) if card is not None and portrait is not None else None
    return IdentityReport(
        card=_both(front, rear),
        portrait=judged,
        face=face,
        model_version=models.VERSION,
        timings_ms=_milliseconds({**spent.seconds, "total": time.perf_counter() - begun}),
        batches=tuple(spent.batches),
        cpu_seconds=round(time.process_time() - cpu, 4),
    )


def compare_pictures(one: bytes, other: bytes, settings: CheckSettings) -> FaceReport:
    """The faces of any two pictures; a refused picture or one without a face is a reason, not an error.

    No candidate is judged here, so nobody's age is asked: the bands alone decide.
    """
    loaded: list[Loaded] = []
    for content in (one, other):
        try:
            loaded.append(load(content))
        except BadPicture as refused:
            return FaceReport(None, "review", (refused.reason.value,))
    return _verdict(loaded[0].image, loaded[1].image, date.min, replace(settings, today=date.max))


@lru_cache(maxsize=2)
def face_tools(folder: Path, networks: str = "") -> FaceTools:
    """Detector, landmarks and descriptor of this process, opened by the first call."""
    return open_tools(folder, (lambda _: Shared(networks, DESCRIBE)) if networks else models.session)


def _side(
    opened: Models, content: bytes | None, reader: Callable[[Models, Picture], Reading], names: tuple[str, ...]
) -> Reading | None:
    if content is None:
        return None
    try:
        return reader(opened, Picture(content))
    except BadPicture as refused:
        return Reading(_refused(refused.reason, names), None)


def _refused(reason: Refusal, names: tuple[str, ...]) -> CardReport:
    return CardReport({name: Field(None) for name in names}, None, None, refusal=reason)


def _both(front: Reading | None, rear: Reading | None) -> CardReport | None:
    """Fields of both sides in one report; place and quality are those of the portrait side when there is one."""
    if rear is None:
        return front.report if front else None
    other = replace(rear.report, refusal=None, back_refusal=rear.report.refusal, back_size=rear.report.size)
    if front is None:
        return other
    one = front.report
    return replace(
        one,
        fields={**one.fields, **other.fields},
        findings=one.findings + other.findings,
        back_refusal=other.back_refusal,
        back_size=other.back_size,
        fallbacks=one.fallbacks + other.fallbacks,
    )


def _portrait(content: bytes | None, settings: CheckSettings) -> tuple[PortraitReport | None, Loaded | None]:
    if content is None:
        return None, None
    try:
        loaded = load(content)
    except BadPicture as refused:
        return PortraitReport(refusal=refused.reason), None
    finder = face_tools(settings.models, settings.networks).finder
    return PortraitReport(check_portrait(loaded.image, settings.portrait, finder, loaded.original)), loaded


def _face(
    front: Reading | None, card: bytes | None, portrait: Loaded | None, settings: CheckSettings
) -> FaceReport | None:
    """Card portrait against portrait; a picture that was refused leaves nothing to compare."""
    if front is None or card is None or portrait is None or front.report.refusal:
        return FaceReport(None, "review", (NOTHING_TO_COMPARE,))
    shown = _rgb(front.card[:, int(_PORTRAIT_FROM * rectify.WIDTH) :]) if front.card is not None else load(card).image
    return _verdict(shown, portrait.image, _born(front.report), settings)


def _born(card: CardReport) -> date | None:
    """The date that the number's check digit proves, else a printed one that is read without doubt; none where the two
    contradict each other: whether a mismatch is a minor's is then for a person to say."""
    number, printed = card.fields["id_number"].text, card.fields["birth_date"]
    told = parse.birth_date_of(number) if number else None
    if told and printed.text not in (None, told):
        return None
    born = told or (printed.text if printed.confidence >= fields.sure("birth_date") else None)
    return date.fromisoformat(born) if born else None


def _verdict(one: Image, other: Image, born: date | None, settings: CheckSettings) -> FaceReport:
    known = born if settings.today else None
    verdict: FaceVerdict = compare(
        face_tools(settings.models, settings.networks), one, other, settings.bands, known, settings.today or date.max
    )
    distance = None if verdict.distance is None else round(verdict.distance, 4)
    # The last reason is the decision's, and about the face that was compared; several faces are told before it.
    where = verdict.reasons[-1].region
    return FaceReport(distance, verdict.decision, tuple(reason.code for reason in verdict.reasons), where)


def _milliseconds(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(each * 1000, 2) for stage, each in seconds.items()}


def _rgb(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])
