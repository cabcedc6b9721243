"""One candidate's pictures to one report: the single entry that the command line, the pool and the bench call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.vision import models, read
from services.vision.decode import Picture
from services.vision.domain import (
    BACK_FIELDS,
    FRONT_FIELDS,
    BadPicture,
    CardReport,
    Field,
    IdentityReport,
    PortraitReport,
)


@dataclass(frozen=True)
class CheckSettings:
    """Where the networks are kept, and the programme's demands."""

    models: Path = Path("var/models")


@dataclass
class Stopwatch:
    """Wall milliseconds by stage."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to `name`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = round(self.spent.get(name, 0.0) + (time.perf_counter() - begun) * 1000, 2)


def check_identity(
    card: bytes | None, back: bytes | None, portrait: bytes | None, settings: CheckSettings
) -> IdentityReport:
    """Read both sides, judge the portrait, compare the faces. A refused picture is a reason, never an exception."""
    opened = models.opened(settings.models)
    watch, cpu = Stopwatch(), time.process_time()
    with watch.stage("total"):
        front = _side(card, lambda picture: read.read_front(opened, picture), FRONT_FIELDS)
        rear = _side(back, lambda picture: read.read_back(opened, picture), BACK_FIELDS)
        judged = _portrait(portrait)
    return IdentityReport(
        card=_both(front, rear),
        portrait=judged,
        face=None,
        model_version=models.VERSION,
        timings_ms=watch.spent,
        cpu_seconds=round(time.process_time() - cpu, 4),
    )


def _side(content: bytes | None, reader: Callable[[Picture], CardReport], names: tuple[str, ...]) -> CardReport | None:
    if content is None:
        return None
    try:
        return reader(Picture(content))
    except BadPicture as refused:
        return CardReport({name: Field(None) for name in names}, None, None, refusal=refused.reason)


def _both(front: CardReport | None, rear: CardReport | None) -> CardReport | None:
    """Fields of both sides in one report; place and quality are those of the portrait side when there is one."""
    if front is None or rear is None:
        return front or rear
    return replace(
        front,
        fields={**front.fields, **rear.fields},
        findings=front.findings + rear.findings,
        refusal=front.refusal or rear.refusal,
        fallbacks=front.fallbacks + rear.fallbacks,
    )


def _portrait(content: bytes | None) -> PortraitReport | None:
    if content is None:
        return None
    try:
        Picture(content)
    except BadPicture as refused:
        return PortraitReport(refusal=refused.reason)
    return PortraitReport()
