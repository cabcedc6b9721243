"""What a programme demands of the identity check: thresholds, portrait rules, attempts and deadlines."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0, le=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaceBands(_Model):
    """Bands of the face distance: match up to `match`, review up to `review`, beyond it mismatch.

    On 300 public pairs of adults no different pair came below 0.64, but strangers at 0.42 are on record
    (dlib#2816), so the band that needs no person ends well below 0.6.
    """

    match: Annotated[float, Field(gt=0, le=2)]
    review: Annotated[float, Field(gt=0, le=2)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.match > self.review:
            raise ValueError("match must not exceed review")
        return self


class PortraitRules(_Model):
    """What an ID photo must be (000.5). Sizes in pixels, shares as fractions, angles in degrees."""

    min_width: Annotated[int, Field(ge=1)]
    min_height: Annotated[int, Field(ge=1)]
    aspect: Annotated[float, Field(gt=0)]
    aspect_tolerance: Fraction
    face_height_min: Fraction
    face_height_max: Fraction
    max_yaw: Annotated[float, Field(gt=0, le=90)]
    max_roll: Annotated[float, Field(gt=0, le=90)]
    background: tuple[int, int, int]
    background_tolerance: Annotated[int, Field(ge=0, le=255)]


class IdentityCheckRules(_Model):
    """Attempts are limited per `attempts_hours`; after `person_after` unreadable ones a person is offered.

    A check that is not answered after `deadline_seconds` is asked once more and then goes to a person, so that the
    way of the candidate is never blocked.
    """

    attempts: Annotated[int, Field(ge=1)]
    attempts_hours: Annotated[int, Field(ge=1)]
    person_after: Annotated[int, Field(ge=1)]
    deadline_seconds: Annotated[int, Field(ge=5)]
    face: FaceBands
    portrait: PortraitRules
