"""The types of stages (code) and the order of a programme's stages (data).

A stage is left in one way only: a notice by accepting it, the form by registering, the subjects by submitting, the
payment by paying; `done` is the end. A stage that is `part_of` another shares its place on the stage bar (000.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import DomainError, Kind
from shared.programme.texts import Text


class StageType(StrEnum):
    """What a candidate does at a stage."""

    NOTICE = "notice"
    FORM = "form"
    SUBJECTS = "subjects"
    PAYMENT = "payment"
    DONE = "done"


class Stage(BaseModel):
    """One stage of a programme. `notice` names the document of a notice stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    type: StageType
    title: Text
    notice: str | None = None
    part_of: str | None = None


AFTER_SUBMISSION = frozenset({StageType.PAYMENT, StageType.DONE})
"""Stages that a submitted application stands at; no data are entered there."""

StageState = Literal["done", "current", "todo", "needs_change"]


@dataclass(frozen=True)
class Mark:
    """One place of the stage bar."""

    id: str
    title: Text
    state: StageState


def stage_of(stages: Sequence[Stage], stage_id: str) -> Stage:
    """The stage with this id. Raises `stage.not_found`."""
    for stage in stages:
        if stage.id == stage_id:
            return stage
    raise DomainError("stage.not_found", Kind.NOT_FOUND)


def first_of(stages: Sequence[Stage], *types: StageType) -> Stage:
    """The first stage of one of these types; the loader sees to it that form and done exist."""
    return next(stage for stage in stages if stage.type in types)


def following(stages: Sequence[Stage], stage_id: str) -> Stage:
    """The stage after this one; the last one is followed by itself."""
    at = stages.index(stage_of(stages, stage_id))
    return stages[min(at + 1, len(stages) - 1)]


def require_current(stages: Sequence[Stage], current: str, wanted: Stage) -> None:
    """Refuse what belongs to a stage passed (`stage.passed`) or not reached (`stage.not_reached`)."""
    places = [stage.id for stage in stages]
    here, there = places.index(current), places.index(wanted.id)
    if here != there:
        code = "stage.passed" if there < here else "stage.not_reached"
        raise DomainError(code, Kind.CONFLICT, params={"stage": wanted.id, "current": current})


def require_read(seconds: int, shown_at: datetime, now: datetime) -> None:
    """Refuse the acceptance of a notice before its seconds have passed."""
    left = timedelta(seconds=seconds) - (now - shown_at)
    if left > timedelta():
        raise DomainError(
            "notice.too_soon", Kind.CONFLICT, params={"seconds_left": max(1, round(left.total_seconds()))}
        )


def bar(stages: Sequence[Stage], current: str, *, needs_change: bool = False) -> list[Mark]:
    """The stage bar: what is done, current and to do. `needs_change` marks the form of a returned application."""
    shown = [stage for stage in stages if stage.part_of is None]
    at = stage_of(stages, current)
    here = [stage.id for stage in shown].index(at.part_of or at.id)
    last = len(shown) - 1

    def state(place: int, stage: Stage) -> StageState:
        if needs_change and stage.type is StageType.FORM:
            return "needs_change"
        if place < here or (place == here == last):
            return "done"
        return "current" if place == here else "todo"

    return [Mark(stage.id, stage.title, state(place, stage)) for place, stage in enumerate(shown)]
