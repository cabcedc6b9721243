"""What runs in a worker process. It imports no more than it works with, because every worker holds it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np

from services.vision import glyphs, models
from services.vision.card.detect import text_boxes
from services.vision.card.recognise import HEIGHT, recognise
from services.vision.check import CheckSettings, check_identity, compare_pictures, face_tools
from services.vision.domain import FRONT_FIELDS, CardReport, FaceReport, Field, IdentityReport, Refusal
from services.vision.face.weights import CHIP
from services.vision.failures import told
from services.vision.selfie import FaceAnswer, crashed_face, look_at_face


def warm(folder: Path, networks: str = "") -> None:
    """Open every network and run it once before the first job, and open the table of signs."""
    opened, tools = models.opened(folder, networks), face_tools(folder, networks)
    glyphs.opened()
    recognise(opened, [np.zeros((HEIGHT, 2 * HEIGHT, 3), np.uint8)])
    text_boxes(opened.detection, np.zeros((HEIGHT, HEIGHT, 3), np.uint8))
    tools.descriptor.describe(np.zeros((1, CHIP, CHIP, 3), np.uint8))
    _give_back()


def look(card: bytes | None, back: bytes | None, portrait: bytes | None, settings: CheckSettings) -> IdentityReport:
    """One job in a worker: a picture that breaks a library or a rule of ours is refused as one that breaks the process
    is. Raises `OSError`: that the networks have gone, or the disk, is not the picture's fault."""
    try:
        return check_identity(card, back, portrait, settings)
    except OSError:
        raise
    except Exception as error:
        return crashed(told(error))
    finally:
        _give_back()


def compare_faces(portrait: bytes | None, photo: bytes, minor: bool, settings: CheckSettings) -> FaceAnswer:
    """One job in a worker, as `look` is."""
    try:
        return look_at_face(portrait, photo, minor, settings)
    except OSError:
        raise
    except Exception as error:
        return crashed_face(told(error))
    finally:
        _give_back()


def compare_pair(one: bytes, other: bytes, settings: CheckSettings) -> FaceReport:
    """One job in a worker, as `look` is."""
    try:
        return compare_pictures(one, other, settings)
    except OSError:
        raise
    except Exception:
        return crashed_pair()
    finally:
        _give_back()


def crashed(failure: str = "") -> IdentityReport:
    """The report on pictures that broke a library or their process."""
    card = CardReport({name: Field(None) for name in FRONT_FIELDS}, None, None, refusal=Refusal.CRASHED)
    return IdentityReport(card, None, None, models.VERSION, failure=failure)


def crashed_pair() -> FaceReport:
    """The answer on two pictures that broke a library or their process."""
    return FaceReport(None, "review", (Refusal.CRASHED.value,))


def is_crashed(report: IdentityReport) -> bool:
    """Whether the job broke a library or its process."""
    return report.card is not None and report.card.refusal is Refusal.CRASHED


def _give_back() -> None:
    """Hand freed memory back to the system: a waiting worker then holds little more than its weights (glibc only)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
