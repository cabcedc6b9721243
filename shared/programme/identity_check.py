"""What a programme demands of the identity check: thresholds, portrait rules, attempts and deadlines."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]
Span = tuple[float, float]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaceBands(_Model):
    """Bands of the face distance: match up to `match`, review up to `review`, beyond it mismatch.

    On 300 public pairs of adults no different pair came below 0.64, but strangers at 0.42 are on record
    (dlib#2816), so the band that needs no person ends well below 0.6.
    """

    match: Annotated[float, Field(gt=0, le=2)] = 0.45
    review: Annotated[float, Field(gt=0, le=2)] = 0.62

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.match > self.review:
            raise ValueError("match must not exceed review")
        return self


class PortraitRules(_Model):
    """What an ID photo must be (000.5); names, units and defaults are those of the vision service's portrait checks.

    Ranges are inclusive. `face_height` and `eye_line` are shares of the picture's height, `off_centre` of its width;
    `turn` is in eye distances, `tilt` in degrees; `brightness` is L* (0-100), `background_tolerance` CIELAB.
    """

    width: Annotated[int, Field(ge=1)] = 240
    height: Annotated[int, Field(ge=1)] = 320
    aspect: Span = (0.6, 0.85)
    face_height: Span = (0.25, 0.65)
    eye_line: Span = (0.25, 0.55)
    off_centre: Fraction = 0.1
    turn: Fraction = 0.15
    tilt: Annotated[float, Field(gt=0, le=90)] = 8.0
    sharpness: Annotated[float, Field(ge=0)] = 4.0
    brightness: Span = (25.0, 88.0)
    glare: Fraction = 0.1
    background: tuple[int, int, int] = (255, 255, 255)
    background_tolerance: Annotated[float, Field(gt=0)] = 12.0
    background_share: Fraction = 0.85


class IdentityCheckRules(_Model):
    """Attempts are limited per `attempts_hours`; after `person_after` unreadable ones a person is offered.

    A check that is not answered after `deadline_seconds` is asked once more and then goes to a person, so that the
    way of the candidate is never blocked.
    """

    attempts: Annotated[int, Field(ge=1)] = 10
    attempts_hours: Annotated[int, Field(ge=1)] = 24
    person_after: Annotated[int, Field(ge=1)] = 2
    deadline_seconds: Annotated[int, Field(ge=5)] = 90
    face: FaceBands = FaceBands()
    portrait: PortraitRules = PortraitRules()
