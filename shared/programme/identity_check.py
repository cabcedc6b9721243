"""What a programme demands of the identity check: attempts, deadlines, and the thresholds of `thresholds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.programme.thresholds import FaceBands, PortraitRules

CheckedPicture = Literal["card", "card_back", "portrait"]
CHECKED_PICTURES: tuple[CheckedPicture, ...] = get_args(CheckedPicture)

Limits = Mapping[str, tuple[float, float]]
T = TypeVar("T")

DISTANCES: Limits = {"match": (0.01, 2), "review": (0.01, 2)}
PORTRAIT: Limits = {
    **dict.fromkeys(("width", "height"), (1, inf)),
    **dict.fromkeys(("off_centre", "turn", "glare", "background_share"), (0, 1)),
    "tilt": (0.1, 90),
    "sharpness": (0, inf),
    "background_tolerance": (0.1, inf),
}


def _within(limits: Limits) -> Callable[[T], T]:
    def checked(thresholds: T) -> T:
        for name, (least, most) in limits.items():
            if not least <= getattr(thresholds, name) <= most:
                raise ValueError(f"{name} must be between {least} and {most}")
        return thresholds

    return checked


def _ordered(bands: FaceBands) -> FaceBands:
    if bands.match > bands.review:
        raise ValueError("match must not exceed review")
    return bands


class IdentityCheckRules(BaseModel):
    """Attempts are limited per `attempts_hours`; after `person_after` unreadable ones a person is offered.

    A check that is not answered after `deadline_seconds` is asked once more and then goes to a person, so that the
    way of the candidate is never blocked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: Annotated[int, Field(ge=1)] = 10
    attempts_hours: Annotated[int, Field(ge=1)] = 24
    person_after: Annotated[int, Field(ge=1)] = 2
    deadline_seconds: Annotated[int, Field(ge=5)] = 90
    face: Annotated[FaceBands, AfterValidator(_within(DISTANCES)), AfterValidator(_ordered)] = FaceBands()
    portrait: Annotated[PortraitRules, AfterValidator(_within(PORTRAIT))] = PortraitRules()
