"""What the vision service says about a set of pictures. Pure data; report.py writes it as the JSON others build on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
"""Four corners in pixels of the picture as it is seen (EXIF applied): top left, then clockwise."""

Size = tuple[int, int]
"""Width and height in pixels of the picture as it is seen."""

Region = tuple[float, float, float, float]
"""x, y, width, height as fractions (0–1) of the picture as it is seen."""

FRONT_FIELDS = ("name", "gender", "ethnicity", "birth_date", "address", "id_number")
BACK_FIELDS = ("issuing_authority", "valid_from", "valid_until")


class Refusal(StrEnum):
    """Why a picture is not looked at any further; also the message code."""

    EMPTY = "vision.picture.empty"
    NOT_JPEG_OR_PNG = "vision.picture.not_jpeg_or_png"
    TOO_MANY_BYTES = "vision.picture.too_many_bytes"
    TOO_MANY_PIXELS = "vision.picture.too_many_pixels"
    TOO_SMALL = "vision.picture.too_small"
    TOO_NARROW = "vision.picture.too_narrow"
    ANIMATED = "vision.picture.animated"
    DAMAGED = "vision.picture.damaged"
    TOO_LONG = "vision.picture.took_too_long"
    CRASHED = "vision.picture.crashed"


class BadPicture(Exception):
    """These bytes are not a picture we look at."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True)
class Field:
    """One field of a card. `text` is None when it could not be read: never a guess. `confidence` is 0–1."""

    text: str | None
    confidence: float = 0.0
    box: Quad | None = None


@dataclass(frozen=True)
class Finding:
    """Something a person should know. `code` finds its sentence in the catalogue; `box` where it is."""

    code: str
    field: str | None = None
    box: Quad | None = None


@dataclass(frozen=True)
class Quality:
    """How well the card can be seen. `ok` is false when a new picture is the better way.

    Of a card that was not found, figures are those of the text that is seen, else of the whole picture, and `findings`
    say why it could not be read.
    """

    ok: bool
    sharpness: float
    glare: float
    card_px: float
    moire: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CardReport:
    """One side or both sides of a card. `located` is None when no card was found; `refusal` and `size` are the portrait
    side's, `back_refusal` and `back_size` the emblem side's."""

    fields: Mapping[str, Field]
    located: Quad | None
    quality: Quality | None
    findings: tuple[Finding, ...] = ()
    refusal: Refusal | None = None
    fallbacks: int = 0
    back_refusal: Refusal | None = None
    size: Size | None = None
    back_size: Size | None = None


@dataclass(frozen=True)
class Check:
    """The verdict of one portrait rule with the measured value."""

    rule: str
    ok: bool
    value: float
    message: str
    region: Region | None = None


@dataclass(frozen=True)
class PortraitReport:
    """Every portrait rule's verdict, or the reason why the picture was refused."""

    checks: tuple[Check, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class FaceReport:
    """Card portrait against uploaded portrait, whose face is at `region`. There is no liveness detection."""

    distance: float | None
    decision: str
    reasons: tuple[str, ...] = ()
    region: Region | None = None


@dataclass(frozen=True)
class IdentityReport:
    """Everything said about one candidate's pictures. `timings_ms`: wall time by stage and in "total"; `batches`: what
    was given to which network at once; `failure`: the error it ended in, and where, nothing of a person.
    """

    card: CardReport | None
    portrait: PortraitReport | None
    face: FaceReport | None
    model_version: str
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    batches: tuple[tuple[str, int], ...] = ()
    failure: str = ""
