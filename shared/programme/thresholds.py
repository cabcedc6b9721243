"""Thresholds of the face comparison and of the portrait rules.

Plain dataclasses: every vision worker holds these, and does without pydantic's 9 MiB. Which values a programme may give
stands in `identity_check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

Span = tuple[float, float]
_STRICT: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True)
class FaceBands:
    """Bands of the face distance: match up to `match`, review up to `review`, beyond it mismatch.

    On 300 public pairs of adults no different pair came below 0.64, but strangers at 0.42 are on record
    (dlib#2816), so the band that needs no person ends well below 0.6.
    """

    __pydantic_config__: ClassVar = _STRICT

    match: float = 0.45
    review: float = 0.62


@dataclass(frozen=True)
class PortraitRules:
    """What an ID photo must be (000.5); names, units and defaults are those of the vision service's portrait checks.

    Ranges are inclusive. `face_height` and `eye_line` are shares of the picture's height, `off_centre` of its width;
    `turn` is in eye distances, `tilt` in degrees; `brightness` is L* (0-100), `background_tolerance` CIELAB.
    """

    __pydantic_config__: ClassVar = _STRICT

    width: int = 240
    height: int = 320
    aspect: Span = (0.6, 0.85)
    face_height: Span = (0.25, 0.65)
    eye_line: Span = (0.25, 0.55)
    off_centre: float = 0.1
    turn: float = 0.15
    tilt: float = 8.0
    sharpness: float = 4.0
    brightness: Span = (25.0, 88.0)
    glare: float = 0.1
    background: tuple[int, int, int] = (255, 255, 255)
    background_tolerance: float = 12.0
    background_share: float = 0.85
