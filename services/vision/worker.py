"""What runs in a worker process. It imports no more than it works with, because every worker holds it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import cv2

from services.vision import glyphs, models
from services.vision.check import CheckSettings, check_identity, face_tools
from services.vision.domain import CardReport, IdentityReport, Refusal
from services.vision.selfie import FaceAnswer, look_at_face


def warm(folder: Path, networks: str = "") -> None:
    """Open every network before the first job, and the table of signs."""
    models.opened(folder, networks)
    glyphs.opened()
    face_tools(folder, networks)
    _give_back()


def look(card: bytes | None, back: bytes | None, portrait: bytes | None, settings: CheckSettings) -> IdentityReport:
    """One job in a worker: a picture that breaks a library is refused as one that breaks the process is."""
    try:
        return check_identity(card, back, portrait, settings)
    except (MemoryError, RuntimeError, cv2.error):
        return crashed()
    finally:
        _give_back()


def compare_faces(portrait: bytes | None, photo: bytes, minor: bool, settings: CheckSettings) -> FaceAnswer:
    """One job in a worker, as `look` is."""
    try:
        return look_at_face(portrait, photo, minor, settings)
    finally:
        _give_back()


def crashed() -> IdentityReport:
    """The report on pictures that broke a library or their process."""
    return IdentityReport(CardReport({}, None, None, refusal=Refusal.CRASHED), None, None, models.VERSION)


def is_crashed(report: IdentityReport) -> bool:
    """Whether the job broke a library or its process."""
    return report.card is not None and report.card.refusal is Refusal.CRASHED


def _give_back() -> None:
    """Hand freed memory back to the system: a waiting worker then holds little more than its weights (glibc only)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
